"""Nudges: who hears what, when, and when nobody does."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.routing.terms import Stage
from bot.services import Services
from bot.triage import editing, lookup, nudges, workflow
from bot.triage.nudges import Made
from handlers.views import nudges as views
from storage import people
from storage.database import WorkspaceSession
from storage.models import Report, Severity
from tests.bot.triage.acting import ADMIN, BO, EVE, FINN, filed, jobs_of, order
from tests.bot.triage.promised import LEAD, Team, berlin, made_for
from tests.conftest import WORKSPACE, Clock, kept


@pytest.fixture
async def team(services: Services, clock: Clock) -> Team:
    return await berlin(services, clock)


@pytest.mark.parametrize(
    ("zone", "friday", "last"),
    [
        ("Europe/Berlin", "2026-11-20", "2026-12-20"),
        # The clocks change at the weekend behind that Friday, or in the night to it.
        ("Europe/Berlin", "2026-03-27", "2026-04-26"),
        ("Europe/Berlin", "2026-10-23", "2026-11-22"),
        ("America/New_York", "2026-03-06", "2026-04-05"),
        ("America/New_York", "2026-10-30", "2026-11-29"),
        ("America/Santiago", "2026-04-03", "2026-05-03"),
        ("America/Santiago", "2026-09-04", "2026-10-04"),
        ("Australia/Lord_Howe", "2026-04-03", "2026-05-03"),
        ("Australia/Lord_Howe", "2026-10-02", "2026-11-01"),
        ("Africa/Cairo", "2026-04-24", "2026-05-24"),
        ("Africa/Cairo", "2026-10-30", "2026-11-29"),
    ],
)
async def test_nudges_come_in_working_hours_and_end(team: Team, zone: str, friday: str, last: str):
    team.zone = ZoneInfo(zone)
    await team.settle_in()
    team.at(f"{friday} 17:40")
    report_id = await filed(team.services, severity=Severity.S2)

    heard = await team.live(f"{last} 12:00")

    assert await team.due(report_id) == "Mon 17:00"
    assert heard == [
        "Mon 15:00 act_soon thread",
        f"Tue 09:00 escalated {LEAD}",
        f"Wed 09:00 first_reminder {LEAD}",
        f"Fri 09:00 second_reminder {LEAD}",
        f"Thu 09:00 last_reminder {LEAD}",
    ]


async def test_nudges_of_a_promise_by_the_clock_come_at_once_and_its_reminders_in_working_hours(team: Team):
    team.at("2026-11-21 02:00")
    await filed(team.services, severity=Severity.S1)

    heard = await team.live("2026-11-24 12:00")

    assert heard == [
        "Sat 02:45 act_soon thread",
        f"Sat 03:00 escalated {LEAD}",
        f"Tue 09:00 first_reminder {LEAD}",
    ]


async def test_act_soon_comes_once_when_the_clock_stops_behind_it(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    first = await team.live("2026-11-23 16:00")
    await workflow.ask(team.services, order(report_id), question="Which browser?")
    team.at("2026-11-25 12:00")
    await workflow.answer(team.services, order(report_id, EVE), words="Safari")

    heard = await team.live("2026-11-25 16:00")

    assert first == ["Mon 15:00 act_soon thread"]
    assert heard == [f"Wed 13:00 escalated {LEAD}"]


async def test_one_nudge_comes_when_the_process_was_down(team: Team):
    team.at("2026-11-23 09:00")
    await filed(team.services)
    team.at("2026-12-10 11:00")

    late = await team.work()
    later = await team.live("2026-12-11 12:00")

    assert late == [f"Thu 11:00 escalated {LEAD}"]
    assert later == [f"Fri 11:00 first_reminder {LEAD}"]


async def test_late_nudge_waits_for_the_morning_when_the_process_starts_at_night(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    team.at("2026-11-28 23:00")

    at_night = await team.work()
    card = await lookup.card_for_channel(team.services, report_id)
    heard = await team.live("2026-11-30 12:00")

    assert at_night == []
    assert card is not None
    assert card.line.is_overdue
    assert heard == [f"Mon 09:00 escalated {LEAD}"]


async def test_nudge_is_made_once_when_its_job_is_tried_twice(team: Team):
    team.at("2026-11-23 09:00")
    await filed(team.services)
    team.at("2026-11-23 15:00")
    [look] = await jobs_of(team.services, "check_promise")

    for _ in range(3):
        await nudges.check(team.services, made_for(look))

    assert len(await jobs_of(team.services, "nudge")) == 1
    assert await team.work() == ["Mon 15:00 act_soon thread"]


async def test_nudge_says_nothing_when_it_was_decided_before_it_left(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, severity=Severity.S2)
    team.at("2026-11-23 15:00")
    [look] = await jobs_of(team.services, "check_promise")
    await nudges.check(team.services, made_for(look))
    await workflow.take(team.services, order(report_id))

    assert await team.work() == []


@pytest.mark.parametrize(
    ("lead", "admins", "hearers"),
    [("lead: U0BO,", "U0ADA", [BO]), ("", "U0ADA, U0FINN", [ADMIN, FINN]), ("", "", ["thread"])],
)
async def test_broken_promise_goes_to_the_lead_else_the_admins_else_the_thread(
    team: Team, lead: str, admins: str, hearers: list[str]
):
    await team.settle_in(lead=lead, admins=admins)
    team.at("2026-11-23 09:00")
    await filed(team.services)

    heard = await team.live("2026-11-24 10:00")

    assert sorted(heard[1:]) == sorted(f"Tue 09:00 escalated {one}" for one in hearers)


async def test_broken_promise_of_a_private_report_goes_to_who_may_open_it(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, "Password of Ana is leaked", private=True)
    heard = await team.live("2026-11-24 10:00")

    found = await nudges.read_nudge(team.services, await _now(team, report_id))

    assert heard == ["Mon 15:00 act_soon thread", f"Tue 09:00 escalated {ADMIN}"]
    assert found is not None
    said, blocks = views.overdue(found, with_title=True)
    assert said.startswith("Checkout *has not decided* on BUG-1, which was due <!date")
    assert "Password" not in f"{said} {blocks}"


async def test_act_soon_of_a_private_report_names_only_its_key(team: Team):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services, "Password of Ana is leaked", private=True)
    await editing.assign(team.services, order(report_id), owner=BO)
    await team.live("2026-11-23 15:00")

    found = await nudges.read_nudge(team.services, await _now(team, report_id))

    assert found is not None
    assert views.act_soon(found)[0] == (
        "BUG-1 *is due* <!date^1795449600^{date_short_pretty} at {time}|Mon 23 Nov, 16:00 UTC>."
        " *Checkout*: accept it, ask, snooze or decline."
    )


@pytest.mark.parametrize(("is_away", "called"), [(False, "<@U0BO>"), (True, "*Checkout*")])
async def test_act_soon_mentions_the_owner_unless_away(team: Team, is_away: bool, called: str):
    team.at("2026-11-23 09:00")
    report_id = await filed(team.services)
    await editing.assign(team.services, order(report_id, FINN), owner=BO)
    if is_away:
        await team.services.database.write(WORKSPACE, lambda session: _go_away(session, team))
    await team.live("2026-11-23 15:00")

    found = await nudges.read_nudge(team.services, await _now(team, report_id))

    assert found is not None
    assert f"{called}: accept it, ask, snooze or decline." in views.act_soon(found)[0]


def _go_away(session: WorkspaceSession, team: Team) -> None:
    person = people.meet(session, BO)
    person.away_until = team.clock.now + timedelta(days=3)
    session.add(person)


async def _now(team: Team, report_id: int) -> Made:
    report: Report = await kept(team.services, report_id)
    assert report.due_at is not None
    return Made(report_id, report.due_at, Stage(report.nudges))
