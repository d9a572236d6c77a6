"""One project on a Redmine server: addresses, who we are there, and the statuses and trackers it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from integrations.exchange import Answer, HttpError, Request
from integrations.http import Http
from integrations.trackers.redmine.payloads import RawProject, RawStatus, RawStatuses, RawTrackers, RawUser
from integrations.trackers.redmine.states import Statuses

# Redmine gives no more at once. https://www.redmine.org/projects/redmine/wiki/Rest_api#Collection-resources-and-pagination
PAGE = 100
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Found:
    """What was found out about the server and is not asked again: us, the project, and its statuses."""

    me: RawUser
    project: RawProject
    statuses: Statuses


class RedmineServer:
    """Asks Redmine about one project."""

    def __init__(self, http: Http, home: str, project: str) -> None:
        self.home = home.rstrip("/")
        self.project = project
        self._http = http
        self._me: RawUser | None = None
        self._found: Found | None = None
        self._people: dict[str, RawUser] = {}
        self._projects: dict[int, str] = {}

    @classmethod
    def at(cls, home: str, key: str, project: str, now: Callable[[], datetime]) -> "RedmineServer":
        """Ask at an address, with a key."""
        return cls(Http(home, {"X-Redmine-API-Key": key.strip()}, now=now), home, project)

    async def get(self, path: str, **params: Any) -> Answer:
        """Read something."""
        return await self._http.ask(Request("GET", path, params))

    async def change(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """Write something."""
        return await self._http.ask(Request(method, path, body=body))

    async def upload(self, name: str, content: bytes) -> Answer:
        """Send a file; it belongs to nothing yet."""
        headers = {"Content-Type": "application/octet-stream"}
        return await self._http.ask(
            Request("POST", "uploads.json", {"filename": name}, content=content, headers=headers)
        )

    async def me(self) -> RawUser:
        """Say who we are, asking once."""
        if self._me is None:
            self._me = parsed(RawUser, await self.get("users/current.json"), "user")
        return self._me

    async def found(self) -> Found:
        """Find out about the project and the statuses, asking once."""
        if self._found is None:
            project = await self.read_project()
            self._projects[project.id] = project.identifier
            self._found = Found(await self.me(), project, await self._statuses())
        return self._found

    async def read_project(self) -> RawProject:
        """Read the project anew."""
        path = f"projects/{quote(self.project, safe='')}.json"
        return parsed(RawProject, await self.get(path, include="trackers,enabled_modules"), "project")

    async def project_of(self, project_id: int) -> str:
        """Give the identifier of a project: an issue names its project by number only."""
        if project_id not in self._projects:
            raw = parsed(RawProject, await self.get(f"projects/{project_id}.json"), "project")
            self._projects[project_id] = raw.identifier
        return self._projects[project_id]

    async def person(self, user_id: str) -> RawUser:
        """Give a person's login and address, as far as we may see them, asking once."""
        if user_id not in self._people:
            answer = await self.get(f"users/{quote(user_id, safe='')}.json")
            self._people[user_id] = parsed(RawUser, answer, "user")
        return self._people[user_id]

    async def statuses(self) -> Statuses:
        """Give the statuses of this server, asking once."""
        return self._found.statuses if self._found else await self._statuses()

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _statuses(self) -> Statuses:
        statuses = parsed(RawStatuses, await self.get("issue_statuses.json")).issue_statuses
        trackers = parsed(RawTrackers, await self.get("trackers.json")).trackers
        # A tracker's default status came with Redmine 3.0; the server's first status is as good.
        initial = {tracker.default_status.id for tracker in trackers if tracker.default_status}
        return Statuses(statuses, frozenset(initial or _first(statuses)))


def parsed(model: type[Model], answer: Answer, within: str = "") -> Model:
    """Read an answer, or the object `within` it.

    Raises:
        HttpError: it is not what we know Redmine to answer.
    """
    content = answer.json()
    try:
        return model.model_validate(content[within] if within else content)
    except (ValidationError, KeyError, TypeError):
        name = model.__name__.removeprefix("Raw")
        raise HttpError(f"{name} is not as expected", status=answer.status, may_have_happened=answer.is_write) from None


def _first(statuses: tuple[RawStatus, ...]) -> set[int]:
    return {status.id for status in statuses[:1]}
