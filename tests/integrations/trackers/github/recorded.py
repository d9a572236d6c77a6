"""A GitHub made of recorded answers: what it gives for which address."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from integrations.http import Http
from integrations.trackers.github.access import TokenAccess
from integrations.trackers.github.repository import GitHubRepository
from integrations.trackers.github.tracker import GitHubTracker

PAYLOADS = Path(__file__).parents[1] / "payloads" / "github"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEADERS = {"date": "Mon, 23 Nov 2026 09:00:00 GMT"}
PROJECT = "acme/web"


@dataclass
class Recorded:
    """Answers by method and path; a function is asked with the request, all else is sent as JSON."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        line = f"{request.method} {request.url.path.removeprefix(f'/repos/{PROJECT}')}"
        self.asked.append(line)
        self.bodies.append(json.loads(request.content) if request.content else None)
        answer = self.answers.get(line, httpx.Response(404, json={"message": "Not Found"}))
        if isinstance(answer, Callable):  # type: ignore[arg-type] # a function, told from a value
            answer = answer(request)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, headers=HEADERS, json=answer)


def tracker_over(answers: Mapping[str, Any]) -> tuple[GitHubTracker, Recorded]:
    """Give a tracker whose server knows these answers, and the record of what it asked."""
    recorded = Recorded({"GET /user": {"login": "liaison"}, "GET ": {"full_name": PROJECT}, **answers})
    access = TokenAccess("ghp_canary")
    http = Http("https://api.github.com", access.headers, transport=httpx.MockTransport(recorded), now=lambda: NOW)
    return GitHubTracker(GitHubRepository(http, access, PROJECT), lambda: NOW), recorded


def payload(name: str) -> dict[str, Any]:
    """Read a recorded delivery."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def issue(number: int = 1, updated_at: str = "2026-11-23T09:00:00Z", **more: Any) -> dict[str, Any]:
    """Make an issue as GitHub lists it, from a recorded one."""
    usual = {"number": number, "title": f"Number {number}", "created_at": updated_at, "updated_at": updated_at}
    return {**payload("issues.opened")["issue"], **usual, **more}
