"""On the card: likely duplicates to answer, and what past reports suggest where no rule says it."""

import asyncio

import pytest
from sqlmodel import select

from handlers.views import candidates
from storage.models import DuplicateVerdict, Report, ReportState
from tests.scenarios.acting import CARDS, Node, all_reports
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
# A channel without a component belongs to the first team; the rules say nothing of the part.
SILENT = "general"
TITLES = (
    "Basket is empty after reload",
    "Basket empty after a reload",
    "After reload the basket is empty",
    "The basket is empty after each reload",
)
PAST = (
    "Card is refused when paying at the checkout",
    "Paying by card at the checkout is refused",
    "Checkout refused my card when paying",
    "My card was refused at the checkout while paying",
    "Refused: paying with a card at the checkout",
)


async def test_candidate_stays_away_when_it_is_not_the_same(world: World) -> None:
    slack = world.slack
    await _file_all(world, TITLES)
    cards = await slack.messages(CARDS)
    shown = _shown(cards[3])
    refused = shown[0]

    await slack.click("bo", CARDS, cards[3]["ts"], candidates.CHOOSE[0], choose=f"not_same:4:{refused}")
    await world.settle()
    await slack.click("bo", CARDS, cards[3]["ts"], "report.ask")
    await slack.submit_view("bo", {"note": "Which browser?"})
    await world.settle()
    await slack.message("eve", CARDS, "Safari", thread_ts=cards[3]["ts"])
    await world.settle()

    assert sorted(shown) == [1, 2, 3]
    cards = await slack.messages(CARDS)
    assert sorted(_shown(cards[3])) == sorted(set(shown) - {refused})
    assert 4 not in _shown(cards[refused - 1])
    assert await slack.thread(CARDS, cards[refused - 1]["ts"]) == []


async def test_report_is_closed_when_it_is_the_same_and_undo_brings_it_back(world: World) -> None:
    slack = world.slack
    await _file_all(world, TITLES[:2])
    ts = (await slack.messages(CARDS))[1]["ts"]

    await slack.click("bo", CARDS, ts, candidates.CHOOSE[0], choose="same:2:1")
    await world.settle()
    closed = (await all_reports(world))[1]
    card = (await slack.messages(CARDS))[1]
    await slack.click("bo", CARDS, ts, "report.undo")
    await world.settle()

    assert (closed.state, closed.duplicate_of_id) == (ReportState.CLOSED, 1)
    assert "*closed* BUG-2 as a duplicate of BUG-1" in str(card["blocks"])
    assert _shown(card) == []
    assert _shown((await slack.messages(CARDS))[1]) == [1]


async def test_one_wins_when_two_answer_at_once(world: World) -> None:
    slack = world.slack
    await _file_all(world, TITLES[:2])
    ts = (await slack.messages(CARDS))[1]["ts"]

    await asyncio.gather(
        slack.click("bo", CARDS, ts, candidates.CHOOSE[0], choose="same:2:1"),
        slack.click("finn", CARDS, ts, candidates.CHOOSE[0], choose="not_same:2:1"),
    )
    await world.settle()

    told = [*await slack.ephemerals("bo"), *await slack.ephemerals("finn")]
    assert len(told) == 1
    assert "Nothing was changed" in told[0]["text"]
    verdicts = await world.read(lambda session: session.exec(select(DuplicateVerdict)).all())
    closed = (await all_reports(world))[1].state is ReportState.CLOSED
    assert closed != bool(verdicts)


async def test_only_who_may_decide_answers(world: World) -> None:
    slack = world.slack
    await _file_all(world, TITLES[:2])
    ts = (await slack.messages(CARDS))[1]["ts"]

    for choice in ("same:2:1", "not_same:2:1"):
        await slack.click("eve", CARDS, ts, candidates.CHOOSE[0], choose=choice)
    await world.settle()

    told = await slack.ephemerals("eve", CARDS)
    assert [one["text"].startswith("Only Checkout may decide on BUG-2") for one in told] == [True, True]
    assert (await all_reports(world))[1].state is ReportState.NEW
    assert _shown((await slack.messages(CARDS))[1]) == [1]


async def test_component_is_suggested_and_filled_in_where_rules_are_silent(world: World) -> None:
    slack = world.slack
    await _past(world)
    await _file_all(world, ["Paying at the checkout: card refused"], SILENT)
    card = (await slack.messages(CARDS))[-1]

    await slack.click("bo", CARDS, card["ts"], "report.accept")
    form = await slack.open_view()
    filed = (await all_reports(world))[-1]
    await slack.submit_view("bo", {"severity": "S3"})
    await world.settle()

    assert "*Suggested component:* Checkout (as BUG-" in str(card["blocks"])
    assert "suggested component Checkout" in card["text"]
    assert "Filled in as suggested: component Checkout (as BUG-" in str(form["blocks"])
    # Never applied before a person has pressed.
    assert filed.component_key is None
    accepted = (await all_reports(world))[-1]
    assert (accepted.state, accepted.component_key) == (ReportState.ACCEPTED, "checkout")


async def _past(world: World) -> None:
    """File reports where rules are silent, and accept each as Checkout."""
    slack = world.slack
    for title in PAST:
        await _file_all(world, [title], SILENT)
        ts = (await slack.messages(CARDS))[-1]["ts"]
        await slack.click("bo", CARDS, ts, "report.accept")
        await slack.submit_view("bo", {"severity": "S3", "component": "checkout"})
        await world.settle()


async def _file_all(world: World, titles: tuple[str, ...] | list[str], channel: str = "qa") -> list[Report]:
    for title in titles:
        await world.slack.command("eve", "/bug", title, channel)
        submitted = await world.slack.submit_view("eve")
        if submitted.modals:
            await world.slack.submit_view("eve", {"choice": "new"})
        await world.settle()
    return await all_reports(world)


def _shown(card: Node) -> list[int]:
    """Give the ids of the likely duplicates that a card asks about."""
    menus = [block["accessory"] for block in card["blocks"] if block.get("accessory", {}).get("type") == "overflow"]
    return [int(menu["options"][0]["value"].rpartition(":")[2]) for menu in menus]
