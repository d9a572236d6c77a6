"""The rules of every action, over a real database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot.errors import Conflict, PermissionRefused, UserError
from bot.services import Services
from bot.triage import editing, intake, waiting, workflow
from bot.triage.decisions import Order
from storage import people, record, reports
from storage.models import AuditEvent, Decision, Job, Report, ReportState, Resolution, Role, Severity, Via
from storage.models.people import Person
from tests.conftest import Clock, kept, read, report

BO, FINN, EVE, DEV, ANA, ADMIN = "U0BO", "U0FINN", "U0EVE", "U0DEV", "U0ANA", "U0ADA"


def order(report_id: int, by: str = BO, key: str | None = None) -> Order:
    return Order(report_id, by, Via.BUTTON, key)


async def filed(services: Services, title: str = "Checkout button is dead", **more: Any) -> int:
    return (await report(services, title, **more)).report_id


async def accepted(services: Services, title: str = "Checkout button is dead", **more: Any) -> int:
    report_id = await filed(services, title, **more)
    await workflow.accept(services, order(report_id), severity=Severity.S3, component_key="checkout")
    return report_id


async def fixed(services: Services, **more: Any) -> int:
    report_id = await accepted(services, **more)
    await workflow.fix(services, order(report_id), build="2.4.1", how_to_check="Press it")
    return report_id


async def declined(services: Services, by: str = BO) -> int:
    report_id = await filed(services)
    await workflow.decline(services, order(report_id, by), resolution=Resolution.NOT_A_BUG, reason="As designed")
    return report_id


async def audit(services: Services, report_id: int) -> list[str]:
    events = await read(services, lambda session: record.timeline(session, report_id))
    return [event.action for event in events]


async def jobs_of(services: Services, kind: str) -> list[Job]:
    return await read(services, lambda one: list(one.exec(select(Job).where(Job.kind == kind).order_by(col(Job.id)))))


async def make_tester(services: Services, slack_user_id: str) -> None:
    def unit(session: Any) -> None:
        person = people.meet(session, slack_user_id)
        person.role = Role.QA
        session.add(person)

    await services.database.write(services.workspace, unit)


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
    warned, closed = await jobs_of(services, "warn_no_answer"), await jobs_of(services, "close_no_answer")
    assert [job.run_at - clock.now for job in (*warned, *closed)] == [timedelta(days=10), timedelta(days=14)]


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
    assert not await waiting.is_still_waiting(services, report_id, card.version)


async def test_silence_closes_nothing_when_the_question_was_another_one(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)
    first = await workflow.ask(services, order(report_id), question="Which browser?")
    await workflow.answer(services, order(report_id, EVE), words="Safari")
    second = await workflow.ask(services, order(report_id), question="Which version?")

    await waiting.close_no_answer(services, report_id, first.version)

    assert (await kept(services, report_id)).state is ReportState.NEEDS_INFO
    assert not await waiting.is_still_waiting(services, report_id, first.version)
    assert await waiting.is_still_waiting(services, report_id, second.version)


async def test_wait_goes_on_when_somebody_joins_meanwhile(services: Services) -> None:
    report_id = await filed(services, severity=Severity.S3)
    card = await workflow.ask(services, order(report_id), question="Which browser?")
    await intake.join(services, order(report_id, DEV))

    assert await waiting.is_still_waiting(services, report_id, card.version)


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


async def followers(services: Services, report_id: int) -> list[str]:
    def unit(session: Any) -> list[str]:
        found = reports.followers(session, report_id)
        persons = people.by_id(session, (one.person_id for one in found))
        return [persons[one.person_id].slack_user_id for one in found]

    return await read(services, unit)


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


@pytest.mark.parametrize(
    ("action", "resolution"),
    [(workflow.verify, Resolution.FIXED), (workflow.skip, Resolution.FIXED_NOT_VERIFIED)],
)
@pytest.mark.parametrize("by", [EVE, DEV, BO])
async def test_fix_is_closed_when_somebody_who_may_checked_it(
    services: Services, action: Any, resolution: Resolution, by: str
) -> None:
    await make_tester(services, DEV)
    report_id = await fixed(services)

    await action(services, order(report_id, by))

    found = await kept(services, report_id)
    assert (found.state, found.resolution) == (ReportState.CLOSED, resolution)
    assert (found.verified_at is not None) == (resolution is Resolution.FIXED)


async def test_fix_comes_back_to_its_owner_when_it_is_still_broken(services: Services) -> None:
    report_id = await fixed(services)

    card = await workflow.fail(services, order(report_id, EVE), note="Still dead in Safari")

    assert (card.line.state, card.came_back) == (ReportState.IN_PROGRESS, 1)


@pytest.mark.parametrize(("days", "is_open"), [(30, True), (31, False)])
async def test_closed_report_is_reopened_when_thirty_days_have_not_passed(
    services: Services, clock: Clock, days: int, is_open: bool
) -> None:
    report_id = await declined(services)
    clock.leap(timedelta(days=days))

    if is_open:
        card = await workflow.reopen(services, order(report_id, DEV), note="It is back")
        assert (card.line.state, card.line.resolution, card.came_back) == (ReportState.ACCEPTED, None, 1)
    else:
        with pytest.raises(UserError, match="more than 30 days ago"):
            await workflow.reopen(services, order(report_id, DEV), note="It is back")


@pytest.mark.parametrize(
    ("by", "minutes", "is_open"),
    [(BO, 10, True), (BO, 11, False), (FINN, 1, False), (ADMIN, 1, True), (ADMIN, 10_000, True)],
)
async def test_closing_is_undone_when_it_was_ones_own_and_recent(
    services: Services, clock: Clock, by: str, minutes: int, is_open: bool
) -> None:
    report_id = await declined(services)
    clock.leap(timedelta(minutes=minutes))

    if is_open:
        card = await workflow.undo(services, order(report_id, by))
        assert (card.line.state, card.line.resolution) == (ReportState.NEW, None)
    else:
        with pytest.raises(UserError, match="Only who closed it"):
            await workflow.undo(services, order(report_id, by))


async def test_undo_is_kept_beside_what_it_undid(services: Services) -> None:
    report_id = await declined(services)
    await workflow.undo(services, order(report_id))

    def unit(session: Any) -> list[tuple[int, str, int | None]]:
        return [(one.id, one.kind, one.undone_by_id) for one in session.exec(select(Decision))]

    assert await read(services, unit) == [(1, "decline", 2), (2, "undo", None)]


async def test_reporter_undoes_their_own_when_they_said_works_by_mistake(services: Services) -> None:
    report_id = await fixed(services)
    await workflow.verify(services, order(report_id, EVE))

    card = await workflow.undo(services, order(report_id, EVE))

    assert card.line.state is ReportState.NEW


async def test_report_is_withdrawn_when_its_reporter_asks_before_triage(services: Services) -> None:
    report_id = await filed(services)

    card = await workflow.withdraw(services, order(report_id, EVE))

    assert (card.line.state, card.line.resolution) == (ReportState.CLOSED, Resolution.WITHDRAWN)


async def test_message_is_withdrawn_only_when_ten_minutes_have_not_passed(services: Services, clock: Clock) -> None:
    early, late = await filed(services, "One"), await filed(services, "Two")
    clock.leap(timedelta(minutes=10))
    await intake.withdraw_message(services, order(early, EVE))
    clock.leap(timedelta(seconds=1))
    await intake.withdraw_message(services, order(late, EVE))

    assert [(await kept(services, one)).state for one in (early, late)] == [ReportState.CLOSED, ReportState.NEW]


async def test_request_is_one_decision_when_it_arrives_twice(services: Services) -> None:
    report_id = await filed(services)
    twice = order(report_id, key="action:1")

    cards = [await workflow.ask(services, twice, question="Which browser?") for _ in range(2)]

    assert cards[0] == cards[1]
    assert await audit(services, report_id) == ["file", "ask"]


async def test_report_is_one_when_its_form_arrives_twice(services: Services) -> None:
    both = [await report(services, "Cart is empty", request_key="form:1") for _ in range(2)]

    assert [one.is_new for one in both] == [True, False]
    assert both[0].report_id == both[1].report_id


async def test_refused_person_leaves_one_line_in_the_log_and_nothing_else(services: Services) -> None:
    report_id = await filed(services)
    before = await snapshot(services)

    with pytest.raises(PermissionRefused, match="Only Checkout may decide on BUG-1"):
        await workflow.decline(services, order(report_id, DEV), resolution=Resolution.NOT_A_BUG, reason="No")

    assert await audit(services, report_id) == ["file", "refused:decline"]
    assert await snapshot(services) == before


async def test_refused_person_leaves_one_line_in_the_log_when_it_was_no_decision(services: Services) -> None:
    report_id = await filed(services)

    with pytest.raises(PermissionRefused):
        await editing.set_private(services, order(report_id, DEV), private=True)

    assert await audit(services, report_id) == ["file", "refused:make_private"]


async def snapshot(services: Services) -> tuple[list[Any], ...]:
    """Give every report, decision and job there is."""

    def unit(session: Any) -> tuple[list[Any], ...]:
        return tuple([row.model_dump() for row in session.exec(select(table))] for table in (Report, Decision, Job))

    return await read(services, unit)


async def test_second_person_is_told_who_was_faster_when_two_decide_at_once(services: Services) -> None:
    def unit(session: Any) -> None:
        session.add(Person(slack_user_id=FINN, name="Finn Baker"))

    await services.database.write(services.workspace, unit)
    report_id = await filed(services)
    await workflow.ask(services, order(report_id, FINN), question="Which browser?")

    with pytest.raises(Conflict) as told:
        await workflow.snooze(services, order(report_id, BO), until=None, more_hits=1)

    assert str(told.value) == ("Finn Baker was faster: BUG-1 is needs info now (asked for more). Nothing was changed.")


async def test_person_is_not_told_of_somebody_faster_when_it_was_themselves(services: Services) -> None:
    report_id = await filed(services)
    await workflow.ask(services, order(report_id), question="Which browser?")

    with pytest.raises(Conflict, match=r"BUG-1 is needs info already \(asked for more by you\)"):
        await workflow.ask(services, order(report_id), question="Which browser?")


async def test_end_of_a_text_stays_when_its_beginning_is_corrected(services: Services) -> None:
    report_id = await filed(services, what="a" * 3_000 + "the end", expected="short")

    words = editing.Words(title="Cart", what="b" * 10, expected="")
    await editing.edit(services, order(report_id, EVE), words)

    found = await kept(services, report_id)
    assert (found.title, found.what, found.expected) == ("Cart", "b" * 10 + "the end", "")
    assert await audit(services, report_id) == ["file", "edit"]


async def test_long_first_line_is_kept_once_when_it_is_also_the_beginning_of_the_text(services: Services) -> None:
    whole = "word " * 100 + "\nand more"

    report_id = await filed(services, "word " * 100, what=whole)

    found = await kept(services, report_id)
    assert found.what == whole
    assert len(found.title) <= 200


async def test_audit_event_holds_before_and_after_when_a_report_is_accepted(services: Services) -> None:
    report_id = await accepted(services)

    events: list[AuditEvent] = await read(services, lambda session: record.timeline(session, report_id))

    assert (events[-1].via, events[-1].before, events[-1].after) == (
        Via.BUTTON,
        {"state": "new", "component": "checkout", "private": False},
        {"state": "accepted", "severity": "S3", "component": "checkout", "private": False},
    )
