"""Journey 4: triage on the card, with two people at once and a refused person."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from storage.models import AuditEvent, IssueLink, Report, ReportState
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
CHANNEL = "checkout-bugs"


async def test_accept_asks_what_is_missing_and_edits_the_same_message(world: World) -> None:
    ts = await _file(world, "Basket is empty")

    await world.slack.click("bo", CHANNEL, ts, "report.accept")
    submitted = await world.slack.submit_view("bo", {"severity": "S2"})
    await world.settle()

    assert submitted.errors == {}
    card = await _card(world)
    assert card["ts"] == ts
    assert "Bo Nilsson *accepted* BUG-1 as S2 · Checkout" in str(card["blocks"])
    assert _buttons(card) == ["Start", "Fixed…", "I'll take this"]
    [note] = await world.slack.thread(CHANNEL, ts)
    assert note["text"] == "Bo Nilsson *accepted* BUG-1 as S2 · Checkout"
    [told] = await world.slack.direct_messages("eve")
    assert "*accepted*" in told["text"]
    assert await _actions(world) == ["file", "accept"]


async def test_accept_is_one_press_when_severity_and_component_are_known(world: World) -> None:
    ts = await _file(world, "Basket is empty", severity="S3")

    await world.slack.click("bo", CHANNEL, ts, "report.accept")
    await world.settle()

    assert (await _report(world)).state is ReportState.ACCEPTED


async def test_taking_it_makes_one_the_owner(world: World) -> None:
    ts = await _file(world, "Basket is empty", severity="S3")

    await world.slack.click("bo", CHANNEL, ts, "report.take")
    await world.settle()

    card = await _card(world)
    assert "*Owner:* Bo Nilsson" in str(card["blocks"])
    assert "owner Bo Nilsson" in card["text"]


async def test_question_reaches_the_reporter_and_the_answer_returns_it(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty")
    await slack.click("bo", CHANNEL, ts, "report.ask")
    await slack.submit_view("bo", {"note": "Which browser?"})
    await world.settle()
    waiting = await _report(world)
    [question] = await slack.direct_messages("eve")

    await slack.message("eve", question["channel"], "Safari 19 on a Mac")
    await world.settle()

    assert waiting.state is ReportState.NEEDS_INFO
    assert "> Which browser?" in question["text"]
    answered = await _report(world)
    assert answered.state is ReportState.NEW
    assert answered.what.endswith("Safari 19 on a Mac")
    assert answered.top_at > waiting.top_at
    thanks = (await slack.direct_messages("eve"))[-1]
    assert thanks["text"] == "Thank you. BUG-1 is back with the team, with your answer."


async def test_answer_by_button_and_in_the_card_thread_return_it_too(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty")
    for way in ("button", "thread"):
        await slack.click("bo", CHANNEL, ts, "report.ask")
        await slack.submit_view("bo", {"note": "Which browser?"})
        await world.settle()
        if way == "button":
            question = (await slack.direct_messages("eve"))[-1]
            await slack.click("eve", question["channel"], question["ts"], "report.answer")
            await slack.submit_view("eve", {"note": "Safari"})
        else:
            await slack.message("eve", CHANNEL, "Still Safari", thread_ts=ts)
        await world.settle()

        assert (await _report(world)).state is ReportState.NEW

    assert (await _report(world)).what == "Safari\n\nStill Safari"


async def test_silence_closes_a_minor_report_after_one_warning(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty", severity="S3")
    await slack.click("bo", CHANNEL, ts, "report.ask")
    await slack.submit_view("bo", {"note": "Which browser?"})
    await world.settle()

    world.clock.leap(timedelta(days=10, minutes=1))
    await slack.wait_for(lambda: _direct_count(world, "eve", 2), timeout_s=15)
    world.clock.leap(timedelta(days=4))
    await slack.wait_for(lambda: _is_state(world, ReportState.CLOSED), timeout_s=15)
    await world.settle()

    report = await _report(world)
    assert report.resolution == "no_answer"
    warning = (await slack.direct_messages("eve"))[1]
    assert "closed in four days" in warning["text"]


async def test_duplicate_moves_followers_and_search_finds_it(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty after reload")
    ts = await _file(world, "Cart loses everything", user="dev")
    await slack.click("bo", CHANNEL, ts, "report.menu", choose="duplicate:2")

    searched = await slack.submit_view("bo", {"words": "basket reload"})
    submitted = await slack.submit_view("bo", {"original": "1", "words": ""})
    await world.settle()

    assert "BUG-1: Basket is empty after reload" in str(searched.modals)
    assert submitted.errors == {}
    original = await _report(world, 1)
    assert (original.hits, (await _report(world, 2)).duplicate_of_id) == (2, original.id)
    cards = await slack.messages(CHANNEL)
    assert "Closed: duplicate" in next(card for card in cards if card["ts"] == ts)["text"]
    [told] = await slack.direct_messages("dev")
    assert "as a duplicate of BUG-1" in told["text"]


async def test_snoozed_report_wakes_when_enough_people_meet_it(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty after reload")
    await slack.click("bo", CHANNEL, ts, "report.menu", choose="snooze:1")
    await slack.submit_view("bo", {"hits": "1"})
    await world.settle()
    asleep = await _report(world)

    await slack.command("dev", "/bug", "Basket is empty after reload", "qa")
    step = await slack.submit_view("dev")
    joined = await slack.submit_view("dev")
    await world.settle()

    assert asleep.state is ReportState.SNOOZED
    assert "Is it known already?" in str(step.modals)
    assert joined.modals == []
    report = await _report(world)
    assert (report.state, report.hits) == (ReportState.NEW, 2)
    [told] = await slack.direct_messages("dev")
    assert "You are added to" in told["text"]


async def test_snoozed_report_wakes_on_its_day(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty")
    await slack.click("bo", CHANNEL, ts, "report.menu", choose="snooze:1")
    until = (world.clock() + timedelta(days=3)).date().isoformat()
    await slack.submit_view("bo", {"until": until})
    await world.settle()

    world.clock.leap(timedelta(days=4))
    await slack.wait_for(lambda: _is_state(world, ReportState.NEW), timeout_s=15)
    await world.settle()

    assert "woke" in str((await _card(world))["blocks"])


async def test_decline_needs_a_reason_and_tells_the_reporter(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty")
    await slack.click("bo", CHANNEL, ts, "report.menu", choose="decline:1")

    refused = await slack.submit_view("bo", {"resolution": "by_design", "note": " "})
    accepted = await slack.submit_view("bo", {"resolution": "by_design", "note": "Baskets end after a day."})
    await world.settle()

    assert list(refused.errors.values()) == ["Write why, in a sentence the reporter can read."]
    assert accepted.errors == {}
    [told] = await slack.direct_messages("eve")
    assert "works as designed\n> Baskets end after a day." in told["text"]


async def test_fixed_is_verified_sent_back_and_reopened(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty", severity="S2")
    for action in ("report.take", "report.start"):
        await slack.click("bo", CHANNEL, ts, action)
        await world.settle()
    await _fix(world, ts)
    await slack.click("eve", CHANNEL, ts, "report.fail")
    await slack.submit_view("eve", {"note": "Still empty on Firefox"})
    await world.settle()
    sent_back = await _report(world)
    await _fix(world, ts)

    await slack.click("eve", CHANNEL, ts, "report.verify")
    await world.settle()
    verified = await _report(world)
    await slack.click("dev", CHANNEL, ts, "report.reopen")
    await slack.submit_view("dev", {"note": "Back in 2.4.1"})
    await world.settle()

    assert (sent_back.state, sent_back.came_back) == (ReportState.IN_PROGRESS, 1)
    assert (verified.state, verified.resolution) == (ReportState.CLOSED, "fixed")
    reopened = await _report(world)
    assert (reopened.state, reopened.came_back, reopened.resolution) == (ReportState.ACCEPTED, 2, None)
    assert "sent back" in str(await slack.direct_messages("bo"))
    [link] = await world.read(lambda session: session.exec(select(IssueLink)).all())
    assert link.state == "open"


async def test_undo_brings_it_back_to_triage(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty")
    await slack.click("bo", CHANNEL, ts, "report.menu", choose="decline:1")
    await slack.submit_view("bo", {"resolution": "by_design", "note": "Wrong card"})
    await world.settle()

    await slack.click("bo", CHANNEL, ts, "report.undo")
    await world.settle()

    assert (await _report(world)).state is ReportState.NEW
    assert _buttons(await _card(world)) == ["Accept", "I'll take this", "Needs info…"]


async def test_person_without_the_right_is_refused_privately(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty", severity="S3")

    await slack.click("cleo", CHANNEL, ts, "report.accept")
    await world.settle()

    [refusal] = await slack.ephemerals("cleo", CHANNEL)
    assert refusal["text"].startswith("Only Checkout may decide on BUG-1: Bo Nilsson or Finn Baker.")
    assert (await _report(world)).state is ReportState.NEW
    assert await slack.thread(CHANNEL, ts) == []
    assert await _actions(world) == ["file", "refused:accept"]


async def test_person_without_the_right_is_refused_before_a_form_opens(world: World) -> None:
    ts = await _file(world, "Basket is empty")

    await world.slack.click("cleo", CHANNEL, ts, "report.accept")
    await world.slack.click("cleo", CHANNEL, ts, "report.ask")
    await world.slack.click("cleo", CHANNEL, ts, "report.menu", choose="decline:1")

    refusals = await world.slack.ephemerals("cleo", CHANNEL)
    assert len(refusals) == 3
    assert await world.slack.modals() == []


async def test_one_wins_and_the_other_is_told_when_two_press_at_once(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty", severity="S3")

    await asyncio.gather(
        slack.click("bo", CHANNEL, ts, "report.take"), slack.click("finn", CHANNEL, ts, "report.accept")
    )
    await world.settle()

    told = [one["text"] for user in ("bo", "finn") for one in await slack.ephemerals(user, CHANNEL)]
    actions = await _actions(world)
    assert len(actions) == 2 or (await _report(world)).owner_id is not None
    assert all("was faster" in text for text in told)
    assert len(actions) + len(told) == 3


async def test_eyes_take_and_check_mark_verifies(world: World) -> None:
    slack = world.slack
    ts = await _file(world, "Basket is empty", severity="S3")

    await slack.react("bo", CHANNEL, ts, "eyes")
    await world.settle()
    taken = await _report(world)
    await _fix(world, ts)
    await slack.react("eve", CHANNEL, ts, "white_check_mark")
    await world.settle()

    assert taken.state is ReportState.ACCEPTED
    assert (await _report(world)).resolution == "fixed"


async def test_home_shows_what_needs_me_and_what_i_reported(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty")

    await slack.open_home("bo")
    await slack.open_home("eve")
    await world.settle()

    assert "Basket is empty" in str((await slack.home("bo") or {})["blocks"])
    home = str((await slack.home("eve") or {})["blocks"])
    assert home.index("I reported") < home.index("Basket is empty")
    await slack.click_home("bo", "report.show")
    assert "Basket is empty" in str(await slack.open_view())


async def _file(world: World, title: str, *, user: str = "eve", **values: Any) -> str:
    """File a report and give the ts of its card."""
    before = {card["ts"] for card in await world.slack.messages(CHANNEL)}
    await world.slack.command(user, "/bug", title, "qa")
    await world.slack.submit_view(user, values)
    await world.settle()
    [ts] = {card["ts"] for card in await world.slack.messages(CHANNEL)} - before
    return str(ts)


async def _fix(world: World, ts: str) -> None:
    await world.slack.click("bo", CHANNEL, ts, "report.fix")
    await world.slack.submit_view("bo", {"build": "2.4.0", "note": "Reload the basket"})
    await world.settle()


async def _card(world: World) -> dict[str, Any]:
    card: dict[str, Any] = (await world.slack.messages(CHANNEL))[0]
    return card


def _buttons(card: dict[str, Any]) -> list[str]:
    [row] = [block for block in card["blocks"] if block["type"] == "actions"]
    return [one["text"]["text"] for one in row["elements"] if one["type"] == "button"]


async def _report(world: World, number: int = 1) -> Report:
    statement = select(Report).where(Report.number == number)
    report: Report = await world.read(lambda session: session.exec(statement).one())
    return report


async def _is_state(world: World, state: ReportState) -> bool:
    return (await _report(world)).state is state


async def _direct_count(world: World, user: str, count: int) -> bool:
    return len(await world.slack.direct_messages(user)) >= count


async def _actions(world: World) -> list[str]:
    of_reports = select(AuditEvent).where(AuditEvent.subject_type == "report")
    events = await world.read(lambda session: session.exec(of_reports).all())
    return [event.action for event in events]
