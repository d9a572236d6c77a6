"""A team in Linear: its published schema in front of the emulator."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import aiohttp

from integrations.trackers.linear.tracker import LinearTracker
from storage.database import Database
from tests.integrations.trackers.stages import Stage
from tests.rigs.emulate import running_emulate
from tests.rigs.linear_front import OTHER, SEED, TEAM, US, USERS, running_linear

_DONE, _OPEN = "Done", "Todo"


class SomeoneInLinear:
    """Bob, who has a key of his own."""

    def __init__(self, url: str, client: aiohttp.ClientSession) -> None:
        self._url = url
        self._client = client

    async def make_issue(self, title: str, body: str = "") -> str:
        wanted = {"teamId": TEAM["id"], "title": title, "description": body}
        document = "mutation ($input: IssueCreateInput!) { issueCreate(input: $input) { issue { id } } }"
        return str((await self._ask(document, input=wanted))["issueCreate"]["issue"]["id"])

    async def set_title(self, external_id: str, title: str) -> None:
        await self._update(external_id, title=title)

    async def close(self, external_id: str) -> None:
        await self._update(external_id, stateId=await self._state(_DONE))

    async def reopen(self, external_id: str) -> None:
        await self._update(external_id, stateId=await self._state(_OPEN))

    async def add_label(self, external_id: str, label: str) -> None:
        document = "mutation ($input: IssueLabelCreateInput!) { issueLabelCreate(input: $input) { issueLabel { id } } }"
        made = await self._ask(document, input={"name": label, "teamId": TEAM["id"]})
        await self._update(external_id, addedLabelIds=[made["issueLabelCreate"]["issueLabel"]["id"]])

    async def comment(self, external_id: str, text: str) -> str:
        document = "mutation ($input: CommentCreateInput!) { commentCreate(input: $input) { comment { id } } }"
        made = await self._ask(document, input={"issueId": external_id, "body": text})
        return str(made["commentCreate"]["comment"]["id"])

    async def edit_comment(self, external_id: str, comment_id: str, text: str) -> None:
        change = "commentUpdate(id: $id, input: $input) { comment { id } }"
        document = f"mutation ($id: String!, $input: CommentUpdateInput!) {{ {change} }}"
        await self._ask(document, id=comment_id, input={"body": text})

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        await self._ask("mutation ($id: String!) { commentDelete(id: $id) { success } }", id=comment_id)

    async def raw_body(self, external_id: str) -> str:
        found = await self._ask("query ($id: String!) { issue(id: $id) { description } }", id=external_id)
        return str(found["issue"]["description"] or "")

    async def _update(self, external_id: str, **wanted: Any) -> None:
        change = "issueUpdate(id: $id, input: $input) { issue { id } }"
        document = f"mutation ($id: String!, $input: IssueUpdateInput!) {{ {change} }}"
        await self._ask(document, id=external_id, input=wanted)

    async def _state(self, name: str) -> str:
        found = await self._ask("{ teams { nodes { states { nodes { id name } } } } }")
        return next(one["id"] for one in found["teams"]["nodes"][0]["states"]["nodes"] if one["name"] == name)

    async def _ask(self, document: str, **variables: Any) -> dict[str, Any]:
        body = {"query": document, "variables": variables}
        async with self._client.post(self._url, json=body, headers={"Authorization": OTHER}) as response:
            answer = await response.json()
        assert "errors" not in answer, answer
        return answer["data"]


@contextmanager
def server() -> Iterator[str]:
    """Yield the emulator's address."""
    with running_emulate(["linear"], SEED) as emulate:
        yield emulate.urls["linear"]


@asynccontextmanager
async def stage(database: Database, now: Callable[[], datetime], emulator: str) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        front = await stack.enter_async_context(running_linear(emulator))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        values = {"LINEAR_API_KEY": US, "LINEAR_API_URL": front.url}
        tracker = LinearTracker.of(TEAM["key"], values, now)
        refused = LinearTracker.of(TEAM["key"], {**values, "LINEAR_API_KEY": "lin_api_wrong"}, now)
        lost = LinearTracker.of("NOPE", values, now)
        for one in (tracker, refused, lost):
            stack.push_async_callback(one.close)
        person = (await tracker.find_accounts(USERS[OTHER][0]))[0]
        yield Stage(
            tracker,
            SomeoneInLinear(front.url, client),
            front.url,
            project=TEAM["key"],
            values=values,
            person=person.key,
            email=person.email,
            refused=refused,
            lost=lost,
        )
