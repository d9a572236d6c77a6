"""GitHub: emulate behind a gate, an empty repository for each test, and Bob who works there too."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.trackers.base import TrackerContext
from integrations.trackers.github import KIND
from integrations.trackers.github.tracker import GitHubTracker
from storage.database import Database
from tests.integrations.trackers.stages import Stage
from tests.rigs.github_gate import APP, GitHubGate, GitHubServer, open_gate, running_github

NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Running:
    """The server, and the key of the App that is installed in it."""

    github: GitHubServer
    private_key: str


@dataclass(frozen=True)
class Bob:
    """Another person, by GitHub's API."""

    http: aiohttp.ClientSession
    project: str

    async def make_issue(self, title: str, body: str = "") -> str:
        made = await self.call("POST", "issues", {"title": title, "body": body})
        return str(made["number"])

    async def set_title(self, external_id: str, title: str) -> None:
        await self.call("PATCH", f"issues/{external_id}", {"title": title})

    async def close(self, external_id: str) -> None:
        await self.call("PATCH", f"issues/{external_id}", {"state": "closed"})

    async def reopen(self, external_id: str) -> None:
        await self.call("PATCH", f"issues/{external_id}", {"state": "open"})

    async def add_label(self, external_id: str, label: str) -> None:
        await self.call("POST", f"issues/{external_id}/labels", {"labels": [label]})

    async def comment(self, external_id: str, text: str) -> str:
        made = await self.call("POST", f"issues/{external_id}/comments", {"body": text})
        return str(made["id"])

    async def edit_comment(self, external_id: str, comment_id: str, text: str) -> None:
        await self.call("PATCH", f"issues/comments/{comment_id}", {"body": text})

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        await self.call("DELETE", f"issues/comments/{comment_id}")

    async def raw_body(self, external_id: str) -> str:
        return str((await self.call("GET", f"issues/{external_id}"))["body"])

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask about the repository."""
        async with self.http.request(method, f"/repos/{self.project}/{path}", json=body) as answer:
            assert answer.ok, await answer.text()
            return None if answer.status == 204 else await answer.json()


@contextmanager
def server() -> Iterator[Running]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    with running_github(pem) as github:
        yield Running(github, pem)


@asynccontextmanager
async def stage(database: Database, now: Callable[[], datetime], running: Running) -> AsyncIterator[Stage]:
    async with (
        open_gate(running.github) as gate,
        aiohttp.ClientSession(running.github.url, headers={"Authorization": "Bearer ghp_bob"}) as http,
    ):
        project = f"acme/web-{next(NUMBERS)}"
        async with http.post("/orgs/acme/repos", json={"name": project.partition("/")[2]}) as made:
            assert made.ok, await made.text()
        values = {"GITHUB_TOKEN": "ghp_liaison", "GITHUB_API_URL": gate.url}
        wrong = {**values, "GITHUB_TOKEN": "ghp_old"}
        trackers = [
            make_tracker(database, now, project, values),
            make_tracker(database, now, project, wrong),
            make_tracker(database, now, "acme/none", values),
        ]
        yield Stage(
            trackers[0],
            Bob(http, project),
            gate.url,
            project=project,
            values=values,
            person="bob",
            email="bob@example.com",
            refused=trackers[1],
            lost=trackers[2],
        )
        for tracker in trackers:
            await tracker.close()


def make_tracker(
    database: Database, now: Callable[[], datetime], project: str, values: Mapping[str, str]
) -> GitHubTracker:
    made = KIND.make(TrackerContext(project, values, "T0ACME", database, now))
    assert isinstance(made, GitHubTracker)
    return made


def app_values(gate: GitHubGate, running: Running) -> Mapping[str, str]:
    """Give the variables of somebody who uses an App; the key as it stands in a file of variables."""
    return {
        "GITHUB_API_URL": gate.url,
        "GITHUB_APP_ID": str(APP["app_id"]),
        "GITHUB_APP_PRIVATE_KEY": running.private_key.replace("\n", "\\n"),
        "GITHUB_APP_INSTALLATION_ID": "815",
    }
