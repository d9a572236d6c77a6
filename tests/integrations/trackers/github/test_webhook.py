import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from integrations.markup.plain import write as plain
from integrations.trackers.base import Account, Changes, CommentGone, Delivery, Item, with_marker
from integrations.trackers.github.webhook import GitHubWebhook
from storage.models import IssueState, ItemKind
from tests.integrations.trackers.github.recorded import PAYLOADS, payload
from tests.rigs.npm import fetched

WEBHOOK = GitHubWebhook()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# The example of GitHub's documentation:
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
OFFICIAL_EXAMPLES = {"@octokit/webhooks-examples": "7.6.1"}
PROJECT = "Codertocat/Hello-World"


def delivery(name: str, **changed) -> Delivery:
    """A recorded delivery, with some of its parts changed."""
    content = payload(name)
    for part, values in changed.items():
        content[part] = {**content[part], **values}
    headers = {"x-github-event": name.partition(".")[0], "content-type": "application/json"}
    return Delivery(headers, json.dumps(content).encode())


def signed(signature: str, body: bytes = BODY) -> Delivery:
    return Delivery({"x-hub-signature-256": signature}, body)


def test_delivery_is_taken_when_signed_as_github_does():
    assert WEBHOOK.verify(signed(SIGNATURE), SECRET, NOW)


@pytest.mark.parametrize(
    ("given", "secret"),
    [
        (signed(SIGNATURE, BODY + b"\n"), SECRET),
        (signed(SIGNATURE), "another secret"),
        (signed(SIGNATURE.upper()), SECRET),
        (signed(SIGNATURE.removeprefix("sha256=")), SECRET),
        (signed("sha256="), SECRET),
        (signed("sha256=ü\udcff"), SECRET),
        (Delivery({}, BODY), SECRET),
        (Delivery({"x-hub-signature": "sha1=" + hmac.new(SECRET.encode(), BODY, "sha1").hexdigest()}, BODY), SECRET),
        (signed("sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()), ""),
    ],
)
def test_delivery_is_refused_when_not_signed_by_this_secret(given, secret):
    assert not WEBHOOK.verify(given, secret, NOW)


def test_delivery_is_the_same_when_only_what_is_not_signed_differs():
    first = Delivery({"x-github-event": "issues", "x-github-delivery": "1"}, BODY)
    replayed = Delivery({"x-github-event": "issues", "x-github-delivery": "2"}, BODY)
    other = Delivery({"x-github-event": "issues", "x-github-delivery": "1"}, BODY + b" ")

    assert WEBHOOK.delivery_id(first) == WEBHOOK.delivery_id(replayed)
    assert WEBHOOK.delivery_id(first) != WEBHOOK.delivery_id(other)


def test_issue_is_read_when_opened():
    (issue,) = WEBHOOK.parse(delivery("issues.opened"), "liaison").issues

    assert (issue.external_id, issue.project, issue.key) == ("1", PROJECT, f"{PROJECT}#1")
    assert issue.url == "https://github.com/Codertocat/Hello-World/issues/1"
    assert (issue.title, issue.state, issue.state_raw) == ("Spelling error in the README file", IssueState.OPEN, "open")
    assert issue.created_at == issue.updated_at == datetime(2019, 5, 15, 15, 20, 18, tzinfo=UTC)
    assert issue.author == Account("Codertocat")
    assert "you accidently spelled" in plain(issue.body)


@pytest.mark.parametrize(
    ("account_key", "markers"), [("codertocat", ("abcdefghij0123456789",)), ("liaison", ()), ("", ())]
)
def test_marker_is_trusted_only_when_we_wrote_the_issue(account_key, markers):
    body = with_marker("https://acme.slack.com/archives/C1/p1", "abcdefghij0123456789")

    (issue,) = WEBHOOK.parse(delivery("issues.opened", issue={"body": body}), account_key).issues

    assert issue.markers == markers


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ({"state": "open"}, IssueState.OPEN),
        ({"state": "open", "labels": [{"name": "In progress"}]}, IssueState.DOING),
        ({"state": "open", "state_reason": "reopened"}, IssueState.OPEN),
        ({"state": "closed", "state_reason": "completed"}, IssueState.DONE),
        ({"state": "closed", "state_reason": None}, IssueState.DONE),
        ({"state": "closed", "state_reason": "not_planned"}, IssueState.DROPPED),
        ({"state": "closed", "state_reason": "duplicate"}, IssueState.DROPPED),
        ({"state": "closed", "state_reason": "completed", "labels": [{"name": "in progress"}]}, IssueState.DONE),
    ],
)
def test_state_is_one_of_four_when_read(parts, state):
    (issue,) = WEBHOOK.parse(delivery("issues.opened", issue={"labels": [], **parts}), "").issues

    assert issue.state is state
    assert issue.labels == ()


def test_issue_is_dropped_when_deleted():
    (issue,) = WEBHOOK.parse(delivery("issues.deleted"), "").issues

    assert (issue.state, issue.state_raw) == (IssueState.DROPPED, "deleted")


def test_comment_is_read_when_edited():
    (comment,) = WEBHOOK.parse(delivery("issue_comment.edited"), "liaison").comments

    assert (comment.external_id, comment.issue_id, comment.project) == ("492700400", "1", PROJECT)
    assert (comment.author, comment.by_us) == (Account("Codertocat"), False)
    assert comment.url == "https://github.com/Codertocat/Hello-World/issues/1#issuecomment-492700400"
    assert comment.updated_at == datetime(2019, 5, 15, 15, 20, 22, tzinfo=UTC)
    assert "You are totally right!" in plain(comment.body)


def test_comment_is_ours_when_our_account_wrote_it():
    (comment,) = WEBHOOK.parse(delivery("issue_comment.edited"), "Codertocat").comments

    assert comment.by_us


def test_comment_is_gone_when_deleted():
    assert WEBHOOK.parse(delivery("issue_comment.deleted"), "") == Changes(
        gone=(CommentGone("492700400", "1", PROJECT),)
    )


def test_comment_is_of_no_interest_when_on_a_pull_request():
    on_pull = delivery(
        "issue_comment.edited", comment={"html_url": f"https://github.com/{PROJECT}/pull/2#issuecomment-1"}
    )

    assert WEBHOOK.parse(on_pull, "") == Changes()


def test_pull_request_is_an_item_when_merged():
    merged = delivery("pull_request.closed", pull_request={"merged_at": "2019-05-15T15:21:18Z"})

    (item,) = WEBHOOK.parse(merged, "").items

    assert item == Item(
        kind=ItemKind.PULL_REQUEST,
        external_id=f"{PROJECT}#2",
        project=PROJECT,
        title="Update the README with new information.",
        url=f"https://github.com/{PROJECT}/pull/2",
        author="Codertocat",
        state="merged",
        opened_at=datetime(2019, 5, 15, 15, 20, 33, tzinfo=UTC),
        updated_at=datetime(2019, 5, 15, 15, 21, 18, tzinfo=UTC),
        closed_at=datetime(2019, 5, 15, 15, 21, 18, tzinfo=UTC),
        data={
            "number": 2,
            "merged_at": "2019-05-15T15:21:18+00:00",
            "merge_sha": "c4295bd74fb0f4fda03689c3df3f2803b658fd85",
            "branch": "changes",
            "target": "master",
            "requested_reviewers": ["octocat"],
            "labels": ["bug"],
            "announce": "",
        },
    )


@pytest.mark.parametrize(
    ("parts", "state"),
    [({}, "closed"), ({"state": "open"}, "open"), ({"state": "open", "draft": True}, "draft")],
)
def test_pull_request_says_how_far_it_is_when_not_merged(parts, state):
    (item,) = WEBHOOK.parse(delivery("pull_request.closed", pull_request=parts), "").items

    assert item.state == state


def test_review_is_an_item_when_submitted():
    (item,) = WEBHOOK.parse(delivery("pull_request_review.submitted"), "").items

    assert (item.kind, item.external_id, item.parent_external_id) == (ItemKind.REVIEW, "237895671", f"{PROJECT}#2")
    assert (item.state, item.author, item.data) == ("commented", "Codertocat", {"verdict": "commented"})


def test_release_is_an_item_when_published():
    (item,) = WEBHOOK.parse(delivery("release.published"), "").items

    assert (item.kind, item.external_id, item.title) == (ItemKind.RELEASE, "17372790", "0.0.1")
    assert item.data == {
        "tag": "0.0.1",
        "prerelease": False,
        "published_at": "2019-05-15T15:20:53+00:00",
        "notes": {},
    }


def test_release_is_kept_quiet_when_a_draft():
    assert WEBHOOK.parse(delivery("release.published", release={"draft": True}), "") == Changes()


def test_deployment_is_an_item_when_it_succeeded():
    (item,) = WEBHOOK.parse(delivery("deployment_status.created"), "").items

    assert (item.kind, item.external_id, item.state) == (ItemKind.DEPLOYMENT, "145988746", "success")
    assert item.title == "master to production"
    assert item.closed_at == datetime(2019, 5, 15, 15, 20, 55, tzinfo=UTC)
    assert item.data["environment"] == "production"
    assert item.data["sha"] == "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"


def test_delivery_is_read_when_it_comes_as_a_form():
    plain_one = delivery("issues.opened")
    form = Delivery(
        {"x-github-event": "issues", "content-type": "application/x-www-form-urlencoded"},
        urlencode({"payload": plain_one.body.decode()}).encode(),
    )

    assert WEBHOOK.parse(form, "") == WEBHOOK.parse(plain_one, "")


@pytest.mark.parametrize("event", ["ping", "star", "", "__class__"])
def test_delivery_changes_nothing_when_of_no_interest(event):
    assert WEBHOOK.parse(Delivery({"x-github-event": event}, b'{"zen": "Design for failure."}'), "") == Changes()


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"[" * 100_000, b"\xff\xfe"),
        *(b'{"repository": 7}', b'{"repository": null}', b'{"repository": {"full_name": "a/b"}}'),
        b'{"repository": {"full_name": "a/b"}, "issue": null}',
        b'{"repository": {"full_name": "a/b"}, "issue": {}}',
    ],
)
def test_delivery_is_refused_when_it_is_not_github_s(body):
    with pytest.raises(ValueError, match=r".+"):
        WEBHOOK.parse(Delivery({"x-github-event": "issues"}, body), "")


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_delivery_is_read_or_refused_when_any_key_is_missing_or_odd(path):
    content = json.loads(path.read_text())
    event = path.stem.partition(".")[0]

    for mutant in mutants(content):
        try:
            changes = WEBHOOK.parse(Delivery({"x-github-event": event}, json.dumps(mutant).encode()), "liaison")
        except ValueError:
            continue
        assert isinstance(changes, Changes)


def mutants(content):
    """Each object of the first two levels with a key left out, null, a number, a list, a half character."""
    for name, value in content.items():
        for odd in (None, 7, [], "\ud800", {}):
            yield {**content, name: odd}
        if isinstance(value, dict):
            for key in value:
                yield {**content, name: {part: kept for part, kept in value.items() if part != key}}
                for odd in (None, 7, [], "\ud800", {}):
                    yield {**content, name: {**value, key: odd}}


@pytest.mark.scenario
def test_every_official_example_is_read():
    folder = fetched(OFFICIAL_EXAMPLES) / "@octokit" / "webhooks-examples"
    examples = json.loads((folder / "api.github.com" / "index.json").read_text())

    read = {}
    for kind in examples:
        for example in kind["examples"]:
            given = Delivery({"x-github-event": kind["name"]}, json.dumps(example).encode())
            changes = WEBHOOK.parse(given, "liaison")
            found = len(changes.issues) + len(changes.comments) + len(changes.gone) + len(changes.items)
            read[kind["name"]] = read.get(kind["name"], 0) + found

    assert sum(len(kind["examples"]) for kind in examples) > 300
    assert {name: count for name, count in read.items() if count} == {
        "deployment": 4,
        "deployment_status": 4,
        "issue_comment": 9,
        # The other four are milestones of pull requests.
        "issues": 25,
        "pull_request": 29,
        "pull_request_review": 4,
        "release": 11,
    }
