"""What is made of Redmine's answers, and what is asked of it."""

from datetime import UTC, datetime

import httpx
import pytest

from integrations.markup.base import Code, CodeBlock, Document, Link, Mention, Paragraph, Quote, Text
from integrations.trackers.base import Account, IssueAddress, IssueChange, IssueDraft, TrackerContext, TrackerError
from integrations.trackers.redmine import KIND
from storage.models import IssueState
from tests.integrations.trackers.redmine.recorded import HOME, issue, payload, tracker_over

MARKER = "m4rker-no-one-could-guess-0001"
LINK = f"https://acme.slack.com/archives/C0QA/p1763888400000100#liaison-{MARKER}"
DRAFT = IssueDraft(MARKER, "BUG-1 " + "x" * 300, Document((Paragraph((Link(LINK, "Report"),)),)), assignee="6")
ANA = {"user": {"id": 6, "login": "ana", "firstname": "Ana", "lastname": "Example"}}


async def test_issue_is_whole_when_read():
    tracker, _ = tracker_over({})

    found = await tracker.get_issue("37")

    assert found is not None
    assert (found.external_id, found.key, found.url) == ("37", "#37", f"{HOME}issues/37")
    assert (found.state, found.state_raw, found.title) == (IssueState.DOING, "In Progress", "BUG-1 Pay button is dead")
    assert (found.author, found.assignee) == (Account("5", "Liaison Example"), Account("6", "Ana Example"))
    assert (found.project, found.markers) == ("web", (MARKER,))
    assert found.updated_at == datetime(2026, 11, 23, 14, 1, 35, tzinfo=UTC)
    assert found.body == Document(
        (Paragraph((Text("Pay button does nothing"),)), Paragraph((Link(LINK, "Report in Slack"),)))
    )


async def test_private_notes_and_mere_changes_are_no_comments_when_listed():
    tracker, _ = tracker_over({})

    (comment,) = await tracker.list_comments("37")

    assert (comment.external_id, comment.author, comment.by_us) == ("1", Account("6", "Ana Example"), False)
    assert comment.url == f"{HOME}issues/37#change-1"
    assert comment.body == Document(
        (
            Paragraph((Text("Seen on "), Text("Safari", bold=True), Text(", too."))),
            Quote((Paragraph((Text("Does it work elsewhere?"),)),)),
        )
    )


@pytest.mark.parametrize(("given", "restricted"), [(True, True), (False, False), (None, False)])
async def test_issue_is_restricted_when_it_is_private(given, restricted):
    raw = issue(is_private=given)
    listed = {"issues": [raw["issue"]], "total_count": 1}
    tracker, _ = tracker_over({"GET issues/37.json": raw, "GET projects/web/issues.json": listed})

    found = await tracker.get_issue("37")
    page = await tracker.list_issues("")

    assert found is not None
    assert [one.restricted for one in (found, *page.issues)] == [restricted] * 2


async def test_note_is_told_as_gone_when_it_is_private_by_now():
    tracker, recorded = tracker_over({})
    recorded.answers["GET projects/web/issues.json"] = {"issues": [issue()["issue"]], "total_count": 1}
    begun = await tracker.changes_since("")
    known = await tracker.changes_since(begun.cursor)
    note = payload("issue")["issue"]["journals"][0]

    recorded.answers["GET issues/37.json"] = issue(journals=[{**note, "notes": "Edited", "private_notes": True}])
    hidden = await tracker.changes_since(known.cursor)

    assert (hidden.comments, [(one.external_id, one.issue_id) for one in hidden.gone]) == ((), [("1", "37")])


async def test_issue_is_made_for_nobody_when_the_person_cannot_be_given_it():
    refused = httpx.Response(422, json={"errors": ["Assignee is invalid"]})
    tracker, recorded = tracker_over({"POST issues.json": [refused, issue(assigned_to=None)]})

    made = await tracker.create_issue(DRAFT)

    assert made.assignee is None
    first, second = (body["issue"] for body in recorded.bodies)
    assert (first.pop("assigned_to_id"), len(first["subject"]), first["tracker_id"]) == ("6", 255, 1)
    assert first == second


async def test_reason_is_told_when_the_issue_is_refused():
    refused = httpx.Response(422, json={"errors": ["Version cannot be blank"]})
    tracker, _ = tracker_over({"POST issues.json": refused})

    with pytest.raises(TrackerError, match="Version cannot be blank") as told:
        await tracker.create_issue(DRAFT)

    assert (told.value.retryable, told.value.may_have_happened) == (False, False)


async def test_outcome_is_unknown_when_the_server_broke():
    tracker, _ = tracker_over({"POST issues.json": httpx.Response(502, text="<html>")})

    with pytest.raises(TrackerError, match="not well") as told:
        await tracker.create_issue(DRAFT)

    assert (told.value.retryable, told.value.may_have_happened) == (True, True)


async def test_nothing_is_made_when_the_key_is_wrong():
    tracker, recorded = tracker_over({"GET users/current.json": httpx.Response(401)})

    with pytest.raises(TrackerError, match="refused the token"):
        await tracker.create_issue(DRAFT)

    assert not [line for line in recorded.asked if line.startswith("POST")]


async def test_person_is_told_when_the_workflow_has_no_way():
    tracker, recorded = tracker_over({"GET issues/37.json": issue(allowed_statuses=[{"id": 2, "name": "In Progress"}])})

    with pytest.raises(TrackerError, match="workflow does not let Liaison's role move #37"):
        await tracker.update_issue("37", IssueChange(state=IssueState.DONE))

    assert recorded.bodies == []


async def test_person_is_told_when_redmine_says_yes_and_does_nothing():
    tracker, _ = tracker_over({"PUT issues/37.json": None})

    with pytest.raises(TrackerError, match="left the status and the title of #37 as it was"):
        await tracker.update_issue("37", IssueChange(state=IssueState.DONE, title="Other"))


@pytest.mark.parametrize("form", ["textile", "markdown"])
async def test_only_the_named_person_is_told_when_commenting(form):
    tracker, recorded = tracker_over({"PUT issues/37.json": None, "GET users/6.json": ANA}, form)
    nasty = Text(" and @bob {{toc}} [[Page]] user:bob commit:abc r12 #12 www.x.org")
    body = Document(
        (Paragraph((Mention("6", "Ana"), nasty, Code("x @bob"), Link("https://x.org/@bob"))), CodeBlock("@bob"))
    )

    with pytest.raises(TrackerError, match="did not keep the comment"):
        await tracker.add_comment("37", body, MARKER)

    written = recorded.bodies[0]["issue"]["notes"]
    shown = written.partition("<pre>" if form == "textile" else "```")[0]
    assert "@ana " in shown
    assert not [act for act in ("@bob", "{{", "[[", "\\[\\[", "user:", "commit:", "r12", "#12", "www.") if act in shown]
    assert "@bob" in written.removeprefix(shown)


async def test_member_is_found_by_name_when_addresses_are_hidden():
    tracker, _ = tracker_over({"GET users/6.json": ANA})

    assert await tracker.find_accounts("ana") == (Account("6", "Ana Example"),)
    assert await tracker.find_accounts("ana@example.com") == ()


async def test_lacking_permissions_are_named_when_checked():
    role = {"role": {"name": "Reporter", "permissions": ["view_issues", "add_issues", "add_issue_notes"]}}
    tracker, _ = tracker_over({"GET roles/3.json": role})

    standing = await tracker.check()

    assert (standing.account, standing.project) == ("liaison", "web")
    assert standing.problems == (
        "liaison's role in web lacks: Edit issues, Edit own notes, Manage issue relations. Tick them for this role.",
    )


async def test_nothing_lacks_when_the_role_may_all():
    tracker, _ = tracker_over({})

    assert (await tracker.check()).problems == ()


@pytest.mark.parametrize(("seconds", "times"), [(0, 2), (20, 1)])
async def test_change_is_told_again_only_when_it_was_on_the_edge_of_now(seconds, times):
    tracker, recorded = tracker_over({})
    begun = await tracker.changes_since("")
    listed = {"issues": [issue(updated_on="2026-11-23T14:02:05Z")["issue"]], "total_count": 1}
    date = {"date": f"Mon, 23 Nov 2026 14:02:{5 + seconds:02} GMT"}
    recorded.answers["GET projects/web/issues.json"] = httpx.Response(200, headers=date, json=listed)

    first = await tracker.changes_since(begun.cursor)
    second = await tracker.changes_since(first.cursor)

    assert [found.external_id for found in (*first.issues, *second.issues)] == ["37"] * times
    assert second.comments == second.gone == ()


async def test_edited_and_deleted_notes_are_told_when_polled_again():
    tracker, recorded = tracker_over({})
    recorded.answers["GET projects/web/issues.json"] = {"issues": [issue()["issue"]], "total_count": 1}
    begun = await tracker.changes_since("")
    known = await tracker.changes_since(begun.cursor)
    note = payload("issue")["issue"]["journals"][0]

    recorded.answers["GET issues/37.json"] = issue(journals=[{**note, "notes": "Edited"}])
    edited = await tracker.changes_since(known.cursor)
    recorded.answers["GET issues/37.json"] = issue(journals=[{**note, "id": 9, "notes": "New"}])
    deleted = await tracker.changes_since(edited.cursor)

    assert [(one.external_id, one.body.blocks) for one in edited.comments] == [("1", (Paragraph((Text("Edited"),)),))]
    assert [(one.external_id, one.issue_id) for one in deleted.gone] == [("1", "37")]
    assert [one.external_id for one in deleted.comments] == ["9"]


@pytest.mark.parametrize("cursor", ["x", "{}", "[]"])
async def test_cursor_is_refused_when_it_is_none_of_ours(cursor):
    tracker, _ = tracker_over({})

    with pytest.raises(TrackerError):
        await tracker.changes_since(cursor)


async def test_answer_is_refused_when_it_is_something_else():
    tracker, _ = tracker_over({"GET issues/37.json": {"issue": {"id": "x"}}})

    with pytest.raises(TrackerError, match="did not answer properly"):
        await tracker.get_issue("37")


ADDRESSES = {
    "https://redmine.example.com/issues/12": IssueAddress("", "12"),
    "https://redmine.example.com/issues/12?tab=notes#note-3": IssueAddress("", "12"),
    "https://redmine.example.com/issues/x": None,
    "https://other.example.com/issues/12": None,
    "http://redmine.example.com/issues/12": None,
    "https://[": None,
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_address_is_read_when_it_is_one_of_this_server(url):
    assert KIND.read_url(url, {"REDMINE_URL": HOME}) == ADDRESSES[url]


def test_form_is_refused_when_there_is_none_of_that_name():
    values = {"REDMINE_URL": HOME, "REDMINE_API_KEY": "k", "REDMINE_TEXT": "html"}

    with pytest.raises(ValueError, match="textile or markdown, not html"):
        KIND.make(TrackerContext("web", values, "T0ACME", None, lambda: datetime.now(UTC)))
