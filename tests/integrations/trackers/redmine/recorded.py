"""A Redmine made of recorded answers: what it gives for which address. They are those of Redmine 5.0.4."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from integrations.http import Http
from integrations.trackers.redmine.server import RedmineServer
from integrations.trackers.redmine.texts import Texts
from integrations.trackers.redmine.tracker import RedmineTracker

PAYLOADS = Path(__file__).parents[1] / "payloads" / "redmine"
NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
HEADERS = {"date": "Mon, 23 Nov 2026 14:02:00 GMT"}
HOME = "https://redmine.example.com/"


@dataclass
class Recorded:
    """Answers by method and path; None is an answer without a body."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        line = f"{request.method} {request.url.path.strip('/')}"
        self.asked.append(line)
        if request.content and request.headers["content-type"] == "application/json":
            self.bodies.append(json.loads(request.content))
        answer = self.answers.get(line, httpx.Response(404))
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(204) if answer is None else httpx.Response(200, headers=HEADERS, json=answer)


def server_over(answers: Mapping[str, Any]) -> tuple[RedmineServer, Recorded]:
    """Give a server that knows these answers, beside the usual ones, and the record of what it was asked."""
    usual = {
        "GET users/current.json": payload("current"),
        "GET projects/web.json": payload("project"),
        "GET projects/2.json": payload("project"),
        "GET issue_statuses.json": payload("statuses"),
        "GET trackers.json": payload("trackers"),
        "GET roles/3.json": payload("role"),
        "GET projects/web/memberships.json": payload("memberships"),
        "GET projects/web/issues.json": payload("issues"),
        "GET issues/37.json": payload("issue"),
    }
    recorded = Recorded({**usual, **answers})
    http = Http(HOME, {"X-Redmine-API-Key": "canary"}, transport=httpx.MockTransport(recorded), now=lambda: NOW)
    return RedmineServer(http, HOME, "web"), recorded


def tracker_over(answers: Mapping[str, Any], form: str = "textile") -> tuple[RedmineTracker, Recorded]:
    """Give a tracker over such a server."""
    server, recorded = server_over(answers)
    return RedmineTracker(server, Texts.of(form, server), "", lambda: NOW), recorded


def payload(name: str) -> dict[str, Any]:
    """Read a recorded answer."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def issue(**changed: Any) -> dict[str, Any]:
    """Give the recorded issue with some things changed."""
    return {"issue": {**payload("issue")["issue"], **changed}}
