"""Promises: when a report is due, and what stops, ends and renews that."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from bot.errors import UserError
from bot.routing.times import Promises
from bot.services import Services
from bot.triage import editing, lookup, waiting, workflow
from bot.triage.moving import Target
from handlers.views import triage_card
from storage import record
from storage.models import Report, ReportState, Resolution, Severity
from tests.bot.triage.acting import ADMIN, BO, EVE, filed, order
from tests.bot.triage.promised import LEAD, Team, berlin
from tests.conftest import Clock, kept, read


@pytest.fixture
async def team(services: Services, clock: Clock) -> Team:
    return await berlin(services, clock)


@pytest.mark.parametrize(
    ("severity", "due"),
    [(None, "Mon 17:00"), ("S1", "Fri 18:40"), ("S2", "Mon 17:00"), ("S3", "Wed 17:00"), ("S4", "never")],
)
async def test_due_time_is_the_promise_of_the_severity(team: Team, severity: str | None, due: str):
    team.at("2026-11-20 17:40")

    report_id = await filed(team.services, severity=Severity(severity) if severity else None)

    assert await team.due(report_id) == due


@pytest.mark.parametrize(("title", "due"), [("Outage of the shop", "Fri 18:40"), ("Typo on a button", "Mon 17:00")])
async def test_proposed_severity_counts_only_when_it_is_the_worst(team: Team, title: str, due: str):
    team.at("2026-11-20 17:40")

    report_id = await filed(team.services, title=title)

    assert await team.due(report_id) == due


async def test_days_off_are_left_out(team: Team):
    await team.settle_in(days_off="2026-12-24, 2026-12-25")
    team.at("2026-12-23 15:00")
    report_id = await filed(team.services)

    heard = await team.live("2026-12-28 15:30")

    assert await team.due(report_id) == "Mon 15:00"
    assert heard == ["Mon 13:00 act_soon thread", f"Mon 15:00 escalated {LEAD}"]


async def test_card_says_overdue_at_the_moment_it_is(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    before = await lookup.card_for_channel(team.services, report_id)
    heard = await team.live("2026-11-23 17:00")
    redrawn = (await kept(team.services, report_id)).version

    card = await lookup.card_for_channel(team.services, report_id)

    assert before is not None
    assert "*Triage:* due <!date^1795449600^" in str(triage_card.draw(before))
    assert heard == ["Mon 15:00 act_soon thread"]
    assert card is not None
    assert "*Triage:* overdue since <!date^1795449600^{date_short_pretty} at {time}|Mon 23 Nov, 16:00 UTC>" in str(
        triage_card.draw(card)
    )
    assert redrawn == 2


async def test_clock_stops_while_the_reporter_is_asked(team: Team):
    team.at("2026-11-23 11:00")
    report_id = await filed(team.services)
    team.at("2026-11-23 14:00")
    await workflow.ask(team.services, order(report_id), question="Which browser?")

    asked = await kept(team.services, report_id)
    silence = await team.live("2026-12-01 10:00")
    await workflow.answer(team.services, order(report_id, EVE), words="Safari")
    heard = await team.live("2026-12-02 10:00")

    assert (asked.due_at, asked.promise_left_s) == (None, 5 * 3600)
    assert silence == []
    assert await team.due(report_id) == "Tue 15:00"
    assert (await kept(team.services, report_id)).promise_left_s is None
    assert heard == ["Tue 13:00 act_soon thread", f"Tue 15:00 escalated {LEAD}"]


async def test_clock_stops_while_it_is_snoozed(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, severity=Severity.S3)
    team.at("2026-11-24 09:00")
    await workflow.snooze(team.services, order(report_id), until=None, more_hits=5)

    silence = await team.live("2026-12-07 09:00")
    await workflow.wake(team.services, order(report_id))

    assert silence == []
    assert await team.due(report_id) == "Tue 17:00"


async def test_overdue_one_stays_so_when_it_comes_back_from_a_question(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    await team.live("2026-11-24 10:00")
    await workflow.ask(team.services, order(report_id), question="Which browser?")
    team.at("2026-11-25 20:00")
    card = await workflow.answer(team.services, order(report_id, EVE), words="Safari")

    heard = await team.live("2026-11-27 12:00")

    assert card.line.is_overdue
    assert await team.due(report_id) == "Thu 09:00"
    assert heard == [f"Fri 09:00 first_reminder {LEAD}"]


async def test_promise_ends_when_it_is_decided(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, severity=Severity.S2)
    await workflow.accept(team.services, order(report_id), severity=None, component_key=None)

    heard = await team.live("2026-12-23 09:00")

    decided = await kept(team.services, report_id)
    assert (decided.due_at, decided.promise_left_s, decided.nudges, heard) == (None, None, 0, [])


@pytest.mark.parametrize(
    ("severity", "steps", "said"),
    [
        # Unrated is as S2: eight working hours, which end at 17:00.
        (None, ["Mon 17:00 accept"], [True]),
        (None, ["Mon 17:01 accept"], [False]),
        (Severity.S1, ["Mon 10:00 take"], [True]),
        (Severity.S1, ["Mon 10:01 take"], [False]),
        (Severity.S4, ["Fri 10:00 decline"], [None]),
        # The clock stands still while the reporter is asked; what was late by then stays so.
        (None, ["Mon 10:00 ask", "Tue 11:00 answer", "Tue 13:00 accept"], [None, None, True]),
        (None, ["Mon 10:00 ask", "Fri 13:00 accept"], [None, True]),
        (None, ["Tue 10:00 ask", "Tue 11:00 accept"], [None, False]),
        # What is rated worse late leaves a quarter of an hour.
        (Severity.S3, ["Tue 12:00 S1", "Tue 12:15 accept"], [True]),
        (Severity.S3, ["Tue 12:00 S1", "Tue 12:16 accept"], [False]),
        # Closed and taken back, it is promised anew; what was taken back is of no account.
        (None, ["Mon 09:01 decline", "Mon 09:05 undo", "Tue 09:05 accept"], [None, True]),
        # Nothing is promised of what is decided.
        (None, ["Mon 10:00 accept", "Fri 10:00 take"], [True, None]),
    ],
)
async def test_decision_says_whether_it_kept_the_promise(
    team: Team, severity: Severity | None, steps: list[str], said: list[bool | None]
):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, severity=severity)

    for step in steps:
        day, clock, what = step.split()
        team.at(f"2026-11-{23 + DAYS.index(day)} {clock}")
        await DO[what](team, report_id)

    decisions = await read(team.services, lambda session: record.decisions(session, report_id))
    assert [one.facts.get("in_time") for one in reversed(decisions)] == said


async def test_promise_begins_anew_when_a_decision_is_undone(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    await team.live("2026-11-24 09:55")
    await workflow.decline(team.services, order(report_id), resolution=Resolution.NOT_A_BUG, reason="As designed")
    team.at("2026-11-24 10:00")
    await workflow.undo(team.services, order(report_id))

    heard = await team.live("2026-11-25 12:00")

    assert await team.due(report_id) == "Wed 10:00"
    assert heard == ["Tue 16:00 act_soon thread", f"Wed 10:00 escalated {LEAD}"]


async def test_promise_begins_anew_when_an_accepted_report_comes_back(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, severity=Severity.S2)
    await workflow.accept(team.services, order(report_id), severity=None, component_key=None)
    await workflow.ask(team.services, order(report_id), question="Which browser?")
    asked = await kept(team.services, report_id)
    team.at("2026-11-26 10:00")

    await workflow.answer(team.services, order(report_id, EVE), words="Safari")

    assert (asked.due_at, asked.promise_left_s) == (None, None)
    assert await team.due(report_id) == "Fri 10:00"


async def rate(team: Team, report_id: int, severity: Severity) -> None:
    await editing.edit(team.services, order(report_id), editing.Words("Checkout button is dead", "", "", severity))


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
# What is done to a report, by the word for it.
DO: dict[str, Callable[[Team, int], Awaitable[object]]] = {
    "accept": lambda team, one: workflow.accept(
        team.services, order(one), severity=Severity.S3, component_key="checkout"
    ),
    "take": lambda team, one: workflow.take(team.services, order(one)),
    "decline": lambda team, one: workflow.decline(
        team.services, order(one), resolution=Resolution.NOT_A_BUG, reason="As designed"
    ),
    "ask": lambda team, one: workflow.ask(team.services, order(one), question="Which browser?"),
    "answer": lambda team, one: workflow.answer(team.services, order(one, EVE), words="Safari"),
    "undo": lambda team, one: workflow.undo(team.services, order(one)),
    "S1": lambda team, one: rate(team, one, Severity.S1),
}


async def test_due_time_follows_the_severity_from_when_it_came(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    team.at("2026-11-23 12:00")

    dues = []
    for severity in (Severity.S3, Severity.S4, Severity.S2):
        await rate(team, report_id, severity)
        dues.append(await team.due(report_id))

    assert dues == ["Wed 17:00", "never", "Mon 17:00"]
    assert await team.live("2026-11-24 09:00") == ["Mon 15:00 act_soon thread", f"Tue 09:00 escalated {LEAD}"]


async def test_pauses_count_for_nothing_when_the_severity_changes(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    team.at("2026-11-23 12:00")
    await workflow.ask(team.services, order(report_id), question="Which browser?")
    team.at("2026-11-25 09:00")
    await rate(team, report_id, Severity.S3)
    left = (await kept(team.services, report_id)).promise_left_s
    await workflow.answer(team.services, order(report_id, EVE), words="Safari")
    team.at("2026-11-25 10:00")

    await rate(team, report_id, Severity.S2)

    assert left == 21 * 3600
    assert await team.due(report_id) == "Wed 14:00"


async def test_a_quarter_is_left_when_it_is_rated_worse_late(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, severity=Severity.S3)
    team.at("2026-11-24 12:00")
    await rate(team, report_id, Severity.S1)

    heard = await team.live("2026-11-24 16:00")

    assert await team.due(report_id) == "Tue 12:15"
    assert heard == ["Tue 12:00 act_soon thread", f"Tue 12:15 escalated {LEAD}"]


async def test_due_time_is_the_new_teams_when_it_moves(team: Team):
    team.at("2026-11-23 10:00")
    report_id = await filed(team.services)
    await editing.move(team.services, order(report_id), Target("search"))

    heard = await team.live("2026-11-24 13:00")

    assert await team.due(report_id) == "Mon 20:00"
    assert heard == ["Mon 18:00 act_soon thread", f"Tue 12:00 escalated {ADMIN}"]


async def test_promise_stays_away_when_a_decided_report_is_rated(team: Team):
    team.at("2026-11-23 10:00")
    report_id = await filed(team.services, severity=Severity.S2)
    await workflow.accept(team.services, order(report_id), severity=None, component_key=None)

    await rate(team, report_id, Severity.S1)

    assert await team.due(report_id) == "never"


async def test_snoozed_report_wakes_when_it_is_rated_s1(team: Team):
    team.at("2026-11-23 10:00")
    report_id = await filed(team.services)
    await workflow.snooze(team.services, order(report_id), until=None, more_hits=5)
    team.at("2026-11-28 22:00")

    await rate(team, report_id, Severity.S2)
    asleep = await kept(team.services, report_id)
    await rate(team, report_id, Severity.S1)

    woken = await kept(team.services, report_id)
    assert asleep.state is ReportState.SNOOZED
    assert (woken.state, woken.wake_at_hits, team.shown(woken.due_at)) == (ReportState.NEW, None, "Sat 23:00")


async def test_list_has_first_what_is_due_first(team: Team):
    team.at("2026-11-23 09:00")
    for severity in (Severity.S2, Severity.S3, Severity.S1, Severity.S4):
        await filed(team.services, f"A bug of {severity}", severity=severity)

    lines = await lookup.list_reports(team.services, BO, (ReportState.NEW,))

    assert [line.severity for line in lines] == [Severity.S1, Severity.S2, Severity.S3, Severity.S4]


async def test_only_the_team_rates_a_report_that_is_decided_on(team: Team):
    report_id = await filed(team.services, severity=Severity.S3)
    rated = editing.Words("Checkout button is dead", "", "", Severity.S1)
    await editing.edit(team.services, order(report_id, EVE), replace(rated, severity=Severity.S2))
    await workflow.accept(team.services, order(report_id), severity=None, component_key=None)

    with pytest.raises(UserError, match="only its team rates it now"):
        await editing.edit(team.services, order(report_id, EVE), rated)

    assert (await kept(team.services, report_id)).severity is Severity.S2


async def test_settings_of_now_count_for_new_promises(team: Team):
    team.at("2026-11-23 09:00")
    before = await filed(team.services)
    settings = team.services.settings
    quicker = settings.model_copy(update={"promises": Promises.model_validate({"S2": "2wh", "S4": "3h"})})
    team.services.in_force.replace(quicker, "")

    after = [await filed(team.services), await filed(team.services, severity=Severity.S4)]

    assert [await team.due(one) for one in (before, *after)] == ["Mon 17:00", "Mon 11:00", "Mon 12:00"]


@pytest.mark.parametrize(
    ("day", "wakes"),
    [(date(2027, 3, 26), "Fri 09:00"), (date(2027, 3, 28), "Mon 09:00"), (date(2027, 10, 31), "Mon 09:00")],
)
async def test_snooze_until_a_day_ends_with_the_teams_morning(team: Team, day: date, wakes: str):
    report_id = await filed(team.services)

    assert team.shown(await waiting.morning(team.services, report_id, day)) == wakes


async def test_snooze_is_refused_when_its_day_is_years_ahead(team: Team):
    report_id = await filed(team.services)

    with pytest.raises(UserError, match="within a year"):
        await waiting.morning(team.services, report_id, date.max)


@pytest.mark.parametrize("seed", range(4))
async def test_due_time_is_there_exactly_while_it_waits_for_triage(team: Team, seed: int):
    random = Random(seed)
    report_id = await filed(team.services)
    wrong = []

    for _ in range(60):
        name = random.choice(tuple(ACTS))
        with suppress(UserError):
            await ACTS[name](team.services, report_id, random)
        report = await kept(team.services, report_id)
        if not is_consistent(report):
            wrong.append((name, report))
        team.clock.leap(timedelta(minutes=random.choice((1, 50, 400, 3_000))))
        await team.work()

    assert wrong == []


def is_consistent(report: Report) -> bool:
    has_promise = report.severity is not Severity.S4
    if report.state is ReportState.NEW:
        return ((report.due_at is not None), report.promise_left_s) == (has_promise, None)
    if report.state in {ReportState.NEEDS_INFO, ReportState.SNOOZED}:
        return report.due_at is None and (has_promise or report.promise_left_s is None)
    return (report.due_at, report.promise_left_s, report.nudges) == (None, None, 0)


def _rated(random: Random) -> editing.Words:
    return editing.Words("Checkout button is dead", "", "", random.choice(tuple(Severity)))


ACTS: dict[str, Callable[[Services, int, Random], Awaitable[object]]] = {
    "ask": lambda s, i, r: workflow.ask(s, order(i), question="Which browser?"),
    "answer": lambda s, i, r: workflow.answer(s, order(i, EVE), words="Safari"),
    "snooze": lambda s, i, r: workflow.snooze(s, order(i), until=None, more_hits=3),
    "wake": lambda s, i, r: workflow.wake(s, order(i)),
    "accept": lambda s, i, r: workflow.accept(s, order(i), severity=None, component_key=None),
    "decline": lambda s, i, r: workflow.decline(s, order(i), resolution=Resolution.NOT_A_BUG, reason="As designed"),
    "undo": lambda s, i, r: workflow.undo(s, order(i, ADMIN)),
    "rate": lambda s, i, r: editing.edit(s, order(i), _rated(r)),
    "move": lambda s, i, r: editing.move(s, order(i), Target(r.choice(("search", "checkout")))),
}
