"""When digests are due: one per local day and slot, in every zone, whatever its clocks do."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.digests.slots import Timetable, due_at, following, latest, occurrences, weekly_of
from storage.models import Slot

EVERY_DAY = frozenset(range(7))
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "America/Santiago",  # puts its clocks on at midnight
    "Australia/Lord_Howe",  # by half an hour
    "Africa/Cairo",  # at midnight too
    "Asia/Kathmandu",  # 5:45
    "Pacific/Apia",  # +13, across the date line
    "Pacific/Chatham",  # 12:45, and changes
    "America/St_Johns",  # -3:30
    "Africa/Casablanca",  # puts them back for Ramadan
    "Asia/Kolkata",
    "UTC",
)
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 366


@pytest.mark.parametrize("zone", ZONES)
def test_there_is_one_a_day_when_the_clocks_change_or_not(zone: str) -> None:
    for hour in range(24):
        timetable = Timetable(ZoneInfo(zone), daily=time(hour, 30), days=EVERY_DAY)

        due = list(occurrences(timetable, START, START + timedelta(days=DAYS)))

        days = [date.fromisoformat(one.period) for one in due]
        assert days == [days[0] + timedelta(days=count) for count in range(len(due))], hour
        assert len(due) in (DAYS - 1, DAYS, DAYS + 1)
        for before, one in zip([None, *due], due, strict=False):
            shown = one.due_at.astimezone(timetable.zone)
            assert shown.date().isoformat() == one.period, "never on another day than its own"
            assert shown.time() == time(hour, 30) or _is_in_gap(timetable.zone, one.period, hour), one
            assert latest(timetable, one.due_at) == (one,)
            if before is not None:
                assert latest(timetable, one.due_at - timedelta.resolution) == (before,)
                assert following(timetable, before.due_at) == one


def _is_in_gap(zone: ZoneInfo, day: str, hour: int) -> bool:
    """Say whether a clock never shows a time on a day, found by looking at every minute of it."""
    wanted = datetime.combine(date.fromisoformat(day), time(hour, 30))
    first = wanted.replace(tzinfo=UTC) - timedelta(hours=16)
    shown = {(first + timedelta(minutes=count)).astimezone(zone).replace(tzinfo=None) for count in range(32 * 60)}
    return wanted not in shown


def test_time_that_is_skipped_is_the_first_moment_after_the_gap() -> None:
    # https://www.iana.org/time-zones: Santiago puts its clocks on at 24:00 of Saturday, 5 September 2026.
    assert due_at(ZoneInfo("America/Santiago"), date(2026, 9, 6), time(0, 30)) == datetime(2026, 9, 6, 4, 0, tzinfo=UTC)
    assert due_at(ZoneInfo("Europe/Berlin"), date(2026, 3, 29), time(2, 30)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_time_that_comes_twice_is_the_first_of_the_two() -> None:
    berlin = Timetable(ZoneInfo("Europe/Berlin"), daily=time(2, 30), days=EVERY_DAY)

    due = list(occurrences(berlin, datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)))

    assert [one.due_at for one in due] == [
        datetime(2026, 10, 24, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("name", "weekday"),
    [("mon", 0), ("tue", 1), ("wed", 2), ("thu", 3), ("fri", 4), ("sat", 5), ("sun", 6)],
)
@pytest.mark.parametrize("zone", ZONES)
def test_weekday_is_what_its_name_says(zone: str, name: str, weekday: int) -> None:
    timetable = Timetable(ZoneInfo(zone), weekly=weekly_of(f"{name} 08:30"), days=EVERY_DAY)

    due = list(occurrences(timetable, START, START + timedelta(days=DAYS)))

    assert len(due) in (52, 53)
    assert {one.due_at.astimezone(timetable.zone).weekday() for one in due} == {weekday}


def test_daily_digest_comes_on_working_days_only() -> None:
    timetable = Timetable(
        ZoneInfo("Europe/Berlin"), daily=time(8, 30), days_off=frozenset({date(2026, 12, 24), date(2026, 12, 25)})
    )

    due = occurrences(timetable, datetime(2026, 12, 21, tzinfo=UTC), datetime(2026, 12, 29, tzinfo=UTC))

    assert [one.period for one in due] == ["2026-12-21", "2026-12-22", "2026-12-23", "2026-12-28"]


@pytest.mark.parametrize(
    ("weekly", "off", "expected"),
    [
        ("mon 08:30", [], "2026-12-21"),
        ("mon 08:30", [21], "2026-12-22"),
        ("mon 08:30", [21, 22, 23], "2026-12-24"),
        ("fri 15:00", [25], "2026-12-28"),
        ("thu 10:00", [24, 25], "2026-12-28"),
        ("sun 10:00", [], "2026-12-27"),
        ("sun 10:00", [27], "2026-12-28"),
    ],
)
def test_weekly_digest_moves_to_the_next_working_day_when_its_own_is_off(
    weekly: str, off: list[int], expected: str
) -> None:
    days_off = frozenset(date(2026, 12, day) for day in off)
    timetable = Timetable(ZoneInfo("UTC"), weekly=weekly_of(weekly), days_off=days_off)

    due = list(occurrences(timetable, datetime(2026, 12, 21, tzinfo=UTC), datetime(2026, 12, 28, 23, tzinfo=UTC)))

    assert due[0].period == expected
    assert len([one for one in due if one.period <= expected]) == 1


def test_week_without_a_working_day_has_no_weekly_digest() -> None:
    holidays = frozenset(date(2026, 12, 21) + timedelta(days=count) for count in range(14))
    timetable = Timetable(ZoneInfo("UTC"), weekly=weekly_of("mon 08:30"), days_off=holidays)

    due = occurrences(timetable, datetime(2026, 12, 14, tzinfo=UTC), datetime(2027, 1, 12, tzinfo=UTC))

    assert [one.period for one in due] == ["2026-12-14", "2027-01-04", "2027-01-11"]


def test_weekly_holds_the_daily_when_both_fall_on_one_moment() -> None:
    timetable = Timetable(ZoneInfo("Europe/Berlin"), daily=time(8, 30), weekly=weekly_of("mon 08:30"))

    due = occurrences(timetable, datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC))

    assert Counter(one.slot for one in due) == {Slot.WEEKLY: 1, Slot.DAILY: 4}


def test_both_come_when_they_fall_on_two_moments_of_a_day() -> None:
    timetable = Timetable(ZoneInfo("Europe/Berlin"), daily=time(9, 30), weekly=weekly_of("mon 14:00"))

    due = occurrences(timetable, datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC))

    assert [(one.slot, one.period) for one in due] == [(Slot.DAILY, "2026-11-23"), (Slot.WEEKLY, "2026-11-23")]


def test_months_end_without_a_gap() -> None:
    timetable = Timetable(ZoneInfo("Asia/Kathmandu"), daily=time(23, 59), days=EVERY_DAY)

    due = [one.period for one in occurrences(timetable, START, START + timedelta(days=DAYS))]

    assert {"2026-01-31", "2026-02-28", "2026-03-01", "2026-04-30", "2026-12-31"} <= set(due)
    assert "2026-02-29" not in due


def test_nothing_is_due_when_no_time_is_named() -> None:
    timetable = Timetable(ZoneInfo("UTC"))

    assert latest(timetable, START) == ()
    assert following(timetable, START) is None


def test_nothing_is_due_when_all_days_are_off() -> None:
    off = frozenset(date(2024, 1, 1) + timedelta(days=count) for count in range(1600))
    timetable = replace(Timetable(ZoneInfo("UTC"), daily=time(8), weekly=(0, time(8))), days_off=off)

    assert latest(timetable, START) == ()
    assert following(timetable, START) is None
