"""Jira Cloud: the rig made after Atlassian's description, an empty project for each test, and Bob who is there too."""

import base64
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from integrations.trackers.base import TrackerContext
from integrations.trackers.jira import KIND
from integrations.trackers.jira.tracker import JiraTracker
from storage.database import Database
from tests.integrations.trackers.stages import Stage
from tests.rigs.jira_cloud_server import running_jira_cloud
from tests.rigs.jira_cloud_site import BOB, PEOPLE

US, OTHER = PEOPLE
LABELS = ("severity:high", "area:checkout")


@dataclass(frozen=True)
class SomeoneInJira:
    """Another person, by Jira's API: `root` is its path, and `text` gives raw text the form that it wants."""

    http: aiohttp.ClientSession
    project: str
    root: str
    text: Callable[[str], Any]

    async def make_issue(self, title: str, body: str = "") -> str:
        fields = {"project": {"key": self.project}, "issuetype": {"name": "Bug"}, "summary": title}
        made = await self.call("POST", "issue", {"fields": {**fields, "description": self.text(body)}})
        return str(made["id"])

    async def set_title(self, external_id: str, title: str) -> None:
        await self.call("PUT", f"issue/{external_id}", {"fields": {"summary": title}})

    async def close(self, external_id: str) -> None:
        await self._move(external_id, "done", {"resolution": {"name": "Done"}})

    async def reopen(self, external_id: str) -> None:
        await self._move(external_id, "new", {})

    async def add_label(self, external_id: str, label: str) -> None:
        await self.call("PUT", f"issue/{external_id}", {"update": {"labels": [{"add": label}]}})

    async def comment(self, external_id: str, text: str) -> str:
        made = await self.call("POST", f"issue/{external_id}/comment", {"body": self.text(text)})
        return str(made["id"])

    async def edit_comment(self, external_id: str, comment_id: str, text: str) -> None:
        await self.call("PUT", f"issue/{external_id}/comment/{comment_id}", {"body": self.text(text)})

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        await self.call("DELETE", f"issue/{external_id}/comment/{comment_id}")

    async def raw_body(self, external_id: str) -> str:
        issue = await self.call("GET", f"issue/{external_id}")
        return str(issue["fields"]["description"])

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask Jira."""
        async with self.http.request(method, f"{self.root}{path}", json=body) as answer:
            assert answer.ok, await answer.text()
            return None if answer.status == 204 else await answer.json()

    async def _move(self, external_id: str, category: str, fields: Mapping[str, Any]) -> None:
        ways = (await self.call("GET", f"issue/{external_id}/transitions"))["transitions"]
        way = next(one["id"] for one in ways if one["to"]["statusCategory"]["key"] == category)
        await self.call("POST", f"issue/{external_id}/transitions", {"transition": {"id": way}, "fields": fields})


def document(text: str) -> dict[str, Any]:
    """Give raw text as a paragraph of Atlassian's format."""
    content = [{"type": "text", "text": text}] if text else []
    return {"version": 1, "type": "doc", "content": [{"type": "paragraph", "content": content}]}


@contextmanager
def server() -> Iterator[str]:
    with running_jira_cloud() as url:
        yield url


@asynccontextmanager
async def stage(database: Database, now: Callable[[], datetime], url: str) -> AsyncIterator[Stage]:
    login = base64.b64encode(":".join(OTHER).encode()).decode()
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Basic {login}"}) as http:
        project = await made_project(http)
        values = {"JIRA_URL": url, "JIRA_EMAIL": US[0], "JIRA_TOKEN": US[1]}
        outside = SomeoneInJira(http, project, "/rest/api/3/", document)
        async with jira_stage(database, now, project, values, outside) as made:
            yield made


async def made_project(http: aiohttp.ClientSession, **wanted: Any) -> str:
    """Make an empty project; return its key."""
    async with http.post("/rig/project", json=wanted) as answer:
        assert answer.ok, await answer.text()
        return str((await answer.json())["key"])


@asynccontextmanager
async def jira_stage(
    database: Database,
    now: Callable[[], datetime],
    project: str,
    values: Mapping[str, str],
    outside: SomeoneInJira,
    person: str = BOB,
) -> AsyncIterator[Stage]:
    """Give the stage of a project in Cloud or in Data Center."""
    wrong = {**values, "JIRA_TOKEN": "expired"}
    trackers = [
        make_tracker(database, now, project, values),
        make_tracker(database, now, project, wrong),
        make_tracker(database, now, "NONE", values),
    ]
    yield Stage(
        trackers[0],
        outside,
        values["JIRA_URL"],
        project=project,
        values=values,
        person=person,
        email=OTHER[0],
        labels=LABELS,
        refused=trackers[1],
        lost=trackers[2],
    )
    for tracker in trackers:
        await tracker.close()


def make_tracker(
    database: Database, now: Callable[[], datetime], project: str, values: Mapping[str, str]
) -> JiraTracker:
    made = KIND.make(TrackerContext(project, values, "T0ACME", database, now))
    assert isinstance(made, JiraTracker)
    return made
