"""What a poll brings, and what it costs; the list is one of GitHub's, kept in memory."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.trackers.base import TrackerError
from storage.models import ItemKind
from tests.integrations.trackers.github.recorded import HEADERS, PROJECT, issue, payload, tracker_over

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Listed:
    """A list that GitHub gives by time of change, a hundred at most, with an ETag."""

    def __init__(self) -> None:
        self.things: list[dict[str, Any]] = []
        self.unchanged = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        assert asked["sort"] == "updated"
        found = sorted((one for one in self.things if one["updated_at"] >= asked["since"]), key=changed_at)
        page, size = int(asked["page"]), int(asked["per_page"])
        shown = found[(page - 1) * size : page * size]
        etag = hashlib.sha256(json.dumps([str(request.url), shown]).encode()).hexdigest()
        if request.headers.get("if-none-match") == etag:
            self.unchanged += 1
            return httpx.Response(304, headers={**HEADERS, "etag": etag})
        return httpx.Response(200, headers={**HEADERS, "etag": etag}, json=shown)


def changed_at(thing: dict[str, Any]) -> tuple[str, int]:
    return thing["updated_at"], thing["number"]


def at(seconds: float) -> str:
    return (NINE + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def listed() -> Listed:
    return Listed()


@pytest.fixture
def world(listed):
    """A tracker whose issues are `listed`, with no comments and no activity."""
    nothing: list[Any] = []
    answers = {"GET /issues": listed, "GET /issues/comments": nothing, "GET /pulls": nothing, "GET /releases": nothing}
    return tracker_over(answers)


async def poll(tracker, cursor: str) -> tuple[list[str], str]:
    """Ask until there is no more at once; give the titles."""
    titles, more = [], True
    while more:
        changes = await tracker.changes_since(cursor)
        titles += [found.title for found in changes.issues]
        cursor, more = changes.cursor, changes.more
    return titles, cursor


async def test_change_is_told_once_when_polled_often(world, listed):
    tracker, _ = world
    _, cursor = await poll(tracker, "")
    listed.things = [issue(1, at(30))]

    told = []
    for _time in range(4):
        titles, cursor = await poll(tracker, cursor)
        told.append(titles)

    assert told == [["Number 1"], [], [], []]
    assert listed.unchanged == 2


async def test_both_changes_are_told_when_in_one_second(world, listed):
    tracker, _ = world
    _, cursor = await poll(tracker, "")
    listed.things = [issue(1, at(30), title="first")]
    first, cursor = await poll(tracker, cursor)

    listed.things = [issue(1, at(30), title="second")]
    second, cursor = await poll(tracker, cursor)

    assert (first, second) == (["first"], ["second"])


async def test_change_is_told_when_listed_late(world, listed):
    tracker, _ = world
    _, cursor = await poll(tracker, "")
    listed.things = [issue(2, at(30))]
    _, cursor = await poll(tracker, cursor)

    listed.things.append(issue(1, at(25)))
    late, _ = await poll(tracker, cursor)

    assert late == ["Number 1"]


@pytest.mark.parametrize("in_one_second", [True, False])
async def test_every_change_is_told_when_there_are_a_thousand(world, listed, in_one_second):
    tracker, _ = world
    _, cursor = await poll(tracker, "")
    listed.things = [issue(number, at(30 if in_one_second else 30 + number)) for number in range(1, 1201)]

    titles, cursor = await poll(tracker, cursor)
    again, _ = await poll(tracker, cursor)

    assert set(titles) == {f"Number {number}" for number in range(1, 1201)}
    assert again == []


async def test_nothing_is_skipped_when_things_change_while_read(world, listed):
    tracker, _ = world
    _, cursor = await poll(tracker, "")
    listed.things = [issue(number, at(number)) for number in range(1, 701)]

    first = await tracker.changes_since(cursor)
    # Those read first change again and move to the end; the rest moves up.
    listed.things = [issue(number, at(number + 1000 * (number <= 300))) for number in range(1, 701)]
    rest, _ = await poll(tracker, first.cursor)

    assert first.more
    assert {found.title for found in first.issues} | set(rest) == {f"Number {number}" for number in range(1, 701)}


async def test_pull_requests_are_no_issues_when_listed_among_them(world, listed):
    tracker, _ = world
    _, cursor = await poll(tracker, "")
    listed.things = [issue(1, at(1), pull_request={"url": "x"}), issue(2, at(2))]

    assert (await poll(tracker, cursor))[0] == ["Number 2"]


async def test_activity_is_told_when_it_changed_since_the_beginning():
    pull = payload("pull_request.closed")["pull_request"]
    review = payload("pull_request_review.submitted")["review"]
    release = payload("release.published")["release"]
    deployment = payload("deployment_status.created")
    new = {"created_at": at(5), "updated_at": at(9)}
    tracker, recorded = tracker_over(
        {
            "GET /issues": [],
            "GET /issues/comments": [],
            "GET /pulls": [{**pull, **new, "number": 3, "merged_at": at(8)}, pull],
            "GET /pulls/3/reviews": [
                {**review, "submitted_at": at(7), "state": "APPROVED"},
                {**review, "id": 1},
                {**review, "id": 2, "state": "PENDING", "submitted_at": None},
            ],
            "GET /releases": [
                {**release, **new, "published_at": at(9)},
                {**release, "id": 1},
                {**release, **new, "id": 2, "draft": True},
            ],
            "GET /deployments": [{**deployment["deployment"], **new, "id": 5}, deployment["deployment"]],
            "GET /deployments/5/statuses": [{**deployment["deployment_status"], "created_at": at(9)}],
        }
    )
    begun = await tracker.changes_since("")

    changes = await tracker.changes_since(begun.cursor)
    recorded.asked.clear()
    again = await tracker.changes_since(changes.cursor)

    assert [(item.kind, item.external_id, item.state) for item in changes.items] == [
        (ItemKind.PULL_REQUEST, f"{PROJECT}#3", "merged"),
        (ItemKind.REVIEW, str(review["id"]), "approved"),
        (ItemKind.RELEASE, str(release["id"]), "published"),
        (ItemKind.DEPLOYMENT, "5", "success"),
    ]
    assert again.items == ()
    assert recorded.asked == ["GET /issues", "GET /issues/comments", "GET /pulls", "GET /releases", "GET /deployments"]


async def test_issues_are_told_when_activity_is_not_for_us(listed):
    refused = httpx.Response(403, json={"message": "Resource not accessible by integration"})
    tracker, _ = tracker_over(
        {"GET /issues": listed, "GET /issues/comments": [], "GET /pulls": lambda _: refused, "GET /releases": []}
    )
    _, cursor = await poll(tracker, "")
    listed.things = [issue(1, at(1))]

    assert (await poll(tracker, cursor))[0] == ["Number 1"]


@pytest.mark.parametrize("cursor", ["x", "{}", "[]", '{"issues": 7}'])
async def test_cursor_is_refused_when_it_is_none_of_ours(world, cursor):
    tracker, _ = world

    with pytest.raises(TrackerError, match="It is unknown how far GitHub was read") as refused:
        await tracker.changes_since(cursor)

    assert not refused.value.retryable


async def test_beginning_is_the_server_s_when_our_clock_is_wrong(listed):
    slow = httpx.Response(200, headers={"date": "Mon, 23 Nov 2026 08:00:00 GMT"}, json={"full_name": PROJECT})
    tracker, _ = tracker_over({"GET ": lambda _: slow, "GET /issues": listed, "GET /issues/comments": []})

    begun = await tracker.changes_since("")

    assert json.loads(begun.cursor)["issues"]["since"] == "2026-11-23T08:00:00Z"
