"""What Linear answers and delivers, read without a server. `comment_create` is the example of Linear's documentation;
the other deliveries are made after the payload types of its published schema.
"""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from integrations.http import Http
from integrations.markup.base import Document, Link, Mention, Paragraph, Text
from integrations.trackers.base import CommentGone, Delivery, IssueChange, IssueDraft, TrackerError, with_marker
from integrations.trackers.linear import KIND, text
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.payloads import id_from
from integrations.trackers.linear.tracker import LinearTracker
from integrations.trackers.linear.webhook import LinearWebhook
from storage.models import IssueState

PAYLOADS = Path(__file__).with_name("payloads") / "linear"
NOW = datetime(2026, 3, 2, 10, 15, 31, tzinfo=UTC)
US = "aacdca22-6266-4c0a-ab3c-8fa70a26765c"
MARKER = "m4rker-no-one-could-guess"
SECRET = "lin_wh_secret"
USER = {"id": US, "name": "liaison", "displayName": "Liaison", "email": "liaison@example.com", "isMe": True}
STATES = [
    {"id": "todo", "name": "Todo", "type": "unstarted", "position": 1},
    {"id": "review", "name": "In Review", "type": "started", "position": 3},
    {"id": "progress", "name": "In Progress", "type": "started", "position": 2},
    {"id": "done", "name": "Done", "type": "completed", "position": 4},
    {"id": "canceled", "name": "Canceled", "type": "canceled", "position": 5},
]


def issue(**more: Any) -> dict[str, Any]:
    return {
        "id": id_from(MARKER),
        "identifier": "PAY-42",
        "title": "Pay button does nothing",
        "description": f"Dead\n\n[Report]({with_marker('https://acme.slack.com/archives/C0QA/p1', MARKER)})",
        "url": "https://linear.app/acme/issue/PAY-42/pay-button",
        "createdAt": "2026-03-02T09:00:00.000Z",
        "updatedAt": "2026-03-02T10:00:00.000Z",
        "state": {"name": "In Review", "type": "started"},
        "team": {"key": "PAY"},
        "creator": USER,
        "botActor": None,
        "assignee": None,
        "labels": {"nodes": [{"id": "label-1", "name": "Severity: High"}]},
        **more,
    }


class Linear:
    """Answers as told, by the name of the operation, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}

    def handle(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        name = asked["query"].split("(")[0].split()[1]
        self.asked.append((name, asked["variables"]))
        answer = self.answers[name]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json={"data": answer})


@pytest.fixture
def linear() -> Linear:
    return Linear()


@pytest_asyncio.fixture
async def tracker(linear: Linear) -> AsyncIterator[LinearTracker]:
    http = Http(
        "https://api.linear.app",
        {"Authorization": "lin_api_x"},
        transport=httpx.MockTransport(linear.handle),
        now=lambda: NOW,
    )
    tracker = LinearTracker("PAY", LinearApi(http, "graphql", lambda: NOW))
    yield tracker
    await tracker.close()


def refusal(kind: str, message: str = "No", status: int = 200, **headers: str) -> httpx.Response:
    error = {"message": message, "extensions": {"type": kind, "userPresentableMessage": "Words for people."}}
    return httpx.Response(status, json={"errors": [error], "data": None}, headers=headers)


def test_id_is_a_random_looking_uuid_and_the_same_when_the_marker_is():
    chosen = UUID(id_from(MARKER))

    assert (chosen.version, chosen.variant) == (4, "specified in RFC 4122")
    assert id_from(MARKER) == str(chosen)
    assert id_from(MARKER + "x") != str(chosen)


async def test_issue_is_adopted_when_its_id_was_taken_by_ourselves(tracker: LinearTracker, linear: Linear):
    linear.answers = {
        "Team": {"teams": {"nodes": [{"id": "team-1", "states": {"nodes": STATES}}]}},
        "CreateIssue": refusal("invalid input"),
        "Issue": {"issue": issue()},
    }

    made = await tracker.create_issue(IssueDraft(MARKER, "Pay button does nothing", Document()))

    assert (made.external_id, made.markers) == (id_from(MARKER), (MARKER,))
    assert linear.asked[1][1]["input"]["id"] == id_from(MARKER)


async def test_refusal_is_told_when_the_id_is_somebody_elses(tracker: LinearTracker, linear: Linear):
    linear.answers = {
        "Team": {"teams": {"nodes": [{"id": "team-1", "states": {"nodes": STATES}}]}},
        "CreateIssue": refusal("invalid input"),
        "Issue": {"issue": issue(creator={**USER, "isMe": False})},
    }

    with pytest.raises(TrackerError, match="Words for people") as refused:
        await tracker.create_issue(IssueDraft(MARKER, "Pay button does nothing", Document()))

    assert (refused.value.retryable, refused.value.may_have_happened) == (False, False)


@pytest.mark.parametrize(
    ("answer", "words", "retryable", "may_have_happened"),
    [
        (refusal("authentication error"), "Make a new one", False, False),
        (refusal("authentication error", status=400), "Make a new one", False, False),
        (refusal("forbidden", status=403), "did not allow", False, False),
        (refusal("invalid input", "Entity not found: Comment"), "does not have it", False, False),
        (refusal("lock timeout"), "not well", True, False),
        (refusal("internal error"), "not well", True, True),
        (refusal("something new"), "not well", True, True),
        (httpx.Response(200, json={"data": None}), "not well", True, True),
        (httpx.Response(200, json={"data": {"commentUpdate": {}}}), "not as expected", False, True),
    ],
)
async def test_error_is_told_when_linear_gives_it(
    tracker: LinearTracker, linear: Linear, answer: httpx.Response, words: str, retryable: bool, may_have_happened: bool
):
    linear.answers = {"UpdateComment": answer}

    with pytest.raises(TrackerError, match=words) as refused:
        await tracker.edit_comment("issue-1", "comment-1", Document())

    assert (refused.value.retryable, refused.value.may_have_happened) == (retryable, may_have_happened)


@pytest.mark.parametrize("status", [200, 400])
async def test_linear_is_left_alone_when_a_budget_is_used_up(tracker: LinearTracker, linear: Linear, status: int):
    reset = str(int((NOW + timedelta(minutes=7)).timestamp() * 1000))
    headers = {"x-ratelimit-requests-remaining": "0", "x-ratelimit-requests-reset": reset}
    linear.answers = {"FindUsers": refusal("ratelimited", status=status, **headers)}

    for _time in range(2):
        with pytest.raises(TrackerError, match="7 minutes") as refused:
            await tracker.find_accounts("anna")
        assert refused.value.retryable
        assert refused.value.retry_after == timedelta(minutes=7)

    assert len(linear.asked) == 1


async def test_state_stays_when_it_means_the_same_already(tracker: LinearTracker, linear: Linear):
    linear.answers = {"Issue": {"issue": issue()}}

    changed = await tracker.update_issue(id_from(MARKER), IssueChange(state=IssueState.DOING))

    assert (changed.state, changed.state_raw) == (IssueState.DOING, "In Review")
    assert [name for name, _ in linear.asked] == ["Issue"]


async def test_first_state_of_its_kind_is_taken_when_moved(tracker: LinearTracker, linear: Linear):
    linear.answers = {
        "Issue": {"issue": issue(state={"name": "Done", "type": "completed"})},
        "Team": {"teams": {"nodes": [{"id": "team-1", "states": {"nodes": STATES}}]}},
        "UpdateIssue": {"issueUpdate": {"issue": issue()}},
    }

    await tracker.update_issue(
        id_from(MARKER), IssueChange(state=IssueState.DOING, remove_labels=("severity: high",), assignee="")
    )

    assert linear.asked[-1] == (
        "UpdateIssue",
        {
            "id": id_from(MARKER),
            "input": {"stateId": "progress", "assigneeId": None, "removedLabelIds": ["label-1"]},
        },
    )


async def test_people_are_told_by_their_profiles_when_mentioned(tracker: LinearTracker, linear: Linear):
    profile = "https://linear.app/acme/profiles/anna"
    linear.answers = {
        "Profiles": {"users": {"nodes": [{"id": "anna-id", "url": profile}]}},
        "UpdateComment": refusal("forbidden"),
    }
    body = Document((Paragraph((Mention("anna-id", "Anna"), Text(" and "), Mention("gone-id", "Eve"))),))

    with pytest.raises(TrackerError):
        await tracker.edit_comment("issue-1", "comment-1", body)

    written = linear.asked[-1][1]["input"]["body"]
    assert profile in written
    assert "Eve" in written
    assert "gone-id" not in written


def test_profile_is_a_person_when_read():
    read = text.read("Ask https://linear.app/acme/profiles/anna or [us](https://example.com)")

    assert read == Document(
        (Paragraph((Text("Ask "), Mention("", "anna"), Text(" or "), Link("https://example.com", "us"))),)
    )


def signed(body: bytes, **headers: str) -> Delivery:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Delivery(
        {"linear-signature": signature, "linear-delivery": "d1c5a1f0-0000-4000-8000-000000000001"} | headers, body
    )


def delivery(name: str) -> Delivery:
    return signed((PAYLOADS / f"{name}.json").read_bytes())


def test_delivery_is_believed_when_signed_lately():
    assert LinearWebhook().verify(delivery("issue_update"), SECRET, NOW)


@pytest.mark.parametrize("seconds", [-61, 62])
def test_delivery_is_refused_when_not_of_the_last_minute(seconds: int):
    assert not LinearWebhook().verify(delivery("issue_update"), SECRET, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("signature", ["", "0" * 64, "é", "sha256="])
def test_delivery_is_refused_when_the_signature_is_another(signature: str):
    forged = delivery("issue_update")
    forged = replace(forged, headers={**forged.headers, "linear-signature": signature})

    assert not LinearWebhook().verify(forged, SECRET, NOW)


def test_delivery_is_refused_when_changed_or_without_a_secret():
    good = delivery("issue_update")

    assert not LinearWebhook().verify(replace(good, body=good.body + b" "), SECRET, NOW)
    assert not LinearWebhook().verify(good, "", NOW)


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b"{}", b'{"webhookTimestamp": true}', b'{"webhookTimestamp": "1"}', b"\xff"]
)
def test_delivery_is_refused_when_it_says_no_time(body: bytes):
    assert not LinearWebhook().verify(signed(body), SECRET, NOW)


def test_delivery_id_is_linears_or_made_of_the_body():
    webhook = LinearWebhook()

    assert webhook.delivery_id(delivery("issue_update")) == "d1c5a1f0-0000-4000-8000-000000000001"
    assert webhook.delivery_id(Delivery({"linear-delivery": "a b"}, b"{}")) == hashlib.sha256(b"{}").hexdigest()


def test_issue_is_read_when_delivered():
    (found,) = LinearWebhook().parse(delivery("issue_update"), US).issues

    assert (found.key, found.project, found.state, found.state_raw) == ("PAY-42", "PAY", IssueState.DOING, "In Review")
    assert found.labels == ("severity: high",)
    assert found.assignee is not None
    assert found.assignee.email == "anna@example.com"
    assert found.markers == (MARKER,)
    assert LinearWebhook().parse(delivery("issue_update"), "somebody").issues[0].markers == ()


def test_issue_is_dropped_when_deleted():
    body = (PAYLOADS / "issue_update.json").read_bytes().replace(b'"action": "update"', b'"action": "remove"')

    (found,) = LinearWebhook().parse(signed(body), US).issues

    assert (found.state, found.state_raw) == (IssueState.DROPPED, "deleted")


async def test_issue_is_dropped_when_in_the_trash(tracker: LinearTracker, linear: Linear):
    linear.answers = {"Issue": {"issue": issue(trashed=True)}}

    found = await tracker.get_issue(id_from(MARKER))

    assert found is not None
    assert (found.state, found.state_raw) == (IssueState.DROPPED, "deleted")


def test_comment_is_read_when_delivered_as_documented():
    (comment,) = LinearWebhook().parse(delivery("comment_create"), US).comments

    assert (comment.issue_id, comment.project, comment.by_us) == ("539068e2-ae88-4d09-bd75-22eb4a59612f", "LIN", True)
    assert comment.body == Document(
        (Paragraph((Text("Indeed, I think this is definitely an improvement over the previous version."),)),)
    )


def test_comment_is_gone_when_told():
    changes = LinearWebhook().parse(delivery("comment_remove"), US)

    gone = CommentGone("2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9", "8f14e45f-ceea-467f-a0e6-0f2d8c1b2a3c", "PAY")
    assert (changes.gone, changes.comments) == ((gone,), ())


@pytest.mark.parametrize(
    "body", [b'{"type": "Project", "action": "create", "data": {}}', b'{"type": "Issue", "action": "snooze"}']
)
def test_nothing_comes_of_what_is_of_no_interest(body: bytes):
    changes = LinearWebhook().parse(signed(body), US)

    assert (changes.issues, changes.comments, changes.gone) == ((), (), ())


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"type": "Issue", "action": "create", "data": {}}'])
def test_delivery_is_refused_when_it_is_not_linears(body: bytes):
    with pytest.raises(ValueError, match=r"\w"):
        LinearWebhook().parse(signed(body), US)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://linear.app/acme/issue/PAY-42/pay-button", ("PAY", "PAY-42")),
        ("https://linear.app/acme/issue/PAY-42#comment-1", ("PAY", "PAY-42")),
        ("https://linear.app.example.com/acme/issue/PAY-42", None),
        ("http://linear.app/acme/issue/PAY-42", None),
        ("https://linear.app/acme/project/PAY-42", None),
        ("https://[/", None),
    ],
)
def test_address_is_read_only_when_it_is_an_issues(url: str, found: tuple[str, str] | None):
    address = KIND.read_url(url, {})

    assert (address and (address.project, address.external_id)) == found
