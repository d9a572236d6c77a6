"""A Jira made of written answers, in the shape of Atlassian's examples: what it gives for which address."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from integrations.http import Http
from integrations.trackers.base import Delivery
from integrations.trackers.jira.site import CLOUD, Flavour, JiraSite
from integrations.trackers.jira.tracker import JiraTracker

PAYLOADS = Path(__file__).parents[1] / "payloads" / "jira"
NOW = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)
HEADERS = {"date": "Mon, 23 Nov 2026 13:02:00 GMT"}
HOME, DATA_CENTER_HOME = "https://acme.atlassian.net", "https://jira.example.com"
LIAISON, ANA = "5b10ac8d82e05b22cc7d4ef5", "5b10a2844c20165700ede21g"
MARKER = "m4rker-no-one-could-guess-0001"


@dataclass
class Recorded:
    """Answers by method and path below the interface's own; None is an answer without a body."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        line = f"{request.method} {request.url.path.partition('/rest/api/')[2][2:]}"
        self.asked.append(line)
        if request.content and request.headers["content-type"] == "application/json":
            self.bodies.append(json.loads(request.content))
        answer = self.answers.get(line, httpx.Response(404))
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(204) if answer is None else httpx.Response(200, headers=HEADERS, json=answer)


def tracker_over(answers: Mapping[str, Any], flavour: Flavour = CLOUD) -> tuple[JiraTracker, Recorded]:
    """Give a tracker that knows these answers, beside the usual ones, and the record of what it asked."""
    is_cloud = flavour is CLOUD
    usual = {
        "GET myself": payload("myself" if is_cloud else "data_center_myself"),
        "GET project/PAY": payload("project"),
        "GET issue/10037": payload("issue" if is_cloud else "data_center_issue"),
        "GET issue/10037/comment": payload("comments"),
        "GET issue/10037/transitions": payload("transitions"),
    }
    recorded = Recorded({**usual, **answers})
    home = HOME if is_cloud else DATA_CENTER_HOME
    http = Http(home, {"Authorization": "canary"}, transport=httpx.MockTransport(recorded), now=lambda: NOW)
    return JiraTracker(JiraSite(http, home, "PAY", flavour), "", lambda: NOW), recorded


def payload(name: str) -> dict[str, Any]:
    """Read an answer or a delivery."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def issue(**changed: Any) -> dict[str, Any]:
    """Give the issue with some fields changed."""
    whole = payload("issue")
    return {**whole, "fields": {**whole["fields"], **changed}}


def delivery(name: str, **headers: str) -> Delivery:
    """Give a delivery."""
    return Delivery(headers, (PAYLOADS / f"{name}.json").read_bytes())
