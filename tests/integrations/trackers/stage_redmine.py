"""Redmine: the real one, an empty project for each test, and Ana who works there too."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from integrations.trackers.base import TrackerContext
from integrations.trackers.redmine import KIND
from integrations.trackers.redmine.tracker import RedmineTracker
from storage.database import Database
from tests.integrations.trackers.stages import Stage
from tests.rigs.redmine import ADMIN_KEY, ANA_KEY, LIAISON_KEY, Redmine, running_redmine

NUMBERS = itertools.count(1)
_OPEN, _CLOSED = "New", "Closed"


@dataclass(frozen=True)
class Ana:
    """Another person, by Redmine's API."""

    http: aiohttp.ClientSession
    project: str

    async def make_issue(self, title: str, body: str = "") -> str:
        made = await self.call(
            "POST", "issues.json", {"issue": {"project_id": self.project, "subject": title, "description": body}}
        )
        return str(made["issue"]["id"])

    async def set_title(self, external_id: str, title: str) -> None:
        await self._change(external_id, subject=title)

    async def close(self, external_id: str) -> None:
        await self._change(external_id, status_id=await self._status(_CLOSED))

    async def reopen(self, external_id: str) -> None:
        await self._change(external_id, status_id=await self._status(_OPEN))

    async def add_label(self, external_id: str, label: str) -> None:
        raise AssertionError("Redmine has no labels")

    async def comment(self, external_id: str, text: str) -> str:
        await self._change(external_id, notes=text)
        issue = (await self.call("GET", f"issues/{external_id}.json?include=journals"))["issue"]
        return str(next(one["id"] for one in reversed(issue["journals"]) if one["notes"] == text))

    async def edit_comment(self, external_id: str, comment_id: str, text: str) -> None:
        await self.call("PUT", f"journals/{comment_id}.json", {"journal": {"notes": text}})

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        await self.edit_comment(external_id, comment_id, "")

    async def raw_body(self, external_id: str) -> str:
        return str((await self.call("GET", f"issues/{external_id}.json"))["issue"]["description"])

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask Redmine."""
        async with self.http.request(method, f"/{path}", json=body) as answer:
            assert answer.ok, await answer.text()
            return None if answer.status == 204 else await answer.json()

    async def _change(self, external_id: str, **wanted: Any) -> None:
        await self.call("PUT", f"issues/{external_id}.json", {"issue": wanted})

    async def _status(self, name: str) -> int:
        statuses = (await self.call("GET", "issue_statuses.json"))["issue_statuses"]
        return int(next(status["id"] for status in statuses if status["name"] == name))


@contextmanager
def server() -> Iterator[Redmine]:
    with running_redmine() as redmine:
        yield redmine


@asynccontextmanager
async def stage(database: Database, now: Callable[[], datetime], redmine: Redmine) -> AsyncIterator[Stage]:
    project = f"web-{next(NUMBERS)}"
    person = await make_project(redmine, project)
    values = {"REDMINE_URL": redmine.url, "REDMINE_API_KEY": LIAISON_KEY}
    wrong = {**values, "REDMINE_API_KEY": "0" * 40}
    trackers = [
        make_tracker(database, now, project, values),
        make_tracker(database, now, project, wrong),
        make_tracker(database, now, "none", values),
    ]
    async with aiohttp.ClientSession(redmine.url, headers={"X-Redmine-API-Key": ANA_KEY}) as http:
        yield Stage(
            trackers[0],
            Ana(http, project),
            redmine.url,
            project=project,
            values=values,
            person=person,
            email="ana@example.com",
            refused=trackers[1],
            lost=trackers[2],
        )
    for tracker in trackers:
        await tracker.close()


async def make_project(redmine: Redmine, project: str) -> str:
    """Make a project with Liaison and Ana in it; return Ana's number."""
    headers = {"X-Redmine-API-Key": ADMIN_KEY}
    async with aiohttp.ClientSession(redmine.url, headers=headers) as http:
        admin = Ana(http, project)
        wanted = {
            "name": project,
            "identifier": project,
            "tracker_ids": [1],
            "enabled_module_names": ["issue_tracking"],
        }
        await admin.call("POST", "projects.json", {"project": wanted})
        users = (await admin.call("GET", "users.json"))["users"]
        members = {user["login"]: user["id"] for user in users if user["login"] in {"liaison", "ana"}}
        roles = (await admin.call("GET", "roles.json"))["roles"]
        manager = next(role["id"] for role in roles if role["name"] == "Manager")
        for member in members.values():
            membership = {"user_id": member, "role_ids": [manager]}
            await admin.call("POST", f"projects/{project}/memberships.json", {"membership": membership})
        # Else only administrators would find her by her address.
        await admin.call("PUT", f"users/{members['ana']}.json", {"user": {}, "pref": {"hide_mail": False}})
        return str(members["ana"])


def make_tracker(
    database: Database, now: Callable[[], datetime], project: str, values: Mapping[str, str]
) -> RedmineTracker:
    made = KIND.make(TrackerContext(project, values, "T0ACME", database, now))
    assert isinstance(made, RedmineTracker)
    return made
