"""Linear's rig holds to Linear's published schema, and tells of changes as Linear does."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from integrations.markup.base import Document, Paragraph, Text
from integrations.trackers.base import IssueDraft
from integrations.trackers.linear.tracker import LinearTracker
from integrations.trackers.linear.webhook import LinearWebhook
from tests.rigs.emulate import running_emulate
from tests.rigs.linear_front import SEED, TEAM, US, running_linear
from tests.rigs.receiving import receiving

pytestmark = pytest.mark.scenario

MARKER = "m4rker-no-one-could-guess"
SECRET = "lin_wh_secret"


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with running_emulate(["linear"], SEED) as emulate:
        yield emulate.urls["linear"]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    ("key", "document", "status", "code"),
    [
        ("lin_api_wrong", "{ viewer { id } }", 401, "AUTHENTICATION_ERROR"),
        (US, "{ viewer { id nickname } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        # What the emulator would want, and the real one does not know.
        (US, '{ issues(filter: { team: { eq: "WEB" } }) { nodes { id } } }', 400, "GRAPHQL_VALIDATION_FAILED"),
        (US, '{ issue(id: "987654321") { id } }', 200, "INPUT_ERROR"),
    ],
)
async def test_request_is_refused_when_linear_would(emulator: str, key: str, document: str, status: int, code: str):
    async with running_linear(emulator) as front, httpx.AsyncClient() as client:
        answer = await client.post(front.url, json={"query": document}, headers={"Authorization": key})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


async def test_changes_are_told_as_linear_tells_them(emulator: str):
    body = Document((Paragraph((Text("Dead"),)),))
    async with running_linear(emulator) as front, receiving() as (address, arrived):
        front.webhook = (address, SECRET)
        tracker = LinearTracker.of(TEAM["key"], {"LINEAR_API_KEY": US, "LINEAR_API_URL": front.url}, now)
        issue = await tracker.create_issue(IssueDraft(MARKER, "Dead", body))
        comment = await tracker.add_comment(issue.external_id, body, f"{MARKER}-comment")
        await tracker.delete_comment(issue.external_id, comment.external_id)
        await tracker.close()
        deliveries = [await asyncio.wait_for(arrived.get(), 10) for _ in range(3)]

    webhook = LinearWebhook()
    assert [webhook.verify(one, SECRET, now()) for one in deliveries] == [True] * 3
    made, commented, deleted = (webhook.parse(one, issue.author.key) for one in deliveries)
    assert [one.external_id for one in made.issues] == [issue.external_id]
    assert [(one.external_id, one.issue_id, one.by_us) for one in commented.comments] == [
        (comment.external_id, issue.external_id, True)
    ]
    assert [one.external_id for one in deleted.gone] == [comment.external_id]


async def test_issue_is_made_once_when_made_twice(emulator: str):
    draft = IssueDraft(MARKER, "Dead", Document())
    async with running_linear(emulator) as front:
        tracker = LinearTracker.of(TEAM["key"], {"LINEAR_API_KEY": US, "LINEAR_API_URL": front.url}, now)
        first, second = [await tracker.create_issue(draft) for _time in range(2)]
        page = await tracker.list_issues("")
        await tracker.close()

    assert first.external_id == second.external_id
    assert [one.external_id for one in page.issues] == [first.external_id]


async def test_every_change_is_seen_once_when_there_are_several_pages(emulator: str):
    async with running_linear(emulator) as front:
        tracker = LinearTracker.of(TEAM["key"], {"LINEAR_API_KEY": US, "LINEAR_API_URL": front.url}, now)
        changes = await tracker.changes_since("")
        made = {
            (await tracker.create_issue(IssueDraft(f"{MARKER}-{n}", "x", Document()))).external_id for n in range(60)
        }
        seen = []
        changes = replace(changes, more=True)
        while changes.more:
            changes = await tracker.changes_since(changes.cursor)
            seen += [issue.external_id for issue in changes.issues]
        again = await tracker.changes_since(changes.cursor)
        await tracker.close()

    assert sorted(seen) == sorted(made)
    assert again.issues == ()
