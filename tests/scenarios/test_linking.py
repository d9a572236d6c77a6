"""`/liaison link` and `unlink`: a report gets an issue that is there already, and lets go of it."""

import asyncio
from typing import Any

import pytest

from integrations.markup import plain
from storage.models import ReportState
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
# Its issues stay in Liaison, until one is linked.
COMPONENT, CARDS = "search", "web-bugs"


async def filed(tracked: TrackerWorld, title: str = "Search finds nothing") -> str:
    await tracked.begun(title, COMPONENT)
    await tracked.world.settle()
    return str((await tracked.world.slack.messages(CARDS))[-1]["ts"])


def page(tracked: TrackerWorld, number: str) -> str:
    """Give the address of an issue's page, on the server the bot knows."""
    return f"{tracked.proxy.url}/{tracked.stage.project}/issues/{number}"


async def said(tracked: TrackerWorld, user: str, words: str) -> str:
    """Type `/liaison` with these words; return what only this person is told."""
    slack = tracked.world.slack
    before = len(await slack.ephemerals(user))
    await slack.command(user, "/liaison", words, "qa")
    [told] = await slack.wait_for(lambda: _new(tracked, user, before))
    await tracked.world.settle()
    return str(told["text"])


async def _new(tracked: TrackerWorld, user: str, before: int) -> list[dict[str, Any]]:
    return (await tracked.world.slack.ephemerals(user))[before:]


async def card(tracked: TrackerWorld, ts: str) -> str:
    return str(next(one["blocks"] for one in await tracked.world.slack.messages(CARDS) if one["ts"] == ts))


async def test_card_shows_the_issue_and_what_happens_there_when_linked(tracked: TrackerWorld) -> None:
    ts = await filed(tracked)
    number = await tracked.outside.make_issue("Search is empty", "Known for long.")

    told = await said(tracked, "bo", f"link BUG-1 {page(tracked, number)}")
    linked = await card(tracked, ts)
    await asyncio.sleep(1.1)
    await tracked.outside.comment(number, "Looking into it")
    await tracked.outside.close(number)
    await tracked.poll()

    assert "BUG-1" in told
    assert "belong together now" in told
    assert f"{tracked.stage.project}#{number}" in linked
    assert [words.split("\n")[-1] for words in await shown(tracked, ts)] == ["Looking into it"]
    assert (await tracked.report()).state is ReportState.FIXED
    assert "Fixed" in await card(tracked, ts)


async def test_replies_go_to_the_issue_until_it_is_let_go(tracked: TrackerWorld) -> None:
    ts = await filed(tracked)
    number = await tracked.outside.make_issue("Search is empty")
    await said(tracked, "bo", f"link BUG-1 {page(tracked, number)}")
    await tracked.world.slack.message("bo", CARDS, "While linked", ts)
    await tracked.world.settle()

    told = await said(tracked, "bo", "unlink BUG-1")
    await tracked.world.slack.message("bo", CARDS, "Afterwards", ts)
    await tracked.world.settle()
    await tracked.outside.close(number)
    await tracked.poll()

    assert "go their own ways now" in told
    comments = await tracked.stage.tracker.list_comments(number)
    assert [plain.write(one.body).splitlines()[-1] for one in comments] == ["While linked"]
    assert f"#{number}" not in await card(tracked, ts)
    assert (await tracked.report()).state is ReportState.NEW


async def test_refusals_say_privately_what_to_do(tracked: TrackerWorld) -> None:
    ts = await filed(tracked)
    await filed(tracked, "Filter forgets its colour")
    number = await tracked.outside.make_issue("Search is empty")
    other = await tracked.outside.make_issue("Filter")
    address = page(tracked, number)

    assert "Say which report and which issue" in await said(tracked, "bo", "link BUG-1")
    assert "That is no link to an issue in GitHub" in await said(tracked, "bo", "link BUG-1 https://example.com/1")
    assert "has no such issue" in await said(tracked, "bo", f"link BUG-1 {page(tracked, '4711')}")
    assert "There is no such report" in await said(tracked, "bo", f"link BUG-99 {address}")
    assert "Ana" in await said(tracked, "eve", f"link BUG-1 {address}")
    assert "has no issue in a tracker" in await said(tracked, "bo", "unlink BUG-1")
    await said(tracked, "bo", f"link BUG-1 {address}")
    already = await said(tracked, "bo", f"link BUG-1 {page(tracked, other)}")
    taken = await said(tracked, "bo", f"link BUG-2 {address}")

    assert "`/liaison unlink BUG-1` lets go of it" in already
    assert "belongs to BUG-1 already" in taken
    assert f"#{number}" in await card(tracked, ts)
    assert await tracked.world.slack.thread(CARDS, ts) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(Fault(status=401, body='{"message": "No"}'), "refused the token", id="401"),
        pytest.param(Fault(status=503), "is not well", id="503"),
    ],
)
async def test_person_is_told_why_when_the_tracker_does_not_show_the_issue(
    tracked: TrackerWorld, fault: Fault, words: str
) -> None:
    await filed(tracked)
    number = await tracked.outside.make_issue("Search is empty")
    tracked.proxy.faults.append(fault)

    told = await said(tracked, "bo", f"link BUG-1 {page(tracked, number)}")

    assert "GitHub did not show that issue" in told
    assert words in told


async def shown(tracked: TrackerWorld, ts: str) -> list[str]:
    """List what the bot shows in the card's thread of what people say in the tracker."""
    thread = await tracked.world.slack.thread(CARDS, ts)
    return [one["text"] for one in thread if str(one["blocks"][0].get("block_id")).startswith("liaison:comment:")]
