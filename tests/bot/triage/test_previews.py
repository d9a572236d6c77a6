"""What links and bare keys stand for: live, of named projects only, not too often, never of a private report."""

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.triage import editing, linking, previews
from integrations.connections import MOST_AT_ONCE, Connections
from integrations.trackers import local
from integrations.trackers.base import IssueAddress
from storage.models import IssueState
from tests.bot.triage.acting import accepted, order
from tests.bot.triage.at_work import Desk
from tests.bot.triage.paper_tracker import DOWN, PROJECT

CHANNEL = "C0WEB"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    services = desk.services

    def read_url(url: str, values: object) -> IssueAddress | None:
        head, _, number = url.rpartition("/")
        return IssueAddress(PROJECT, number) if head == "https://paper.example/web" else None

    kind = replace(desk.paper.kind(), read_url=read_url, key_pattern=r"([\w-]+/[\w-]+)#\d+")
    kinds = {"local": local.KIND, "github": kind}
    connections = Connections(kinds, {}, workspace=services.workspace, database=services.database, now=services.now)
    return replace(desk, services=replace(services, trackers=connections))


async def test_link_shows_how_the_issue_stands(desk: Desk) -> None:
    issue = desk.paper.make("Pay button")

    (shown,) = await previews.of_links(desk.services, CHANNEL, [issue.url, issue.url, "https://example.com/1"])

    assert (shown.word, shown.tracker, shown.key) == (issue.url, "GitHub", f"{PROJECT}#1")
    assert (shown.title, shown.state, shown.report_key) == ("Pay button", IssueState.OPEN, "")


async def test_bare_key_is_found_among_words(desk: Desk) -> None:
    desk.paper.make("Pay button")

    found = await previews.of_keys(desk.services, CHANNEL, f"See {PROJECT}#1, not other/repo#1 nor BUG-1.")

    assert [one.word for one in found] == [f"{PROJECT}#1"]


async def test_report_is_named_when_the_issue_is_one_of_ours(desk: Desk) -> None:
    report_id = await accepted(desk.services)
    issue = desk.paper.make("Pay button")
    await linking.link(desk.services, order(report_id), issue.url)

    (shown,) = await previews.of_links(desk.services, CHANNEL, [issue.url])

    assert shown.report_key == "BUG-1"


async def test_nothing_is_shown_when_its_report_is_private(desk: Desk) -> None:
    report_id = await accepted(desk.services)
    issue = desk.paper.make("Pay button")
    await linking.link(desk.services, order(report_id), issue.url)
    await editing.set_private(desk.services, order(report_id), private=True)

    assert await previews.of_links(desk.services, CHANNEL, [issue.url]) == []


async def test_issue_is_shown_again_only_after_half_an_hour_and_at_once_elsewhere(desk: Desk) -> None:
    issue = desk.paper.make("Pay button")
    counts = []
    for channel, wait in ((CHANNEL, 0), (CHANNEL, 29), ("C0QA", 0), (CHANNEL, 1)):
        desk.clock.leap(timedelta(minutes=wait))
        counts.append(len(await previews.of_links(desk.services, channel, [issue.url])))

    assert counts == [1, 0, 1, 1]


async def test_three_are_shown_at_most(desk: Desk) -> None:
    urls = [desk.paper.make(f"Issue {number}").url for number in range(5)]

    assert len(await previews.of_links(desk.services, CHANNEL, urls)) == previews.MOST


async def test_nothing_is_shown_when_tracker_is_down(desk: Desk) -> None:
    issue = desk.paper.make("Pay button")
    desk.paper.failures = [DOWN]

    assert await previews.of_links(desk.services, CHANNEL, [issue.url]) == []


async def test_nothing_is_shown_when_only_some_may_see_the_issue(desk: Desk) -> None:
    issue = desk.paper.make("Customer Acme pays twice")
    desk.paper.change(issue.external_id, restricted=True)

    found = await previews.of_links(desk.services, CHANNEL, [issue.url])
    found += await previews.of_keys(desk.services, CHANNEL, issue.key)

    assert found == []


async def test_nothing_is_shown_when_jobs_keep_the_tracker_busy(desk: Desk) -> None:
    issue = desk.paper.make("Pay button")
    trackers = desk.services.trackers

    async with AsyncExitStack() as others:
        for _ in range(MOST_AT_ONCE):
            await others.enter_async_context(trackers.turn("github"))
        busy = await previews.of_links(desk.services, CHANNEL, [issue.url])
    free = await previews.of_links(desk.services, CHANNEL, [issue.url])

    assert (len(busy), len(free)) == (0, 1)
