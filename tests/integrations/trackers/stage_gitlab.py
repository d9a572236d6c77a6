"""A project in the GitLab that is made after GitLab's published description."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from integrations.trackers.gitlab.tracker import GitLabTracker
from storage.database import Database
from tests.integrations.trackers.stages import Stage
from tests.rigs.gitlab_server import OTHER, US, USERS, running_gitlab


class SomeoneInGitLab:
    """Bob, who has a token of his own."""

    def __init__(self, url: str, project: str, client: aiohttp.ClientSession) -> None:
        self._base = f"{url}/api/v4/projects/{quote(project, safe='')}"
        self._client = client

    async def make_issue(self, title: str, body: str = "") -> str:
        return str((await self._ask("POST", "issues", title=title, description=body))["iid"])

    async def set_title(self, external_id: str, title: str) -> None:
        await self._ask("PUT", f"issues/{external_id}", title=title)

    async def close(self, external_id: str) -> None:
        await self._ask("PUT", f"issues/{external_id}", state_event="close")

    async def reopen(self, external_id: str) -> None:
        await self._ask("PUT", f"issues/{external_id}", state_event="reopen")

    async def add_label(self, external_id: str, label: str) -> None:
        await self._ask("PUT", f"issues/{external_id}", add_labels=label)

    async def comment(self, external_id: str, text: str) -> str:
        return str((await self._ask("POST", f"issues/{external_id}/notes", body=text))["id"])

    async def edit_comment(self, external_id: str, comment_id: str, text: str) -> None:
        await self._ask("PUT", f"issues/{external_id}/notes/{comment_id}", body=text)

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        await self._ask("DELETE", f"issues/{external_id}/notes/{comment_id}")

    async def raw_body(self, external_id: str) -> str:
        return str((await self._ask("GET", f"issues/{external_id}"))["description"] or "")

    async def _ask(self, method: str, path: str, **body: Any) -> Any:
        headers = {"PRIVATE-TOKEN": OTHER}
        # The client would take %2F apart.
        address = f"{self._base}/{path}"
        request = self._client.request(method, URL(address, encoded=True), json=body or None, headers=headers)
        async with request as response:
            answer = await response.json() if response.status != 204 else None
            assert response.status < 300, answer
            return answer


@contextmanager
def server() -> Iterator[str]:
    """Yield the server's address."""
    with running_gitlab() as url:
        yield url


@asynccontextmanager
async def stage(database: Database, now: Callable[[], datetime], url: str) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession())
        async with client.post(f"{url}/rig/project", json={}) as response:
            project = str((await response.json())["path"])
        values = {"GITLAB_URL": url, "GITLAB_TOKEN": US}
        tracker = GitLabTracker.of(project, values, now)
        refused = GitLabTracker.of(project, {**values, "GITLAB_TOKEN": "glpat-wrong"}, now)
        lost = GitLabTracker.of("acme/nowhere", values, now)
        for one in (tracker, refused, lost):
            stack.push_async_callback(one.close)
        yield Stage(
            tracker,
            SomeoneInGitLab(url, project, client),
            url,
            project=project,
            values=values,
            person=str(USERS[OTHER]["username"]),
            email=str(USERS[OTHER]["email"]),
            refused=refused,
            lost=lost,
        )
