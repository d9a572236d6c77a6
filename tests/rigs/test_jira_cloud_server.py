"""The Jira Cloud rig holds to the description; the tracker gets by with its lag, its workflows and its faults."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations.markup.base import Document, Link, Mention, Paragraph, Text
from integrations.markup.plain import write as plain
from integrations.trackers.base import CommentGone, Delivery, IssueChange, IssueDraft, TrackerError, with_marker
from integrations.trackers.jira.tracker import JiraTracker
from integrations.trackers.jira.webhook import JiraWebhook
from storage.models import IssueState
from tests.rigs.faultproxy import Fault, running_faultproxy
from tests.rigs.jira_cloud_server import running_jira_cloud
from tests.rigs.jira_cloud_site import BOB, LIAISON, PEOPLE
from tests.rigs.receiving import receiving

pytestmark = pytest.mark.scenario

US, OTHER = PEOPLE
MARKER = "m4rker-no-one-could-guess"
LINK = Link(with_marker("https://acme.slack.com/archives/C0QA/p1", MARKER), "Report")
DRAFT = IssueDraft(MARKER, "Pay button does nothing", Document((Paragraph((LINK,)),)))
SECRET = "a secret of the webhook"
BUG = {"issuetype": {"name": "Bug"}, "summary": "x"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_jira_cloud() as address:
        yield address


def now() -> datetime:
    return datetime.now(UTC)


async def made_project(url: str, **wanted: Any) -> str:
    async with httpx.AsyncClient(base_url=url) as client:
        return str((await client.post("/rig/project", json=wanted)).json()["key"])


@asynccontextmanager
async def tracker_of(url: str, project: str) -> AsyncIterator[JiraTracker]:
    tracker = JiraTracker.of(project, {"JIRA_URL": url, "JIRA_EMAIL": US[0], "JIRA_TOKEN": US[1]}, now)
    yield tracker
    await tracker.close()


def headers_of(person: tuple[str, str]) -> Mapping[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(':'.join(person).encode()).decode()}"}


def words(text: str) -> Document:
    return Document((Paragraph((Text(text),)),))


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "search", None),
        ("POST", "search", {"jql": 'project = "PAY"'}),
        ("POST", "search/jql", {"jql": 'project = "PAY"', "startAt": 0}),
        ("POST", "search/jql", {"jql": "text ~ x"}),
        ("GET", "myself?colour=red", None),
        ("GET", "issue/1/comment?startAt=first", None),
        ("POST", "issue", {"fields": {**BUG, "description": "*notation*"}}),
        (
            "POST",
            "issue",
            {"fields": {**BUG, "description": {"type": "doc", "version": 1, "content": [{"type": "b"}]}}},
        ),
        ("POST", "issue", {"fields": {**BUG, "labels": ["two words"]}}),
        ("POST", "issue", {"fields": {**BUG, "colour": "red"}}),
        ("POST", "issue", {"fields": {**BUG, "assignee": {"accountId": "nobody"}}}),
        ("POST", "issue", {"fields": {**BUG, "issuetype": {"name": "Wish"}}}),
        ("POST", "issue", {"fields": {**BUG, "summary": "x" * 256}}),
        ("POST", "issueLink", {"type": {"name": "Duplicate"}}),
    ],
)
async def test_request_is_refused_when_it_is_not_as_described(url: str, method: str, path: str, content: Any):
    project = await made_project(url)
    if content and "fields" in content:
        content = {"fields": {**content["fields"], "project": {"key": project}}}
    async with httpx.AsyncClient(base_url=f"{url}/rest/api/3/", headers=headers_of(OTHER)) as client:
        answer = await client.request(method, path, json=content)

    assert answer.status_code == 400, answer.text


async def test_issue_is_found_by_its_marker_when_the_search_is_far_behind(url: str):
    async with tracker_of(url, await made_project(url, lag_s=3600)) as tracker:
        made = [await tracker.create_issue(DRAFT) for _ in range(2)]

        found = await tracker.find_by_marker(MARKER)

    assert [one.external_id for one in found] == [one.external_id for one in made]


async def test_changes_are_seen_once_when_the_search_is_behind(url: str):
    async with tracker_of(url, await made_project(url, lag_s=1)) as tracker:
        changes = await tracker.changes_since("")
        made = await tracker.create_issue(DRAFT)
        seen = []
        for _ in range(8):
            changes = await tracker.changes_since(changes.cursor)
            seen += [one.external_id for one in changes.issues]
            await asyncio.sleep(0.3)

    assert seen == [made.external_id]


async def test_every_change_is_seen_once_when_there_are_several_pages(url: str):
    async with tracker_of(url, await made_project(url)) as tracker:
        changes = await tracker.changes_since("")
        made = [(await tracker.create_issue(DRAFT)).external_id for _ in range(130)]
        for number in range(25):
            await tracker.add_comment(made[3], words(f"Comment {number}"), MARKER)
        issues, comments, more = [], [], True
        while more:
            changes = await tracker.changes_since(changes.cursor)
            issues += [one.external_id for one in changes.issues]
            comments += [plain(one.body) for one in changes.comments]
            more = changes.more
        again = await tracker.changes_since(changes.cursor)

    assert sorted(issues) == sorted(made)
    assert comments == [f"Comment {number}" for number in range(25)]
    assert (again.issues, again.comments) == ((), ())


async def test_all_states_are_reached_when_the_workflow_asks_for_no_reason(url: str):
    async with tracker_of(url, await made_project(url, workflow="simple")) as tracker:
        issue = await tracker.create_issue(DRAFT)
        reached = []
        for state in (IssueState.DROPPED, IssueState.DONE, IssueState.DOING, IssueState.DROPPED, IssueState.OPEN):
            reached.append((await tracker.update_issue(issue.external_id, IssueChange(state=state))).state)
        left = await tracker.get_issue(issue.external_id)

    assert reached == [
        *(IssueState.DROPPED, IssueState.DONE, IssueState.DOING, IssueState.DROPPED, IssueState.OPEN),
    ]
    assert left is not None
    assert left.labels == ()


async def test_error_says_what_to_do_when_no_transition_leads_there(url: str):
    async with tracker_of(url, await made_project(url, workflow="narrow")) as tracker:
        issue = await tracker.create_issue(DRAFT)

        with pytest.raises(
            TrackerError, match=r"from To Do to In Progress, but to no status that means done"
        ) as refused:
            await tracker.update_issue(issue.external_id, IssueChange(state=IssueState.DONE))

    assert (refused.value.retryable, refused.value.may_have_happened) == (False, False)


async def test_reason_is_duplicate_when_closed_as_one(url: str):
    async with tracker_of(url, await made_project(url)) as tracker:
        original, extra = await tracker.create_issue(DRAFT), await tracker.create_issue(DRAFT)

        await tracker.close_as_duplicate(extra.external_id, original)

        async with httpx.AsyncClient(base_url=f"{url}/rest/api/3/", headers=headers_of(OTHER)) as client:
            fields = (await client.get(f"issue/{extra.key}")).json()["fields"]
    assert (fields["resolution"]["name"], fields["status"]["name"]) == ("Duplicate", "Done")


async def test_only_a_mention_with_an_account_tells_somebody_when_written(url: str):
    text = Document(
        (Paragraph((Mention(BOB, "Bob"), Text(" and "), Mention("", "Eve"), Text(f" [~accountid:{BOB}]"))),)
    )
    async with tracker_of(url, await made_project(url)) as tracker:
        issue = await tracker.create_issue(DRAFT)
        comment = await tracker.add_comment(issue.external_id, text, MARKER)
        async with httpx.AsyncClient(base_url=f"{url}/rest/api/3/", headers=headers_of(OTHER)) as client:
            raw = (await client.get(f"issue/{issue.external_id}/comment/{comment.external_id}")).json()

    (paragraph,) = raw["body"]["content"]
    assert [node["attrs"]["id"] for node in paragraph["content"] if node["type"] == "mention"] == [BOB]


async def test_there_is_one_issue_when_its_answer_was_lost(url: str):
    project = await made_project(url, lag_s=3600)
    async with running_faultproxy(url) as proxy, tracker_of(proxy.url, project) as tracker:
        proxy.faults.append(Fault("/issue$", "POST", times=1, drop="after"))

        with pytest.raises(TrackerError) as lost:
            await tracker.create_issue(DRAFT)
        found = await tracker.find_by_marker(MARKER)

    assert lost.value.may_have_happened
    assert len(found) == 1


async def test_delivery_is_believed_and_read_when_the_server_sends_it(url: str):
    async with receiving() as (address, arrived):
        project = await made_project(url, hook={"url": address, "secret": SECRET})
        async with tracker_of(url, project) as tracker:
            issue = await tracker.create_issue(DRAFT)
            comment = await tracker.add_comment(issue.external_id, words("Also on Safari"), MARKER)
            await tracker.delete_comment(issue.external_id, comment.external_id)
            deliveries = [await asyncio.wait_for(arrived.get(), 10) for _ in range(3)]

    webhook = JiraWebhook()
    assert all(webhook.verify(one, SECRET, now()) for one in deliveries)
    assert not any(webhook.verify(Delivery(one.headers, one.body + b" "), SECRET, now()) for one in deliveries)
    assert len({webhook.delivery_id(one) for one in deliveries}) == 3
    told = [webhook.parse(one, LIAISON) for one in deliveries]
    assert [(one.external_id, one.key, one.markers) for changes in told for one in changes.issues] == [
        (issue.external_id, issue.key, (MARKER,))
    ]
    assert [one for changes in told for one in changes.comments] == [comment]
    assert [one for changes in told for one in changes.gone] == [
        CommentGone(comment.external_id, issue.external_id, project)
    ]
