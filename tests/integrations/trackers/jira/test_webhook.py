"""Jira's deliveries: whether they are from Jira, and what they tell."""

import hashlib
import hmac

import pytest

from integrations.markup.base import Document, Link, Mention, Paragraph, Text
from integrations.trackers.base import Account, Changes, CommentGone, Delivery, with_marker
from integrations.trackers.jira.webhook import JiraWebhook
from storage.models import IssueState
from tests.integrations.trackers.jira.recorded import ANA, HOME, LIAISON, MARKER, NOW, delivery

SECRET = "a-secret-of-the-webhook"
HOOK = JiraWebhook()
LINK = with_marker("https://acme.slack.com/archives/C0QA/p1763888400000100", MARKER)


def signed(body: bytes, secret: str = SECRET, method: str = "sha256") -> Delivery:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Delivery({"x-hub-signature": f"{method}={digest}"}, body)


def test_delivery_is_from_jira_when_signed_with_the_secret():
    assert HOOK.verify(signed(b'{"a": 1}'), SECRET, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        signed(b'{"a": 1}', "another"),
        signed(b'{"a": 1}', ""),
        signed(b'{"a": 1}', method="sha1"),
        Delivery({}, b'{"a": 1}'),
        Delivery({"x-hub-signature": "sha256="}, b'{"a": 1}'),
        Delivery({"x-hub-signature": "sha256=é\ud800"}, b'{"a": 1}'),
        Delivery(signed(b'{"a": 1}').headers, b'{"a":1}'),
    ],
)
def test_delivery_is_refused_when_its_signature_is_not_right(wrong):
    assert not HOOK.verify(wrong, SECRET, NOW)


def test_nothing_is_verified_when_there_is_no_secret():
    assert not HOOK.verify(signed(b"{}", ""), "", NOW)


def test_delivery_is_the_same_when_sent_again():
    first = delivery("hook_issue_updated", **{"x-atlassian-webhook-identifier": "8f0d3b1c-0001"})
    again = delivery("hook_comment_created", **{"x-atlassian-webhook-identifier": "8f0d3b1c-0001"})
    nameless, other = delivery("hook_issue_updated"), delivery("hook_comment_created")

    assert HOOK.delivery_id(first) == HOOK.delivery_id(again) == "8f0d3b1c-0001"
    assert HOOK.delivery_id(nameless) == HOOK.delivery_id(delivery("hook_issue_updated"))
    assert HOOK.delivery_id(nameless) != HOOK.delivery_id(other)


def test_issue_is_told_when_it_changed():
    (issue,) = HOOK.parse(delivery("hook_issue_updated"), LIAISON).issues

    assert (issue.external_id, issue.key, issue.project) == ("10037", "PAY-12", "PAY")
    assert issue.url == f"{HOME}/browse/PAY-12"
    assert (issue.state, issue.state_raw, issue.labels) == (IssueState.DOING, "In Progress", ("severity:high",))
    assert issue.body == Document(
        (Paragraph((Text("Pay button does nothing"),)), Paragraph((Link(LINK, "Report in Slack"),)))
    )
    assert issue.markers == (MARKER,)


def test_marker_is_not_trusted_when_somebody_else_made_the_issue():
    (issue,) = HOOK.parse(delivery("hook_issue_updated"), ANA).issues

    assert issue.markers == ()


def test_comment_is_told_when_somebody_wrote_one():
    (comment,) = HOOK.parse(delivery("hook_comment_created"), LIAISON).comments

    assert (comment.external_id, comment.issue_id, comment.project) == ("10101", "10037", "PAY")
    assert (comment.author, comment.by_us) == (Account(ANA, "Ana Silva"), False)
    assert comment.body == Document(
        (
            Paragraph(
                (Text("Seen on "), Text("Safari", bold=True), Text(", too. "), Mention(LIAISON, LIAISON)),
            ),
        )
    )


def test_comment_is_gone_when_deleted():
    assert HOOK.parse(delivery("hook_comment_deleted"), LIAISON) == Changes(
        gone=(CommentGone("10101", "10037", "PAY"),)
    )


@pytest.mark.parametrize(
    "restriction", [b'"visibility": {"type": "role", "value": "Administrators"}', b'"jsdPublic": false']
)
def test_comment_is_not_told_when_only_some_may_see_it(restriction):
    body = delivery("hook_comment_created").body.replace(b'"jsdPublic": true', restriction)

    assert HOOK.parse(Delivery({}, body), LIAISON) == Changes()


def test_issue_is_restricted_when_only_some_may_see_it():
    body = delivery("hook_issue_updated").body.replace(b'"summary":', b'"security": {"id": "10021"}, "summary":')

    (issue,) = HOOK.parse(Delivery({}, body), LIAISON).issues

    assert issue.restricted


def test_issue_is_dropped_when_it_was_deleted():
    body = delivery("hook_issue_updated").body.replace(b'"jira:issue_updated"', b'"jira:issue_deleted"')

    (issue,) = HOOK.parse(Delivery({}, body), LIAISON).issues

    assert (issue.external_id, issue.state, issue.state_raw) == ("10037", IssueState.DROPPED, "deleted")


@pytest.mark.parametrize("event", ["created", "updated", "deleted"])
def test_comment_is_left_to_the_change_of_its_issue_when_it_comes_alone(event):
    body = f'{{"webhookEvent": "comment_{event}", "comment": {{"id": "10101"}}}}'.encode()

    assert HOOK.parse(Delivery({}, body), LIAISON) == Changes()


@pytest.mark.parametrize("event", ["jira:worklog_updated", "sprint_started", None])
def test_nothing_is_told_when_it_is_of_no_interest(event):
    body = delivery("hook_issue_updated").body.replace(b'"jira:issue_updated"', f'"{event}"'.encode())

    assert HOOK.parse(Delivery({}, body), LIAISON) == Changes()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"not json",
        b'"a"',
        b'{"webhookEvent": "jira:issue_created"}',
        b'{"webhookEvent": "jira:issue_created", "issue": {"id": 1}}',
        b'{"webhookEvent": "jira:issue_deleted", "issue": {"id": 1}}',
        b'{"webhookEvent": "comment_created", "comment": {"id": "1"}, "issue": []}',
        b'{"webhookEvent": "comment_deleted", "issue": {"self": 1}}',
    ],
)
def test_delivery_is_refused_when_it_is_not_what_jira_sends(body):
    with pytest.raises(ValueError, match=r".+"):
        HOOK.parse(Delivery({}, body), LIAISON)
