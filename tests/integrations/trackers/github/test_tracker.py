"""What GitHub is asked for and what its odder answers mean; the usual ones are in the contract."""

import httpx
import pytest

from integrations.markup.base import Document, Paragraph, Text
from integrations.trackers.base import Account, IssueChange, IssueDraft, TrackerError, with_marker
from integrations.trackers.github import KIND
from integrations.trackers.github.addresses import read_url
from storage.models import IssueState
from tests.integrations.trackers.github.recorded import PROJECT, issue, payload, tracker_over

MARKER = "abcdefghij0123456789"
BODY = f"Text\n\n[Report]({with_marker('https://acme.slack.com/archives/C1/p1', MARKER)})"
US, BOB = {"login": "Liaison"}, {"login": "bob"}
DRAFT = IssueDraft(MARKER, "BUG-1 " + "x" * 300, Document((Paragraph((Text("Text"),)),)), ("bug",), "bob")
GONE = httpx.Response(404, json={"message": "Not Found"})


async def test_issue_is_asked_for_with_all_it_needs_when_made():
    tracker, recorded = tracker_over({"POST /issues": issue(7, body=BODY, user=US)})

    made = await tracker.create_issue(DRAFT)

    assert (made.external_id, made.key, made.markers) == ("7", "acme/web#7", (MARKER,))
    sent = recorded.bodies[-1]
    assert (sent["labels"], sent["assignees"], len(sent["title"])) == (["bug"], ["bob"], 256)


async def test_issue_is_made_for_nobody_when_the_person_cannot_be_given_it():
    refusal = {
        "message": "Validation Failed",
        "errors": [{"resource": "Issue", "field": "assignees", "code": "invalid"}],
    }
    answers = iter([httpx.Response(422, json=refusal), httpx.Response(201, json=issue(7))])
    tracker, recorded = tracker_over({"POST /issues": lambda _: next(answers)})

    await tracker.create_issue(DRAFT)

    assert [body["assignees"] for body in recorded.bodies if body] == [["bob"], []]


async def test_issue_is_asked_for_once_when_the_answer_is_lost():
    tracker, recorded = tracker_over({"POST /issues": lambda _: httpx.Response(502, text="<html>")})

    with pytest.raises(TrackerError) as lost:
        await tracker.create_issue(DRAFT)

    assert (lost.value.retryable, lost.value.may_have_happened) == (True, True)
    assert recorded.asked.count("POST /issues") == 1


async def test_issue_is_not_made_when_we_do_not_know_who_we_are():
    tracker, recorded = tracker_over({"GET /user": lambda _: httpx.Response(502)})

    with pytest.raises(TrackerError) as refused:
        await tracker.create_issue(DRAFT)

    assert not refused.value.may_have_happened
    assert "POST /issues" not in recorded.asked


async def test_marker_is_found_on_a_later_page_when_we_made_many():
    def pages(request: httpx.Request) -> httpx.Response:
        asked = dict(request.url.params)
        assert (asked["creator"], asked["direction"], asked["state"]) == ("liaison", "desc", "all")
        page = int(asked.get("page", 1))
        bodies = {3: BODY}
        link = (
            f"<https://api.github.com/repos/{PROJECT}/issues?creator=liaison&direction=desc&state=all&page={page + 1}>"
        )
        return httpx.Response(
            200, headers={"link": f'{link}; rel="next"'}, json=[issue(900 - page, user=US, body=bodies.get(page, ""))]
        )

    tracker, recorded = tracker_over({"GET /issues": pages})

    found = await tracker.find_by_marker(MARKER)
    recorded.asked.clear()
    missing = await tracker.find_by_marker("another-marker-0123456789")

    assert [one.external_id for one in found] == ["897"]
    assert missing == ()
    assert len(recorded.asked) == 5


async def test_all_issues_with_the_marker_are_found_oldest_first_when_there_are_two():
    listed = [issue(9, user=US, body=BODY), issue(8, user=BOB, body=BODY), issue(7, user=US, body=BODY)]
    tracker, _ = tracker_over({"GET /issues": listed})

    assert [one.external_id for one in await tracker.find_by_marker(MARKER)] == ["7", "9"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"message": "Not Found"}),
        httpx.Response(410, json={"message": "This issue was deleted"}),
        httpx.Response(200, json=issue(12)),
        httpx.Response(200, json=issue(7, pull_request={"url": "x"})),
    ],
)
async def test_there_is_no_issue_when_deleted_transferred_or_a_pull_request(answer):
    tracker, _ = tracker_over({"GET /issues/7": lambda _: answer})

    assert await tracker.get_issue("7") is None


@pytest.mark.parametrize("external_id", ["", "x", "../../user", "7/comments", "٧"])
async def test_github_is_not_asked_when_it_cannot_be_a_number(external_id):
    tracker, recorded = tracker_over({})

    assert await tracker.get_issue(external_id) is None
    with pytest.raises(TrackerError, match="no issue or comment of that number"):
        await tracker.update_issue(external_id, IssueChange(title="x"))
    assert recorded.asked == []


async def test_labels_change_one_by_one_when_some_are_there_already():
    labelled = issue(7, labels=[{"name": "P1"}, {"name": "theirs"}])
    tracker, recorded = tracker_over(
        {
            "GET /issues/7": labelled,
            "PATCH /issues/7": labelled,
            "POST /issues/7/labels": [],
            "DELETE /issues/7/labels/P1": lambda _: GONE,
        }
    )

    await tracker.update_issue(
        "7", IssueChange(state=IssueState.DOING, add_labels=("Theirs", "P2"), remove_labels=("p1", "none"))
    )

    assert [line for line in recorded.asked if line.startswith(("POST", "DELETE"))] == [
        "POST /issues/7/labels",
        "DELETE /issues/7/labels/p1",
    ]
    assert [body for body in recorded.bodies if body] == [{"state": "open"}, {"labels": ["P2", "in progress"]}]


async def test_duplicate_is_said_once_when_closed_twice():
    closed = issue(8, state="closed", state_reason="duplicate")
    tracker, recorded = tracker_over(
        {
            "PATCH /issues/8": closed,
            "GET /issues/8/comments": lambda _: httpx.Response(200, json=list(said)),
            "POST /issues/8/comments": lambda _: said.append(comment) or httpx.Response(201, json=comment),
        }
    )
    said: list[object] = []
    raw = payload("issue_comment.edited")["comment"]
    comment = {**raw, "user": US, "body": f"Duplicate of [acme/web#7](https://github.com/{PROJECT}/issues/7)"}
    original = await original_of()

    for _time in range(2):
        state = (await tracker.close_as_duplicate("8", original)).state

    assert state is IssueState.DROPPED
    assert recorded.asked.count("POST /issues/8/comments") == 1
    assert next(filter(None, recorded.bodies)) == {"state": "closed", "state_reason": "duplicate"}


async def original_of():
    tracker, _ = tracker_over({"GET /issues/7": issue(7, html_url=f"https://github.com/{PROJECT}/issues/7")})
    found = await tracker.get_issue("7")
    assert found is not None
    return found


async def test_only_people_who_can_be_given_it_are_found():
    def users(request: httpx.Request) -> httpx.Response:
        assert request.url.params["q"] == "bob@example.com in:email type:user"
        return httpx.Response(200, json={"items": [BOB, {"login": "eve"}]})

    tracker, _ = tracker_over({"GET /search/users": users, "GET /assignees/bob": lambda _: httpx.Response(204)})

    assert await tracker.find_accounts('bob@example.com"') == (Account("bob"),)


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"GET /user": lambda _: httpx.Response(401, json={})}, "GitHub refused the token."),
        ({"GET ": lambda _: GONE}, "GitHub has no repository acme/web"),
        ({"GET ": {"full_name": PROJECT, "has_issues": False}}, "Issues are switched off in acme/web."),
        ({"GET ": {"full_name": PROJECT, "archived": True}}, "acme/web is archived"),
        ({"GET ": {"full_name": "acme/site"}}, "The project acme/web is called acme/site now."),
        (
            {"GET ": {"full_name": PROJECT, "permissions": {"pull": True}}},
            "The account may make issues in acme/web but",
        ),
        (
            {"GET ": lambda _: httpx.Response(200, headers={"x-oauth-scopes": "gist"}, json={"full_name": PROJECT})},
            "The token has no scope `repo`",
        ),
    ],
)
async def test_standing_says_what_is_missing_when_something_is(answers, problem):
    tracker, _ = tracker_over(answers)

    (told,) = (await tracker.check()).problems

    assert told.startswith(problem)


async def test_standing_is_an_error_when_github_is_not_well():
    tracker, _ = tracker_over({"GET ": lambda _: httpx.Response(503)})

    with pytest.raises(TrackerError, match="GitHub is not well") as refused:
        await tracker.check()

    assert refused.value.retryable


@pytest.mark.parametrize("answer", [[], {"number": "x"}, 7, "text"])
async def test_answer_is_refused_in_words_when_it_is_not_github_s(answer):
    tracker, _ = tracker_over({"GET /issues/7/comments": answer if answer != [] else [{}], "PATCH /issues/7": answer})

    with pytest.raises(TrackerError, match="Is GITHUB_API_URL right"):
        await tracker.update_issue("7", IssueChange(title="x"))
    with pytest.raises(TrackerError, match="Is GITHUB_API_URL right"):
        await tracker.list_comments("7")


@pytest.mark.parametrize(
    ("url", "api_url", "found"),
    [
        ("https://github.com/acme/web/issues/7", "", ("acme/web", "7")),
        ("https://github.com/acme/web/issues/7#issuecomment-1", "https://api.github.com/", ("acme/web", "7")),
        ("https://GitHub.com/acme/.github/issues/7/?a=b", "", ("acme/.github", "7")),
        ("https://git.acme.example/acme/web/issues/7", "https://git.acme.example/api/v3/", ("acme/web", "7")),
        ("https://acme.ghe.com/acme/web/issues/7", "https://api.acme.ghe.com/", ("acme/web", "7")),
        ("https://github.com/acme/web/issues/7", "https://git.acme.example/api/v3/", None),
        ("https://github.com/acme/web/pull/7", "", None),
        ("https://github.com/acme/../issues/7", "", None),
        ("https://github.com/acme/web/issues/7/edit", "", None),
        ("https://github.com.evil.example/acme/web/issues/7", "", None),
        ("https://github.com@evil.example/acme/web/issues/7", "", None),
        ("https://[/acme/web/issues/7", "", None),
        ("ftp://github.com/acme/web/issues/7", "", None),
    ],
)
def test_address_is_read_when_it_is_an_issue_s(url, api_url, found):
    address = read_url(url, {"GITHUB_API_URL": api_url})

    assert (None if address is None else (address.project, address.external_id)) == found


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({}, ("GITHUB_TOKEN",)),
        ({"GITHUB_TOKEN": "x"}, ()),
        ({"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": "x"}, ("GITHUB_TOKEN",)),
        ({"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": "x", "GITHUB_APP_INSTALLATION_ID": "2"}, ()),
    ],
)
def test_a_token_or_an_app_is_enough_when_given_whole(given, lacking):
    assert KIND.lacking(given) == lacking
