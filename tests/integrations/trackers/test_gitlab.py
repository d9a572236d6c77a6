"""What GitLab answers and delivers, read without a server. The deliveries are the examples of GitLab's documentation:
https://docs.gitlab.com/user/project/integrations/webhook_events
"""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from integrations.http import Http
from integrations.markup.base import CodeBlock, Document, Mention, Paragraph, Text
from integrations.trackers.base import Account, Delivery, File, IssueChange, TrackerError
from integrations.trackers.gitlab import KIND
from integrations.trackers.gitlab.forms import form_with
from integrations.trackers.gitlab.payloads import state_of, write_text
from integrations.trackers.gitlab.project import GitLabProject
from integrations.trackers.gitlab.tracker import GitLabTracker
from integrations.trackers.gitlab.webhook import GitLabWebhook
from storage.models import IssueState, ItemKind

PAYLOADS = Path(__file__).with_name("payloads") / "gitlab"
NOW = datetime(2026, 3, 2, 10, 15, 31, tzinfo=UTC)
SECRET = "a secret token"
SIGNING = "whsec_" + base64.b64encode(b"thirty-two bytes of a signing key").decode()


class GitLab:
    """Answers as told, by method and path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {"GET user": {"id": 2, "username": "liaison", "name": "Liaison"}}

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0].removeprefix("/api/v4/")
        name = f"{request.method} {path.removeprefix('projects/acme%2Fweb/')}"
        self.asked.append((name, json.loads(request.content) if request.content else dict(request.url.params)))
        answer = self.answers.get(name, httpx.Response(404, json={"message": "404 Not found"}))
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


@pytest.fixture
def gitlab() -> GitLab:
    return GitLab()


@pytest_asyncio.fixture
async def tracker(gitlab: GitLab) -> AsyncIterator[GitLabTracker]:
    http = Http(
        "https://gitlab.example.com/api/v4",
        {"PRIVATE-TOKEN": "glpat-x"},
        transport=httpx.MockTransport(gitlab.handle),
        now=lambda: NOW,
    )
    tracker = GitLabTracker(GitLabProject(http, "acme/web", "https://gitlab.example.com"), lambda: NOW)
    yield tracker
    await tracker.close()


def issue(**more: Any) -> dict[str, Any]:
    return {
        "iid": 7,
        "title": "Pay button does nothing",
        "description": "Dead",
        "state": "opened",
        "web_url": "https://gitlab.example.com/acme/web/-/issues/7",
        "created_at": "2026-03-02T09:00:00.000Z",
        "updated_at": "2026-03-02T10:00:00.000Z",
        "author": {"id": 2, "username": "liaison", "name": "Liaison"},
        "labels": [],
        **more,
    }


@pytest.mark.parametrize(
    ("state", "labels", "meaning"),
    [
        ("opened", (), IssueState.OPEN),
        ("opened", ("wontfix",), IssueState.OPEN),
        ("opened", ("in progress", "backend"), IssueState.DOING),
        ("closed", ("in progress",), IssueState.DONE),
        ("closed", ("wontfix",), IssueState.DROPPED),
        ("closed", ("duplicate",), IssueState.DROPPED),
    ],
)
def test_state_is_told_by_labels_where_gitlab_has_none(state: str, labels: tuple[str, ...], meaning: IssueState):
    assert state_of(state, labels) is meaning


async def test_only_labels_of_states_change_when_moved(tracker: GitLabTracker, gitlab: GitLab):
    gitlab.answers |= {
        "GET issues/7": issue(state="closed", labels=["backend", "wontfix"]),
        "PUT issues/7": issue(labels=["backend", "in progress"]),
    }

    moved = await tracker.update_issue("7", IssueChange(state=IssueState.DOING))

    asked = {"state_event": "reopen", "add_labels": "in progress", "remove_labels": "wontfix"}
    assert ("PUT issues/7", asked) in gitlab.asked
    assert moved.state is IssueState.DOING


async def test_nothing_is_asked_when_nothing_is_to_change(tracker: GitLabTracker, gitlab: GitLab):
    gitlab.answers["GET issues/7"] = issue()

    await tracker.update_issue("7", IssueChange(state=IssueState.OPEN))

    assert [name for name, _ in gitlab.asked if name.startswith("PUT")] == []


async def test_comma_makes_no_second_label(tracker: GitLabTracker, gitlab: GitLab):
    gitlab.answers |= {"GET issues/7": issue(), "PUT issues/7": issue()}

    await tracker.update_issue("7", IssueChange(add_labels=("a,b", "c")))

    assert ("PUT issues/7", {"add_labels": "a b,c"}) in gitlab.asked


async def test_only_numbers_get_into_an_address(tracker: GitLabTracker, gitlab: GitLab):
    assert await tracker.get_issue("7/../../../user") is None
    await tracker.delete_comment("7/..", "../1")

    assert [name for name, _ in gitlab.asked] == ["DELETE issues/7%2F../notes/..%2F1"]


async def test_marker_is_looked_for_among_our_own_when_searching(tracker: GitLabTracker, gitlab: GitLab):
    gitlab.answers["GET issues"] = [issue(description="#liaison-m4rker-no-one-could-guess")]

    (found,) = await tracker.find_by_marker("m4rker-no-one-could-guess")

    assert found.external_id == "7"
    asked = dict(gitlab.asked)["GET issues"]
    assert (asked["author_id"], asked["created_after"], asked["scope"]) == ("2", "2026-02-16T10:15:31+00:00", "all")
    assert "search" not in asked


async def test_original_is_linked_once_when_linked_before(tracker: GitLabTracker, gitlab: GitLab):
    closed = issue(state="closed", labels=["duplicate"])
    gitlab.answers |= {
        "GET issues/7": issue(),
        "POST issues/7/links": httpx.Response(409, json={"message": "Issue(s) already assigned"}),
        "PUT issues/7": closed,
        "GET issues/8": issue(iid=8),
    }
    original = await tracker.get_issue("8")
    assert original is not None

    dropped = await tracker.close_as_duplicate("7", original)

    assert dropped.state is IssueState.DROPPED
    assert ("POST issues/7/links", {"target_project_id": "acme/web", "target_issue_iid": "8"}) in gitlab.asked


async def test_standing_names_what_is_missing_when_the_role_and_the_scope_are_too_small(
    tracker: GitLabTracker, gitlab: GitLab
):
    gitlab.answers |= {
        "GET projects/acme%2Fweb": {
            "path_with_namespace": "acme/web",
            "archived": True,
            "issues_access_level": "disabled",
            "permissions": {"project_access": {"access_level": 10}, "group_access": None},
        },
        "GET personal_access_tokens/self": {"scopes": ["read_api"]},
    }

    standing = await tracker.check()

    assert standing.account == "liaison"
    assert [
        word for word in ("archived", "switched off", "Reporter", "scope api") if word in str(standing.problems)
    ] == [*("archived", "switched off", "Reporter", "scope api")]


async def test_answer_is_told_as_unexpected_when_it_lacks_a_part(tracker: GitLabTracker, gitlab: GitLab):
    gitlab.answers["POST issues/7/notes"] = {"id": 1}

    with pytest.raises(TrackerError, match="Note is not as expected") as refused:
        await tracker.add_comment("7", Document(), "m")

    assert refused.value.may_have_happened


async def test_file_is_shown_in_a_note_when_attached(tracker: GitLabTracker, gitlab: GitLab):
    shown = "![a.png](/uploads/1/a.png)"
    gitlab.answers |= {"POST issues/7/notes": {}, "GET user": {}}
    uploaded = {"markdown": shown, "url": "/uploads/1/a.png", "full_path": "/-/project/5/uploads/1/a.png"}

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/uploads"):
            return httpx.Response(201, json=uploaded)
        return gitlab.handle(request)

    http = Http("https://gitlab.example.com/api/v4", {}, transport=httpx.MockTransport(handle))
    filing = GitLabTracker(GitLabProject(http, "acme/web", "https://gitlab.example.com"), lambda: NOW)

    address = await filing.attach("7", File("a.png", b"\x89PNG", "image/png"))
    await filing.close()

    assert address == "https://gitlab.example.com/-/project/5/uploads/1/a.png"
    assert gitlab.asked == [("POST issues/7/notes", {"body": shown})]


def test_form_holds_the_file_whatever_its_name_is():
    content, content_type = form_with(File('a"\r\nX: y\\.png', b"\x00\r\n--", "text/html; x"))

    form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content)
    (part,) = form.get_payload()
    assert part.get_filename() == "a___X: y_.png"
    assert part.get_content_type() == "application/octet-stream"
    assert content.count(b"\x00\r\n--") == 1


def test_text_begins_no_quick_action_and_mentions_only_who_is_meant():
    body = Document((Paragraph((Text("/close @all"), Mention("bob", "Bob"))), CodeBlock("/close")))

    written = write_text(body)

    assert not written.startswith("/")
    assert "@all" not in written
    assert "@bob" in written
    assert "\n/close\n" in written


def delivery(name: str, **headers: str) -> Delivery:
    return Delivery({"x-gitlab-token": SECRET, **headers}, (PAYLOADS / f"{name}.json").read_bytes())


def signed(body: bytes, at: datetime = NOW, delivery_id: str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W") -> Delivery:
    key, sent_at = base64.b64decode(SIGNING.removeprefix("whsec_")), str(int(at.timestamp()))
    digest = hmac.new(key, f"{delivery_id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    headers = {"webhook-id": delivery_id, "webhook-timestamp": sent_at, "webhook-signature": signature}
    return Delivery(headers, body)


@pytest.mark.parametrize(("token", "good"), [(SECRET, True), ("another", False), ("", False), ("é", False)])
def test_delivery_is_believed_when_it_brings_the_secret(token: str, good: bool):
    assert GitLabWebhook().verify(delivery("issue", **{"x-gitlab-token": token}), SECRET, NOW) is good


def test_delivery_is_refused_when_there_is_no_secret():
    assert not GitLabWebhook().verify(delivery("issue", **{"x-gitlab-token": ""}), "", NOW)


def test_delivery_is_believed_when_signed_lately():
    webhook, good = GitLabWebhook(), signed(b"{}")
    several = {**good.headers, "webhook-signature": f"v1,AAAA v2,x {good.headers['webhook-signature']}"}

    assert webhook.verify(good, SIGNING, NOW + timedelta(minutes=5))
    assert webhook.verify(replace(good, headers=several), SIGNING, NOW)


def test_signing_token_is_no_password():
    # Who knows it only from a header must not be believed: with a signing token GitLab never sends it.
    assert not GitLabWebhook().verify(Delivery({"x-gitlab-token": SIGNING}, b"{}"), SIGNING, NOW)


@pytest.mark.parametrize(
    ("changed", "later_s"),
    [
        ({}, 301),
        ({}, -302),
        ({"webhook-id": "msg_other"}, 0),
        ({"webhook-timestamp": "1"}, 0),
        ({"webhook-timestamp": "nan"}, 0),
        ({"webhook-timestamp": "é"}, 0),
        ({"webhook-signature": ""}, 0),
        ({"webhook-signature": "v1,AAAA"}, 0),
    ],
)
def test_signed_delivery_is_refused_when_anything_is_wrong(changed: dict[str, str], later_s: int):
    good = signed(b"{}")
    wrong = replace(good, headers={**good.headers, **changed})

    assert not GitLabWebhook().verify(wrong, SIGNING, NOW + timedelta(seconds=later_s))


def test_signed_delivery_is_refused_when_the_body_or_the_key_is_another():
    good = signed(b"{}")

    assert not GitLabWebhook().verify(replace(good, body=b"{} "), SIGNING, NOW)
    assert not GitLabWebhook().verify(good, "whsec_", NOW)
    assert not GitLabWebhook().verify(good, "whsec_???", NOW)


def test_delivery_id_is_the_same_when_sent_again():
    webhook = GitLabWebhook()

    assert webhook.delivery_id(signed(b"{}")) == "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
    assert webhook.delivery_id(Delivery({"idempotency-key": "f5e5f430-f57b"}, b"{}")) == "f5e5f430-f57b"
    assert webhook.delivery_id(Delivery({}, b"{}")) == hashlib.sha256(b"{}").hexdigest()


def test_issue_is_read_when_delivered():
    (found,) = GitLabWebhook().parse(delivery("issue"), "liaison").issues

    assert (found.external_id, found.project, found.key) == ("23", "gitlabhq/gitlab-test", "#23")
    assert (found.state, found.labels) == (IssueState.OPEN, ("API",))
    # The delivery names who did it, not who wrote the issue.
    assert found.author == Account("")
    assert found.assignee == Account("user1", "User1")


def test_note_is_read_when_delivered_and_ours_when_we_wrote_it():
    (note,) = GitLabWebhook().parse(delivery("note_on_issue"), "root").comments

    assert (note.external_id, note.issue_id, note.project) == ("1241", "17", "gitlab-org/gitlab-test")
    assert (note.author, note.by_us) == (Account("root", "Administrator"), True)
    assert note.created_at == datetime(2015, 5, 17, 17, 6, 40, tzinfo=UTC)
    assert note.body == Document((Paragraph((Text("Hello world"),)),))
    assert not GitLabWebhook().parse(delivery("note_on_issue"), "liaison").comments[0].by_us


def test_note_is_left_when_it_is_on_something_else():
    changes = GitLabWebhook().parse(delivery("note_on_merge_request"), "root")

    assert (changes.comments, changes.issues, changes.items) == ((), (), ())


def test_merge_request_is_read_when_delivered_and_so_is_an_approval():
    raw = json.loads((PAYLOADS / "merge_request.json").read_text())
    raw["object_attributes"]["action"] = "approved"

    (alone,) = GitLabWebhook().parse(delivery("merge_request"), "").items
    request, approval = GitLabWebhook().parse(Delivery({}, json.dumps(raw).encode()), "").items

    assert alone == request
    assert (request.kind, request.external_id) == (ItemKind.PULL_REQUEST, "gitlabhq/gitlab-test!1")
    assert (request.state, request.data["branch"], request.data["requested_reviewers"]) == (
        "open",
        "ms-viewport",
        ["user1"],
    )
    assert (approval.kind, approval.author, approval.parent_external_id) == (
        ItemKind.REVIEW,
        "root",
        request.external_id,
    )
    assert approval.data == {"verdict": "approved"}


def test_release_and_deployment_are_read_when_delivered():
    (release,) = GitLabWebhook().parse(delivery("release"), "").items
    (deployment,) = GitLabWebhook().parse(delivery("deployment"), "").items

    assert (release.kind, release.title, release.data["tag"]) == (ItemKind.RELEASE, "v1.1", "v1.1")
    assert (deployment.kind, deployment.state) == (ItemKind.DEPLOYMENT, "success")
    assert deployment.updated_at == datetime(2021, 4, 28, 19, 50, tzinfo=UTC)
    assert (deployment.data["environment"], deployment.data["sha"]) == ("staging", "279484c0")


@pytest.mark.parametrize("body", [b'{"object_kind": "push"}', b"{}", b'{"object_kind": "release", "action": "delete"}'])
def test_nothing_comes_of_what_is_of_no_interest(body: bytes):
    changes = GitLabWebhook().parse(Delivery({}, body), "")

    assert (changes.issues, changes.comments, changes.items) == ((), (), ())


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"object_kind": "issue"}', b'{"object_kind": "note", "issue": {}}'])
def test_delivery_is_refused_when_it_is_not_gitlabs(body: bytes):
    with pytest.raises(ValueError, match=r"\w"):
        GitLabWebhook().parse(Delivery({}, body), "")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://gitlab.example.com/git/acme/web/-/issues/7", ("acme/web", "7")),
        ("https://gitlab.example.com/git/acme/sub/web/-/work_items/7#note_1", ("acme/sub/web", "7")),
        ("https://gitlab.example.com/git/acme/web/issues/7", ("acme/web", "7")),
        ("https://gitlab.example.com/acme/web/-/issues/7", None),
        ("https://gitlab.com/git/acme/web/-/issues/7", None),
        ("https://gitlab.example.com/git/acme/web/-/merge_requests/7", None),
        ("https://[/", None),
    ],
)
def test_address_is_read_only_when_it_is_an_issues(url: str, found: tuple[str, str] | None):
    address = KIND.read_url(url, {"GITLAB_URL": "https://gitlab.example.com/git/"})

    assert (address and (address.project, address.external_id)) == found
