"""The rules of every action up to a fix, over a real database."""

from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.services import Services
from bot.triage import intake, waiting, workflow
from storage import record
from storage.models import ReportState, Resolution, Severity
from tests.bot.triage.acting import (
    ANA,
    BO,
    DEV,
    EVE,
    FINN,
    audit,
    filed,
    followers,
    jobs_of,
    order,
)
from tests.conftest import Clock, kept, read


async def test_accept_asks_for_what_is_missing_when_severity_is_unknown(services: Services) -> None:
    report_id = await filed(services)

    with pytest.raises(UserError, match="needs a severity and a component first"):
        await workflow.accept(services, order(report_id), severity=None, component_key=None)

    assert (await kept(services, report_id)).state is ReportState.NEW
    assert await audit(services, report_id) == ["file"]


async def test_accept_asks_for_what_is_missing_when_component_is_unknown(services: Services) -> None:
    report_id = await filed(services, source_channel="C0NOWHERE")

    with pytest.raises(UserError, match="needs a severity and a component first"):
        await workflow.accept(services, order(report_id), severity=Severity.S2, component_key=None)


async def test_accept_sets_what_was_chosen_when_both_are_given(services: Services, clock: Clock) -> None:
    report_id = await filed(services)

    card = await workflow.accept(services, order(report_id), severity=Severity.S2, component_key="search")

    found = await kept(services, report_id)
    assert (found.state, found.severity, found.component_key, found.team_key) == (
        ReportState.ACCEPTED,
        Severity.S2,
        "search",
        "web",
    )
    assert (found.triaged_at, found.first_answer_at, found.version) == (clock.now, clock.now, 2)
    assert card.decision is not None
    assert (card.decision.kind, card.decision.by and card.decision.by.slack_user_id) == ("accept", BO)


async def test_take_makes_the_person_owner_when_the_report_is_new(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)

    card = await workflow.take(services, order(report_id))

    assert (card.line.state, card.line.owner and card.line.owner.slack_user_id) == (ReportState.ACCEPTED, BO)


async def test_take_is_refused_when_it_is_theirs_already(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)
    await workflow.take(services, order(report_id))

    with pytest.raises(UserError, match="already yours"):
        await workflow.take(services, order(report_id))


async def test_take_hands_over_when_somebody_else_had_it(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)
    await workflow.take(services, order(report_id))

    card = await workflow.take(services, order(report_id, FINN))

    assert card.line.owner is not None
    assert card.line.owner.slack_user_id == FINN


async def test_question_waits_for_the_reporter_when_it_is_asked(services: Services, clock: Clock) -> None:
    report_id = await filed(services)

    card = await workflow.ask(services, order(report_id), question="Which browser?")

    assert (card.line.state, card.question) == (ReportState.NEEDS_INFO, "Which browser?")
    [warning] = await jobs_of(services, "warn_no_answer")
    assert warning.run_at - clock.now == timedelta(days=10)
    assert await jobs_of(services, "close_no_answer") == []


@pytest.mark.parametrize("late", [timedelta(), timedelta(days=20)])
async def test_report_is_closed_four_days_after_the_warning_when_that_comes_late(
    services: Services, clock: Clock, late: timedelta
) -> None:
    report_id = await filed(services, severity=Severity.S3)
    card = await workflow.ask(services, order(report_id), question="Which browser?")
    clock.leap(timedelta(days=10) + late)

    warned = [await waiting.close_after_warning(services, report_id, card.version) for _ in range(2)]

    assert warned == [True, True]
    [closing] = await jobs_of(services, "close_no_answer")
    assert closing.run_at - clock.now == timedelta(days=4)


@pytest.mark.parametrize("blank", ["", "  \n", "\u200b\u2060", "\x00"])
async def test_words_are_asked_for_when_a_note_shows_nothing(services: Services, blank: str) -> None:
    report_id = await filed(services)

    with pytest.raises(UserError, match="Write"):
        await workflow.ask(services, order(report_id), question=blank)
    with pytest.raises(UserError, match="Write"):
        await workflow.decline(services, order(report_id), resolution=Resolution.NOT_A_BUG, reason=blank)

    assert await audit(services, report_id) == ["file"]


async def test_answer_returns_the_report_to_the_top_when_its_reporter_gives_it(
    services: Services, clock: Clock
) -> None:
    report_id = await filed(services, what="It does nothing.")
    await workflow.ask(services, order(report_id), question="Which browser?")
    clock.leap(timedelta(days=2))

    card = await workflow.answer(services, order(report_id, EVE), words="Safari 17")

    found = await kept(services, report_id)
    assert (card.line.state, card.question, found.what) == (ReportState.NEW, "", "It does nothing.\n\nSafari 17")
    assert found.top_at == clock.now


async def test_silence_closes_the_report_when_it_is_not_severe(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)
    card = await workflow.ask(services, order(report_id), question="Which browser?")

    await waiting.close_no_answer(services, report_id, card.version)

    found = await kept(services, report_id)
    assert (found.state, found.resolution) == (ReportState.CLOSED, Resolution.NO_ANSWER)
    assert await audit(services, report_id) == ["file", "ask", "timeout"]


@pytest.mark.parametrize("severity", [Severity.S1, Severity.S2])
async def test_silence_closes_nothing_when_the_report_is_severe(services: Services, severity: Severity) -> None:
    report_id = await filed(services, severity=severity)
    card = await workflow.ask(services, order(report_id), question="Which browser?")

    await waiting.close_no_answer(services, report_id, card.version)

    assert (await kept(services, report_id)).state is ReportState.NEEDS_INFO
    assert not await waiting.close_after_warning(services, report_id, card.version)


async def test_silence_closes_nothing_when_the_question_was_another_one(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)
    first = await workflow.ask(services, order(report_id), question="Which browser?")
    await workflow.answer(services, order(report_id, EVE), words="Safari")
    second = await workflow.ask(services, order(report_id), question="Which version?")

    await waiting.close_no_answer(services, report_id, first.version)

    assert (await kept(services, report_id)).state is ReportState.NEEDS_INFO
    assert not await waiting.close_after_warning(services, report_id, first.version)
    assert await waiting.close_after_warning(services, report_id, second.version)


async def test_wait_goes_on_when_somebody_joins_meanwhile(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)
    card = await workflow.ask(services, order(report_id), question="Which browser?")
    await intake.join(services, order(report_id, DEV))

    assert await waiting.close_after_warning(services, report_id, card.version)


async def test_followers_and_hits_move_when_a_report_is_a_duplicate(services: Services) -> None:
    original, copy = await filed(services), await filed(services, "Pay button is dead", reporter=DEV)
    await intake.join(services, order(copy, ANA))

    await workflow.mark_duplicate(services, order(copy), of_number=1)

    first, second = await kept(services, original), await kept(services, copy)
    assert (second.state, second.resolution, second.duplicate_of_id) == (
        ReportState.CLOSED,
        Resolution.DUPLICATE,
        original,
    )
    assert first.hits == 3
    assert await followers(services, original) == [EVE, DEV, ANA]


async def test_duplicate_leads_to_the_first_when_it_is_one_of_a_chain(services: Services) -> None:
    first, second, third = [await filed(services, title) for title in ("One", "Two", "Three")]
    await workflow.mark_duplicate(services, order(second), of_number=1)

    await workflow.mark_duplicate(services, order(third), of_number=2)

    assert (await kept(services, third)).duplicate_of_id == first
    assert (await kept(services, first)).hits == 3


@pytest.mark.parametrize("number", [1, 2])
async def test_duplicate_is_refused_when_it_would_be_of_itself(services: Services, number: int) -> None:
    first, second = await filed(services, "One"), await filed(services, "Two")
    await workflow.mark_duplicate(services, order(second), of_number=1)

    with pytest.raises(UserError, match="BUG-1 cannot be a duplicate of itself"):
        await workflow.mark_duplicate(services, order(first), of_number=number)


@pytest.mark.parametrize("number", [99, 0, -1, 10**12])
async def test_duplicate_is_refused_when_there_is_no_such_report(services: Services, number: int) -> None:
    report_id = await filed(services)

    with pytest.raises(UserError, match="There is no BUG-"):
        await workflow.mark_duplicate(services, order(report_id), of_number=number)


async def test_duplicate_is_refused_when_the_original_is_private(services: Services) -> None:
    await filed(services, "Card numbers are in the log", private=True)
    checkout = await filed(services, "Card numbers")
    elsewhere = await filed(services, "Search is slow", source_channel="C0WEB", component_key="search")

    with pytest.raises(UserError, match="BUG-1 is private"):
        await workflow.mark_duplicate(services, order(checkout), of_number=1)
    with pytest.raises(UserError, match="There is no BUG-1"):
        await workflow.mark_duplicate(services, order(elsewhere, ANA), of_number=1)

    assert await followers(services, 1) == [EVE]


async def test_snoozed_report_wakes_when_its_day_comes(services: Services, clock: Clock) -> None:
    report_id = await filed(services)
    card = await workflow.snooze(services, order(report_id), until=clock.now + timedelta(days=3))
    clock.leap(timedelta(days=3))

    await waiting.wake_report(services, report_id, card.version)

    found = await kept(services, report_id)
    assert (found.state, found.snooze_until, found.top_at) == (ReportState.NEW, None, clock.now)
    assert await audit(services, report_id) == ["file", "snooze", "wake"]


async def test_snoozed_report_sleeps_on_when_the_day_was_that_of_an_earlier_snooze(
    services: Services, clock: Clock
) -> None:
    report_id = await filed(services)
    first = await workflow.snooze(services, order(report_id), until=clock.now + timedelta(days=3))
    await workflow.wake(services, order(report_id))
    await workflow.snooze(services, order(report_id), until=None, more_hits=5)

    await waiting.wake_report(services, report_id, first.version)

    assert (await kept(services, report_id)).state is ReportState.SNOOZED


async def test_snoozed_report_wakes_when_enough_people_met_it(services: Services) -> None:
    report_id = await filed(services)
    await workflow.snooze(services, order(report_id), until=None, more_hits=2)

    await intake.join(services, order(report_id, DEV))
    asleep = (await kept(services, report_id)).state
    await intake.join(services, order(report_id, ANA))

    assert (asleep, (await kept(services, report_id)).state) == (ReportState.SNOOZED, ReportState.NEW)
    assert await audit(services, report_id) == ["file", "snooze", "join", "join", "wake"]
    assert await standing_kind(services, report_id) == "wake"


async def standing_kind(services: Services, report_id: int) -> str:
    last = await read(services, lambda session: record.last_decision(session, report_id))
    assert last is not None
    return last.kind


async def test_snoozed_report_wakes_when_its_duplicates_bring_enough_people(services: Services) -> None:
    original, copy = await filed(services, "One"), await filed(services, "Two", reporter=DEV)
    await workflow.snooze(services, order(original), until=None, more_hits=1)

    await workflow.mark_duplicate(services, order(copy), of_number=1)

    assert (await kept(services, original)).state is ReportState.NEW


async def test_snooze_is_refused_when_it_has_no_end_or_a_past_one(services: Services, clock: Clock) -> None:
    report_id = await filed(services)

    with pytest.raises(UserError, match="Choose a date, or a number"):
        await workflow.snooze(services, order(report_id), until=None)
    with pytest.raises(UserError, match="still to come"):
        await workflow.snooze(services, order(report_id), until=clock.now)


async def test_decline_is_refused_when_the_resolution_is_not_one_of_its_own(services: Services) -> None:
    report_id = await filed(services)

    with pytest.raises(UserError, match="Choose why"):
        await workflow.decline(services, order(report_id), resolution=Resolution.FIXED, reason="It is")
