"""The alarm: one run per local day and slot, whatever the clock, the process or another process does."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from bot.digests import changing, runs, schedule
from bot.digests.changing import Asker
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from storage.models import DigestRun, Job, RunState, Slot, Via
from tests.conftest import SETTINGS, Clock, read

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Monday, 09:00 in Berlin.
NOON = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def with_audiences(services: Services, lines: str) -> Services:
    """Give the services with audiences in their settings."""
    settings = load_settings(f"{SETTINGS}audiences:\n{lines}\n", "liaison.yaml")
    return replace(services, in_force=InForce(settings))


def qa(services: Services, **more: str) -> Services:
    usual = {"channel": "C0QA", "tz": "Europe/Berlin", "daily": '"08:30"', "sections": "[new_bugs]"}
    given = ", ".join(f"{name}: {value}" for name, value in {**usual, **more}.items() if value)
    return with_audiences(services, f"  qa: {{{given}}}")


async def known(services: Services) -> list[DigestRun]:
    return await read(services, lambda session: list(session.exec(select(DigestRun).order_by(col(DigestRun.id)))))


async def periods(services: Services, state: RunState | None = None) -> list[str]:
    return [run.period for run in await known(services) if state in (None, run.state)]


async def ring(services: Services, clock: Clock, until: datetime, every: timedelta = 30 * MINUTE) -> None:
    """Let the clock ring until a moment."""
    while clock.now < until:
        clock.leap(min(every, until - clock.now))
        await schedule.tick(services)


async def begin(services: Services, clock: Clock, at: datetime = NOON, **more: str) -> Services:
    """Have an audience known from a moment on."""
    clock.now = at
    ready = qa(services, **more)
    await schedule.tick(ready)
    return ready


async def test_nothing_is_due_for_the_time_before_an_audience_was_known(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock)

    await ring(ready, clock, NOON + 3 * HOUR)

    assert await known(ready) == []


async def test_each_working_day_has_one_run_and_one_job(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock)

    await ring(ready, clock, NOON + 8 * DAY)

    assert await periods(ready) == [f"2026-11-{day}" for day in (24, 25, 26, 27, 30)] + ["2026-12-01"]
    jobs = await read(ready, lambda session: list(session.exec(select(Job).where(Job.kind == "post_digest"))))
    assert len(jobs) == 6
    assert {job.lane for job in jobs} == {"channel:C0QA"}


@pytest.mark.parametrize(
    "leaps",
    [
        pytest.param([90 * MINUTE], id="90 minutes on"),
        pytest.param([-HOUR], id="an hour back"),
        pytest.param([-DAY], id="a day back"),
        pytest.param([DAY], id="a day on"),
        pytest.param([DAY, -DAY], id="a day on and back"),
        pytest.param([-HOUR, HOUR, -HOUR], id="to and fro"),
    ],
)
async def test_no_day_has_two_and_none_is_lost_when_the_clock_leaps(
    services: Services, clock: Clock, leaps: list[timedelta]
) -> None:
    ready = await begin(services, clock)
    await ring(ready, clock, datetime(2026, 11, 25, 7, 40, tzinfo=UTC))
    for leap in leaps:
        clock.leap(leap)
        await schedule.tick(ready)

    await ring(ready, clock, datetime(2026, 11, 27, 12, 0, tzinfo=UTC))

    assert await periods(ready) == ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"]


@pytest.mark.parametrize(
    ("down", "expected", "late"),
    [
        # Down from Tuesday 08:00 in Berlin; what was due at 08:30 comes late, and one digest stands for a whole gap.
        (HOUR, [("2026-11-24", RunState.DUE)], True),
        (26 * HOUR, [("2026-11-25", RunState.DUE)], True),
        (9 * DAY, [("2026-12-02", RunState.ABANDONED)], True),
        (9 * DAY + 2 * HOUR, [("2026-12-03", RunState.DUE)], True),
        # Until 21:00: the next comes in less than half a day.
        (13 * HOUR, [("2026-11-24", RunState.ABANDONED)], True),
    ],
)
async def test_there_is_one_for_the_whole_gap_when_we_were_down(
    services: Services, clock: Clock, down: timedelta, expected: list[tuple[str, RunState]], late: bool
) -> None:
    ready = await begin(services, clock)
    clock.now = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)

    clock.leap(down)
    await schedule.tick(ready)

    found = [(run.period, run.state, run.is_late) for run in await known(ready)]
    assert found == [(*one, late) for one in expected]


async def test_weekly_that_was_missed_is_dropped_when_the_next_is_nearer(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock, daily="", weekly='"mon 08:30"')
    clock.now = datetime(2026, 12, 3, 20, 0, tzinfo=UTC)

    await schedule.tick(ready)

    (run,) = await known(ready)
    assert (run.period, run.state, run.skip_reason) == ("2026-11-30", RunState.ABANDONED, runs.TOO_LATE)


async def test_daily_that_was_missed_is_dropped_when_the_weekly_is_nearer(services: Services, clock: Clock) -> None:
    # Due on Friday; on Monday at the same time comes the weekly one, the next daily one on Tuesday.
    ready = await begin(services, clock, datetime(2026, 11, 27, 7, 0, tzinfo=UTC), weekly='"mon 08:30"')
    clock.now = datetime(2026, 11, 29, 7, 0, tzinfo=UTC)

    await schedule.tick(ready)

    (run,) = await known(ready)
    assert (run.period, run.state, run.skip_reason) == ("2026-11-27", RunState.ABANDONED, runs.TOO_LATE)


async def test_one_run_is_made_when_the_clock_rings_in_two_places_at_once(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock)
    clock.now = NOON + DAY

    await asyncio.gather(*(schedule.tick(ready) for _ in range(5)))

    assert await periods(ready) == ["2026-11-24"]


async def test_day_has_one_when_its_time_is_changed_after_it_was_posted(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock)
    await ring(ready, clock, NOON + DAY)
    later = qa(services, daily='"10:00"')

    await ring(later, clock, NOON + DAY + 5 * HOUR)

    assert await periods(ready) == ["2026-11-24"]


async def test_nothing_is_due_while_it_is_paused_and_nothing_is_made_up_for(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock)
    asker = Asker("U0ADA", Via.COMMAND)
    await changing.pause(ready, "qa", asker, None)
    await ring(ready, clock, NOON + 2 * DAY)

    await changing.resume(ready, "qa", asker)
    await ring(ready, clock, NOON + 3 * DAY)

    assert await periods(ready) == ["2026-11-26"]


async def test_it_goes_on_by_itself_when_a_pause_ends(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock)
    # Until Thursday begins in Berlin.
    until = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    await changing.pause(ready, "qa", Asker("U0ADA", Via.COMMAND), until)

    await ring(ready, clock, NOON + 4 * DAY)

    assert await periods(ready) == ["2026-11-26", "2026-11-27"]


async def test_one_asked_for_is_one_however_often_the_request_comes(services: Services, clock: Clock) -> None:
    ready = await begin(services, clock)

    first = await schedule.ask(ready, "qa", "trigger-1")
    again = await schedule.ask(ready, "qa", "trigger-1")
    other = await schedule.ask(ready, "qa", "trigger-2")

    assert first == again != other
    assert [run.slot for run in await known(ready)] == [Slot.ASKED, Slot.ASKED]
    assert await schedule.ask(ready, "nobody", "trigger-3") is None


async def test_no_days_off_and_no_weekend(services: Services, clock: Clock) -> None:
    lines = '  qa: {channel: C0QA, tz: Europe/Berlin, daily: "08:30", sections: [new_bugs]}\ndays_off: [2026-11-25]'
    ready = with_audiences(services, lines)
    clock.now = NOON
    await schedule.tick(ready)

    await ring(ready, clock, NOON + 7 * DAY)

    assert await periods(ready) == ["2026-11-24", "2026-11-26", "2026-11-27", "2026-11-30"]


# When each zone puts its clocks on and back; two that never do stand for the rest.
CHANGES: dict[str, list[tuple[int, int]]] = {
    "America/New_York": [(3, 8), (11, 1)],
    "Europe/Berlin": [(3, 29), (10, 25)],
    "America/Santiago": [(4, 4), (9, 5)],
    "Australia/Lord_Howe": [(4, 4), (10, 3)],
    "Africa/Cairo": [(4, 23), (10, 29)],
    "Asia/Kathmandu": [(3, 29)],
    "Pacific/Apia": [(3, 29)],
}


@pytest.mark.parametrize("zone", CHANGES)
async def test_each_day_has_one_when_clocks_change_while_the_alarm_rings(
    services: Services, clock: Clock, zone: str
) -> None:
    hours = {"working_hours": "{tz: UTC, days: [mon, tue, wed, thu, fri, sat, sun]}"}
    lines = f'  qa: {{channel: C0QA, tz: {zone}, daily: "00:30", sections: [new_bugs]}}\n'
    ready = with_audiences(services, lines + f"working_hours: {hours['working_hours']}")
    for month, day in CHANGES[zone]:
        clock.now = datetime(2026, month, day, 20, tzinfo=UTC) - 3 * DAY
        await schedule.tick(ready)
        before = len(await known(ready))

        await ring(ready, clock, clock.now + 6 * DAY, every=2 * HOUR)

        found = (await periods(ready))[before:]
        assert len(found) == len(set(found)) == 6
