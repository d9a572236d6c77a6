"""Away: every way to say until when, in the person's own zone, and who may say it of whom."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import PermissionRefused, UserError
from bot.services import Services
from bot.triage import editing
from bot.triage.away import AwayOrder, is_away, parse_day, read_absence, set_away
from storage import people
from storage.database import WorkspaceSession
from tests.bot.triage.acting import ADMIN, ANA, BO, EVE, accepted, order
from tests.conftest import Clock, read

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("until 2026-12-01", date(2026, 12, 1)),
        ("2026-12-01", date(2026, 12, 1)),
        ("tomorrow", date(2026, 11, 24)),
        ("until Fri", date(2026, 11, 27)),
        ("until friday", date(2026, 11, 27)),
        ("until wednes", date(2026, 11, 25)),
        ("until mon", date(2026, 11, 30)),
        ("until next monday", date(2026, 11, 30)),
        ("for 3 days", date(2026, 11, 26)),
        ("1 day", date(2026, 11, 24)),
        ("2 weeks", date(2026, 12, 7)),
        ("back", None),
        ("  BACK ", None),
    ],
)
def test_day_is_read_when_it_is_said_in_any_of_these_ways(said: str, day: date | None):
    assert parse_day(said, MONDAY) == day


@pytest.mark.parametrize("said", ["soon", "until", "2026-11-22", "2026-11-23", "0 days", "800 days", "2030-01-01", "m"])
def test_day_is_refused_with_how_to_say_it_when_it_is_none(said: str):
    with pytest.raises(UserError, match="away until mon"):
        parse_day(said, MONDAY)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Europe/Berlin", datetime(2026, 11, 23, 23, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 24, 5, 0, tzinfo=UTC)),
        # There it is Tuesday already, so tomorrow is Wednesday.
        ("Pacific/Kiritimati", datetime(2026, 11, 24, 10, 0, tzinfo=UTC)),
        ("Nowhere/Never", datetime(2026, 11, 24, 0, 0, tzinfo=UTC)),
    ],
)
async def test_away_ends_at_midnight_of_the_person_when_a_day_is_said(
    services: Services, clock: Clock, zone: str, begins: datetime
):
    clock.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    await lives_in(services, BO, zone)

    found = await set_away(services, AwayOrder(BO, BO, "until tomorrow"))

    assert found.until == begins


async def test_away_ends_in_the_first_hour_when_midnight_is_skipped(services: Services, clock: Clock):
    clock.now = datetime(2026, 9, 4, 12, 0, tzinfo=UTC)
    await lives_in(services, BO, "America/Santiago")

    found = await set_away(services, AwayOrder(BO, BO, "until 2026-09-06"))

    assert found.until == datetime(2026, 9, 6, 4, 0, tzinfo=UTC)


async def test_person_is_here_again_when_the_day_has_come_or_they_say_so(services: Services, clock: Clock):
    await set_away(services, AwayOrder(BO, BO, "2 days"))
    was_away = (await read_absence(services, BO)).until
    clock.leap(timedelta(days=2))
    after = (await read_absence(services, BO)).until
    await set_away(services, AwayOrder(ANA, ANA, "2 days"))

    back = await set_away(services, AwayOrder(ANA, ANA, "back"))

    assert was_away is not None
    assert (after, back.until) == (None, None)


async def test_open_reports_are_counted_when_their_owner_goes_away(services: Services):
    for _ in range(2):
        await editing.assign(services, order(await accepted(services)), owner=BO)

    assert (await set_away(services, AwayOrder(BO, BO, "mon"))).open_reports == 2


async def test_somebody_else_is_refused_when_they_are_neither_admin_nor_lead(services: Services):
    with pytest.raises(PermissionRefused, match="they themselves or"):
        await set_away(services, AwayOrder(EVE, BO, "mon"))

    by_admin = await set_away(services, AwayOrder(ADMIN, BO, "mon"))

    assert by_admin.until is not None
    bo = await read(services, lambda session: people.meet(session, BO))
    assert is_away(bo, services.now())


async def lives_in(services: Services, slack_user_id: str, zone: str) -> None:
    def unit(session: WorkspaceSession) -> None:
        person = people.meet(session, slack_user_id)
        person.tz = zone
        session.add(person)

    await services.database.write(services.workspace, unit)
