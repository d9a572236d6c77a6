"""What is made of Jira's answers, and what is asked of it."""

from datetime import UTC, datetime

import httpx
import pytest

from integrations.markup.base import Document, Link, Mention, Paragraph, Text
from integrations.trackers.base import (
    Account,
    File,
    IssueAddress,
    IssueChange,
    IssueDraft,
    TrackerError,
    with_marker,
)
from integrations.trackers.jira import KIND
from integrations.trackers.jira.site import CLOUD, DATA_CENTER, JiraSite
from integrations.trackers.jira.tracker import as_label
from storage.models import IssueState
from tests.integrations.trackers.jira.recorded import (
    ANA,
    DATA_CENTER_HOME,
    HOME,
    LIAISON,
    MARKER,
    NOW,
    issue,
    payload,
    tracker_over,
)

LINK = with_marker("https://acme.slack.com/archives/C0QA/p1763888400000100", MARKER)
BODY = Document((Paragraph((Text("Pay button"),)), Paragraph((Link(LINK, "Report in Slack"),))))
DRAFT = IssueDraft(MARKER, "BUG-1\nPay " + "x" * 300, BODY, labels=("severity: high",), assignee=ANA)
MADE = {"id": "10037", "key": "PAY-12", "self": f"{HOME}/rest/api/3/issue/10037"}


async def test_issue_is_whole_when_read_from_cloud():
    tracker, _ = tracker_over({})

    found = await tracker.get_issue("10037")

    assert found is not None
    assert (found.external_id, found.key, found.url) == ("10037", "PAY-12", f"{HOME}/browse/PAY-12")
    assert (found.state, found.state_raw, found.project) == (IssueState.DOING, "In Progress", "PAY")
    assert (found.author.key, found.assignee) == (LIAISON, Account(ANA, "Ana Silva"))
    assert (found.labels, found.markers) == (("severity:high",), (MARKER,))
    assert found.updated_at == datetime(2026, 11, 23, 13, 1, 35, 77_000, tzinfo=UTC)
    assert found.body.blocks[1] == Paragraph((Link(LINK, "Report in Slack"),))


async def test_issue_is_whole_when_read_from_data_center():
    tracker, _ = tracker_over({}, DATA_CENTER)

    found = await tracker.get_issue("10037")

    assert found is not None
    assert found.url == f"{DATA_CENTER_HOME}/browse/PAY-12"
    assert (found.state, found.state_raw) == (IssueState.DROPPED, "Closed")
    assert found.assignee == Account("ana", "Ana Silva", "ana@example.com")
    assert found.body.blocks[0] == Paragraph((Text("Pay button does "), Text("nothing", bold=True)))
    assert found.markers == (MARKER,)


async def test_marker_set_aside_counts_when_somebody_changed_the_text():
    pasted = {"type": "doc", "version": 1, "content": []}
    tracker, _ = tracker_over({"GET issue/10037": issue(description=pasted)})

    found = await tracker.get_issue("10037")

    assert found is not None
    assert found.markers == (MARKER,)


async def test_comments_for_some_people_are_left_out_when_listed():
    tracker, _ = tracker_over({})

    (comment,) = await tracker.list_comments("10037")

    assert (comment.external_id, comment.by_us) == ("10101", False)
    assert comment.url == f"{HOME}/browse/PAY-12?focusedCommentId=10101"
    assert comment.body.blocks[0] == Paragraph(
        (Text("Seen on "), Text("Safari", bold=True), Text(", too. "), Mention(LIAISON, "Liaison"))
    )


LEVEL = {"security": {"id": "10021", "name": "Reporter Only"}}
ROLE = {"issuerestriction": {"issuerestrictions": {"projectrole": [{"id": "10004"}]}, "shouldDisplay": True}}
NOBODY = {"issuerestriction": {"issuerestrictions": {}, "shouldDisplay": True}, "security": None}


@pytest.mark.parametrize("flavour", [CLOUD, DATA_CENTER])
@pytest.mark.parametrize(("fields", "restricted"), [(LEVEL, True), (ROLE, True), (NOBODY, False), ({}, False)])
async def test_issue_is_restricted_when_only_some_may_see_it(fields, restricted, flavour):
    raw = issue(**fields)
    search = "search/jql" if flavour is CLOUD else "search"
    answers = {"GET issue/10037": raw, f"POST {search}": {"issues": [raw], "total": 1}}
    tracker, recorded = tracker_over({**answers, "POST search/approximate-count": {"count": 1}}, flavour)

    found = await tracker.get_issue("10037")
    listed = await tracker.list_issues("")

    assert found is not None
    assert [one.restricted for one in (found, *listed.issues)] == [restricted] * 2
    assert {"security", "issuerestriction"} <= set(recorded.bodies[0]["fields"])


async def test_issue_has_all_that_was_drafted_when_made():
    tracker, recorded = tracker_over({"POST issue": httpx.Response(201, json=MADE)})

    made = await tracker.create_issue(DRAFT)

    (sent,) = recorded.bodies
    assert made.external_id == "10037"
    assert sent["properties"] == [{"key": "liaison", "value": {"marker": MARKER}}]
    fields = sent["fields"]
    assert (fields["project"], fields["issuetype"]) == ({"key": "PAY"}, {"id": "10004"})
    assert (fields["labels"], fields["assignee"]) == (["severity:high"], {"accountId": ANA})
    assert fields["summary"].startswith("BUG-1 Pay xxx")
    assert len(fields["summary"]) == 255
    assert fields["description"]["type"] == "doc"


async def test_issue_is_notation_when_made_in_data_center():
    tracker, recorded = tracker_over({"POST issue": httpx.Response(201, json=MADE)}, DATA_CENTER)

    await tracker.create_issue(DRAFT)

    (sent,) = recorded.bodies
    assert sent.keys() == {"fields"}
    assert sent["fields"]["description"] == f"Pay button\n\n[Report in Slack|{LINK}]"
    assert sent["fields"]["assignee"] == {"name": ANA}


async def test_issue_is_made_without_labels_when_the_screen_has_none():
    refused = httpx.Response(400, json={"errorMessages": [], "errors": {"labels": "Field 'labels' cannot be set."}})
    tracker, recorded = tracker_over({"POST issue": [refused, httpx.Response(201, json=MADE)]})

    await tracker.create_issue(DRAFT)

    first, second = (body["fields"] for body in recorded.bodies)
    assert first.keys() - second.keys() == {"labels"}


async def test_reason_is_told_when_a_field_is_wanted_that_we_do_not_know():
    refused = httpx.Response(400, json={"errorMessages": [], "errors": {"customfield_1": "Team is required."}})
    tracker, recorded = tracker_over({"POST issue": refused})

    with pytest.raises(TrackerError, match=r"Team is required") as error:
        await tracker.create_issue(DRAFT)

    assert not error.value.retryable
    assert len(recorded.bodies) == 1


@pytest.mark.parametrize("status", [404, 503])
async def test_issue_may_be_there_when_it_cannot_be_read_after_it_was_made(status):
    answers = {"POST issue": httpx.Response(201, json=MADE), "GET issue/10037": httpx.Response(status)}
    tracker, _ = tracker_over(answers)

    with pytest.raises(TrackerError) as error:
        await tracker.create_issue(DRAFT)

    assert error.value.may_have_happened


async def test_issue_is_not_gone_when_only_the_token_is_refused():
    tracker, _ = tracker_over({"GET issue/10037": httpx.Response(404), "GET myself": httpx.Response(401)})

    with pytest.raises(TrackerError, match=r"refused the token"):
        await tracker.get_issue("10037")


async def test_transition_gives_the_reason_when_its_screen_asks():
    dropped = issue(status=payload("transitions")["transitions"][1]["to"], resolution={"id": "1", "name": "Won't Do"})
    answers = {"GET issue/10037": [issue(), dropped, dropped], "POST issue/10037/transitions": None}
    tracker, recorded = tracker_over(answers)

    changed = await tracker.update_issue("10037", IssueChange(state=IssueState.DROPPED))

    assert recorded.bodies == [{"transition": {"id": "31"}, "fields": {"resolution": {"name": "Won't Do"}}}]
    assert changed.state is IssueState.DROPPED


async def test_way_there_is_named_when_the_workflow_has_none():
    todo = payload("transitions")["transitions"][:1]
    tracker, _ = tracker_over({"GET issue/10037/transitions": {"transitions": todo}})

    with pytest.raises(TrackerError, match=r"PAY-12 from In Progress to To Do, but to no status that means done") as no:
        await tracker.update_issue("10037", IssueChange(state=IssueState.DONE))

    assert not no.value.retryable


async def test_labels_come_and_go_one_by_one_when_changed():
    tracker, recorded = tracker_over({"PUT issue/10037": None})

    await tracker.update_issue("10037", IssueChange(add_labels=("severity: low",), remove_labels=("severity: high",)))

    assert recorded.bodies == [{"update": {"labels": [{"add": "severity:low"}, {"remove": "severity:high"}]}}]


@pytest.mark.parametrize(("flavour", "field"), [(None, "accountId"), (DATA_CENTER, "name")])
async def test_nobody_has_the_issue_when_it_is_taken_away(flavour, field):
    tracker, recorded = tracker_over({"PUT issue/10037/assignee": None}, *([flavour] if flavour else []))

    await tracker.update_issue("10037", IssueChange(assignee=""))

    assert recorded.bodies == [{field: None}]


async def test_issue_is_found_when_the_search_does_not_see_it_yet():
    known = {**payload("issue"), "id": "10030", "key": "PAY-11", "properties": {}}
    answers = {
        "POST search/jql": [{"issues": [], "isLast": True}, {"issues": [known], "isLast": True}],
        "GET issue/PAY-12": payload("issue"),
    }
    tracker, recorded = tracker_over(answers)

    (found,) = await tracker.find_by_marker(MARKER)

    assert found.key == "PAY-12"
    assert recorded.asked[-4:] == [f"GET issue/PAY-{number}" for number in (12, 13, 14, 15)]


async def test_changes_come_once_when_asked_again():
    tracker, recorded = tracker_over({"POST search/jql": payload("search")})
    begun = (await tracker.changes_since("")).cursor.replace("13:02:00", "13:00:00")

    first = await tracker.changes_since(begun)
    again = await tracker.changes_since(first.cursor)

    assert [one.key for one in first.issues] == ["PAY-12"]
    assert [one.external_id for one in first.comments] == ["10101"]
    assert (again.issues, again.comments, again.more) == ((), (), False)
    assert recorded.bodies[0]["jql"] == 'project = "PAY" AND updated >= -4m ORDER BY updated ASC, key ASC'


async def test_restricted_comments_are_left_out_when_asked_what_changed():
    found = payload("search")
    comment = found["issues"][0]["fields"]["comment"]["comments"][0]
    comment["visibility"] = {"type": "role", "value": "Administrators"}
    tracker, _ = tracker_over({"POST search/jql": found})
    begun = (await tracker.changes_since("")).cursor.replace("13:02:00", "13:00:00")

    changes = await tracker.changes_since(begun)

    assert ([one.key for one in changes.issues], changes.comments) == (["PAY-12"], ())


async def test_cursor_is_refused_when_it_is_none_of_ours():
    tracker, _ = tracker_over({})

    with pytest.raises(TrackerError) as error:
        await tracker.changes_since("yesterday")

    assert not error.value.retryable


async def test_original_is_linked_when_there_is_such_a_kind_of_link():
    kinds = {"issueLinkTypes": [{"id": "1", "name": "Doppelt", "inward": "is duplicated by", "outward": "duplicates"}]}
    dropped = issue(labels=["wontfix"], status=payload("transitions")["transitions"][1]["to"])
    answers = {"GET issueLinkType": kinds, "POST issueLink": httpx.Response(201), "GET issue/10037": dropped}
    tracker, recorded = tracker_over(answers)
    original = await tracker.get_issue("10037")
    assert original is not None

    await tracker.close_as_duplicate("10037", original)

    link = {"type": {"name": "Doppelt"}, "inwardIssue": {"key": "PAY-12"}, "outwardIssue": {"key": "PAY-12"}}
    assert recorded.bodies == [link]


async def test_file_is_copied_when_attached():
    files = [{"id": "1", "filename": "a.png", "content": f"{HOME}/rest/api/3/attachment/content/1"}]
    tracker, _ = tracker_over({"POST issue/10037/attachments": httpx.Response(200, json=files)})

    address = await tracker.attach("10037", File("a.png", b"x", "image/png"))

    assert address == f"{HOME}/rest/api/3/attachment/content/1"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (f"{HOME}/browse/PAY-12", IssueAddress("PAY", "PAY-12")),
        (f"{HOME}/browse/PAY-12?focusedCommentId=3", IssueAddress("PAY", "PAY-12")),
        (f"{HOME}/jira/software/projects/PAY/boards/1?selectedIssue=PAY-12", IssueAddress("PAY", "PAY-12")),
        (f"{HOME}/browse/PAY", None),
        (f"{HOME}/browse/../PAY-12", None),
        ("https://evil.example/browse/PAY-12", None),
        ("https://[", None),
    ],
)
def test_address_of_an_issue_is_read_when_it_is_one(url, address):
    assert KIND.read_url(url, {"JIRA_URL": HOME}) == address


@pytest.mark.parametrize(("email", "flavour"), [("liaison@example.com", CLOUD), ("", DATA_CENTER), (" ", DATA_CENTER)])
def test_cloud_is_meant_when_there_is_an_email_address(email, flavour):
    values = {"JIRA_URL": HOME, "JIRA_TOKEN": "t", "JIRA_EMAIL": email}

    assert JiraSite.of("PAY", values, lambda: NOW).flavour is flavour


@pytest.mark.parametrize(
    ("name", "label"), [("severity: high", "severity:high"), ("in progress", "in-progress"), ("a", "a")]
)
def test_label_has_no_blanks_when_written(name, label):
    assert as_label(name) == label
