"""The GitLab rig holds to GitLab's description, and its deliveries prove where they are from."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from integrations.markup.base import Document, Paragraph, Text
from integrations.trackers.base import IssueDraft
from integrations.trackers.gitlab.tracker import GitLabTracker
from integrations.trackers.gitlab.webhook import GitLabWebhook
from storage.models import ItemKind
from tests.rigs.gitlab_server import OTHER, US, running_gitlab
from tests.rigs.receiving import receiving

pytestmark = pytest.mark.scenario

MARKER = "m4rker-no-one-could-guess"
BOB = {"id": 3, "username": "bob", "name": "Bob", "state": "active", "web_url": "http://127.0.0.1/bob"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_gitlab() as address:
        yield address


def now() -> datetime:
    return datetime.now(UTC)


async def made_project(url: str, hook_url: str = "", token: str = "") -> str:
    async with httpx.AsyncClient(base_url=url) as client:
        made = await client.post("/rig/project", json={"url": hook_url, "token": token})
        return str(made.json()["path"])


@asynccontextmanager
async def tracker_of(url: str, project: str) -> AsyncIterator[GitLabTracker]:
    tracker = GitLabTracker.of(project, {"GITLAB_URL": url, "GITLAB_TOKEN": US}, now)
    yield tracker
    await tracker.close()


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "issues?updated_sinse=x", None),
        ("GET", "issues?updated_after=yesterday", None),
        ("GET", "issues?order_by=colour", None),
        ("GET", "issues/seven", None),
        ("GET", "comments", None),
        ("PATCH", "issues/1", {}),
        ("POST", "issues", {"body": "no title"}),
        ("POST", "issues", {"title": 7}),
        ("POST", "issues", {"title": "x", "colour": "red"}),
    ],
)
async def test_request_is_refused_when_it_is_not_as_described(url: str, method: str, path: str, content: Any):
    project = quote(await made_project(url), safe="")
    async with httpx.AsyncClient(base_url=f"{url}/api/v4/projects/{project}/") as client:
        answer = await client.request(method, path, json=content, headers={"PRIVATE-TOKEN": OTHER})

    assert answer.status_code in {400, 405}


@pytest.mark.parametrize("token", ["a secret token", "whsec_dGhpcnR5LXR3byBieXRlcyBvZiBhIHNpZ25pbmcga2V5"])
async def test_delivery_is_believed_and_read_when_the_server_sends_it(url: str, token: str):
    async with receiving() as (address, arrived):
        project = await made_project(url, address, token)
        async with tracker_of(url, project) as tracker:
            issue = await tracker.create_issue(IssueDraft(MARKER, "Dead", Document((Paragraph((Text("x"),)),))))
            comment = await tracker.add_comment(issue.external_id, Document((Paragraph((Text("y"),)),)), MARKER)
            deliveries = [await asyncio.wait_for(arrived.get(), 10) for _ in range(2)]

    webhook = GitLabWebhook()
    assert [webhook.verify(one, token, now()) for one in deliveries] == [True, True]
    assert len({webhook.delivery_id(one) for one in deliveries}) == 2
    told = [webhook.parse(one, "liaison") for one in deliveries]
    assert [one.external_id for changes in told for one in changes.issues] == [issue.external_id]
    assert [one for changes in told for one in changes.comments] == [comment]


async def test_activity_is_seen_once_when_polled(url: str):
    project = await made_project(url)
    async with tracker_of(url, project) as tracker:
        began = await tracker.changes_since("")
        for kind, thing in activity(now() + timedelta(seconds=1)).items():
            async with httpx.AsyncClient(base_url=url) as client:
                await client.post("/rig/put", json={"project": project, "kind": kind, "thing": thing})

        first = await tracker.changes_since(began.cursor)
        second = await tracker.changes_since(first.cursor)

    assert [(one.kind, one.external_id, one.state) for one in first.items] == [
        (ItemKind.PULL_REQUEST, f"{project}!4", "merged"),
        (ItemKind.REVIEW, f"{project}!4:bob", "approved"),
        (ItemKind.RELEASE, f"{project}@v1.2", "published"),
        (ItemKind.DEPLOYMENT, f"{project}:9", "success"),
    ]
    assert second.items == ()


def activity(at: datetime) -> dict[str, dict[str, Any]]:
    """Give one of each, in the fields that GitLab has."""
    moment = at.isoformat(timespec="milliseconds")
    numbers = {"id": 9, "created_at": moment, "updated_at": moment}
    merge_request = {
        **numbers,
        "iid": 4,
        "project_id": 1,
        "title": "Mend it",
        "state": "merged",
        "merged_at": moment,
        "draft": False,
        "source_branch": "mend",
        "target_branch": "main",
        "author": BOB,
        "web_url": "http://127.0.0.1/4",
    }
    event = {
        "id": 9,
        "project_id": 1,
        "action_name": "approved",
        "target_id": 9,
        "target_iid": 4,
        "created_at": moment,
        "target_type": "MergeRequest",
        "author_id": 3,
        "author_username": "bob",
        "target_title": "Mend it",
    }
    release = {
        "name": "1.2",
        "tag_name": "v1.2",
        "created_at": moment,
        "released_at": moment,
        "author": BOB,
        "_links": {"self": "http://127.0.0.1/v1.2"},
    }
    deployment = {
        **numbers,
        "iid": 1,
        "ref": "main",
        "sha": "c0ffee",
        "status": "success",
        "user": BOB,
        "environment": {"id": 1, "name": "production", "external_url": None},
    }
    return {"merge_requests": merge_request, "events": event, "releases": release, "deployments": deployment}


async def test_every_change_is_seen_when_there_are_several_pages(url: str):
    async with tracker_of(url, await made_project(url)) as tracker:
        changes = await tracker.changes_since("")
        drafts = [IssueDraft(f"{MARKER}-{number}", "x", Document()) for number in range(230)]
        made = {(await tracker.create_issue(draft)).external_id for draft in drafts}
        note = await tracker.add_comment("7", Document((Paragraph((Text("y"),)),)), MARKER)
        issues, comments = [], []
        changes = replace(changes, more=True)
        while changes.more:
            changes = await tracker.changes_since(changes.cursor)
            issues += [issue.external_id for issue in changes.issues]
            comments += [comment.external_id for comment in changes.comments]

    assert set(issues) == made
    assert len(issues) <= len(made) + 1
    assert comments == [note.external_id]
