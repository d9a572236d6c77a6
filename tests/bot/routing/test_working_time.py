"""Working time: against a count of every single minute, and around the changes of clocks of five zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.routing.settings import Settings, Team
from bot.routing.times import Weekday, WorkingHours
from bot.routing.working_time import (
    HORIZON,
    Calendar,
    add_working,
    calendar_of,
    is_working,
    next_working,
    start_of_day,
    working_between,
)

MINUTE = timedelta(minutes=1)
EVERY_DAY = frozenset(range(7))
# The local date of a change, or of a day that never was, in each zone.
CHANGES = (
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 4, 4)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kolkata", date(2026, 6, 15)),
)
TIMES = (time(0), time(0, 30), time(1, 45), time(2), time(2, 30), time(9), time(17), time(22), time(23, 30))

calendars = st.builds(
    Calendar,
    zone=st.just(ZoneInfo("UTC")),
    days=st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    start=st.sampled_from(TIMES),
    end=st.sampled_from(TIMES),
    days_off=st.just(frozenset()),
)
minutes = st.integers(0, 3 * 24 * 60)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """Draw a calendar, and a whole minute within three days of a change of its zone's clocks."""
    name, day = draw(st.sampled_from(CHANGES))
    plain = draw(calendars)
    days_off = frozenset({day}) if draw(st.booleans()) else frozenset()
    calendar = Calendar(ZoneInfo(name), plain.days, plain.start, plain.end, days_off)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return calendar, midnight + draw(st.integers(-3 * 24 * 60, 3 * 24 * 60)) * MINUTE


def counted(calendar: Calendar, start: datetime, count: int) -> int:
    """Count the working ones among so many minutes, by looking at the team's clock in each."""
    return sum(shows_working(calendar, start + number * MINUTE) for number in range(count))


def shows_working(calendar: Calendar, at: datetime) -> bool:
    shown = at.astimezone(calendar.zone)
    today, now = shown.date(), shown.time()
    yesterday = today - timedelta(days=1)
    if calendar.start < calendar.end:
        return works_on(calendar, today) and calendar.start <= now < calendar.end
    evening = works_on(calendar, today) and now >= calendar.start
    return evening or (works_on(calendar, yesterday) and now < calendar.end)


def works_on(calendar: Calendar, day: date) -> bool:
    return day.weekday() in calendar.days and day not in calendar.days_off


def at(zone: str, text: str) -> datetime:
    """Read a moment as a clock in a zone shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def shown(calendar: Calendar, moment: datetime) -> str:
    return f"{moment.astimezone(calendar.zone):%a %d %b %H:%M}"


@settings(max_examples=60, deadline=None)
@given(situations(), minutes)
def test_working_between_is_the_count_of_minutes(situation: tuple[Calendar, datetime], count: int):
    calendar, start = situation

    found = working_between(calendar, start, start + count * MINUTE)

    assert found == counted(calendar, start, count) * MINUTE


@settings(max_examples=200, deadline=None)
@given(situations())
def test_is_working_is_what_the_clock_shows(situation: tuple[Calendar, datetime]):
    calendar, moment = situation

    assert is_working(calendar, moment) == shows_working(calendar, moment)


@settings(max_examples=150, deadline=None)
@given(situations(), st.integers(1, 40 * 60))
def test_add_and_between_are_inverse(situation: tuple[Calendar, datetime], count: int):
    calendar, start = situation

    end = add_working(calendar, start, count * MINUTE)

    assert working_between(calendar, start, end) == count * MINUTE


@settings(max_examples=150, deadline=None)
@given(situations(), st.integers(1, 40 * 60))
def test_time_added_never_ends_outside_working_hours(situation: tuple[Calendar, datetime], count: int):
    calendar, start = situation

    end = add_working(calendar, start, count * MINUTE)

    # The end of the day is the last moment that counts.
    assert is_working(calendar, end - timedelta.resolution)


@settings(max_examples=100, deadline=None)
@given(situations(), st.integers(0, 20 * 60), st.integers(1, 20 * 60))
def test_time_added_in_two_parts_ends_as_in_one(situation: tuple[Calendar, datetime], first: int, second: int):
    calendar, start = situation

    halfway = add_working(calendar, start, first * MINUTE)

    assert add_working(calendar, halfway, second * MINUTE) == add_working(calendar, start, (first + second) * MINUTE)


@settings(max_examples=100, deadline=None)
@given(situations())
def test_next_working_is_the_first_minute_that_is(situation: tuple[Calendar, datetime]):
    calendar, start = situation

    found = next_working(calendar, start)

    assert is_working(calendar, found)
    assert working_between(calendar, start, found) == timedelta()


@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(1, 30 * 60))
def test_a_day_off_never_makes_it_earlier(situation: tuple[Calendar, datetime], count: int):
    calendar, start = situation
    off = start.astimezone(calendar.zone).date()
    with_day_off = Calendar(calendar.zone, calendar.days, calendar.start, calendar.end, calendar.days_off | {off})

    assert add_working(with_day_off, start, count * MINUTE) >= add_working(calendar, start, count * MINUTE)


def test_a_day_off_adds_a_day_when_it_is_a_working_day():
    berlin = Calendar(ZoneInfo("Europe/Berlin"))
    off = Calendar(ZoneInfo("Europe/Berlin"), days_off=frozenset({date(2026, 11, 24)}))
    monday = at("Europe/Berlin", "2026-11-23 10:00")

    ends = [shown(one, add_working(one, monday, timedelta(hours=10))) for one in (berlin, off)]

    assert ends == ["Tue 24 Nov 12:00", "Wed 25 Nov 12:00"]


def test_time_that_runs_out_with_the_day_ends_at_its_end():
    berlin = Calendar(ZoneInfo("Europe/Berlin"))

    due = add_working(berlin, at("Europe/Berlin", "2026-11-20 17:40"), timedelta(hours=8))

    assert shown(berlin, due) == "Mon 23 Nov 17:00"
    assert not is_working(berlin, due)
    assert shown(berlin, next_working(berlin, due)) == "Tue 24 Nov 09:00"


@pytest.mark.parametrize(
    ("zone", "friday", "due"),
    [
        ("America/New_York", "2026-03-06 15:00", "2026-03-09 18:00+00:00"),
        ("America/New_York", "2026-10-30 15:00", "2026-11-02 19:00+00:00"),
        ("Europe/Berlin", "2026-03-27 15:00", "2026-03-30 12:00+00:00"),
        ("Europe/Berlin", "2026-10-23 15:00", "2026-10-26 13:00+00:00"),
        ("America/Santiago", "2026-04-03 15:00", "2026-04-06 18:00+00:00"),
        ("America/Santiago", "2026-09-04 15:00", "2026-09-07 17:00+00:00"),
        ("Australia/Lord_Howe", "2026-04-03 15:00", "2026-04-06 03:30+00:00"),
        ("Australia/Lord_Howe", "2026-10-02 15:00", "2026-10-05 03:00+00:00"),
    ],
)
def test_monday_is_due_by_the_new_clock_when_clocks_change_on_sunday(zone: str, friday: str, due: str):
    calendar = Calendar(ZoneInfo(zone))

    # Two hours on Friday, five on Monday from nine: 14:00 as the team's clock then shows it.
    found = add_working(calendar, at(zone, friday), timedelta(hours=7))

    assert found == datetime.fromisoformat(due)
    assert shown(calendar, found).endswith("14:00")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        # Midnight itself is skipped, or the hour before it comes twice.
        ("America/Santiago", date(2026, 9, 6), 23),
        ("America/Santiago", date(2026, 4, 4), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Africa/Cairo", date(2026, 10, 29), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        # Samoa went over the date line: this day never was.
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Pacific/Apia", date(2026, 11, 23), 24),
    ],
)
def test_whole_day_is_as_long_as_it_is_when_it_holds_the_change(zone: str, day: date, hours: float):
    others = frozenset(day + timedelta(days=number) for number in range(-5, 6) if number)
    calendar = Calendar(ZoneInfo(zone), EVERY_DAY, time(0), time(0), others)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    assert working_between(calendar, noon - timedelta(days=3), noon + timedelta(days=3)) == timedelta(hours=hours)


def test_hours_that_hold_the_change_count_what_the_clock_shows():
    night = Calendar(ZoneInfo("Europe/Berlin"), EVERY_DAY, time(1), time(4))

    spring = working_between(night, at("Europe/Berlin", "2026-03-29 00:00"), at("Europe/Berlin", "2026-03-29 12:00"))
    autumn = working_between(night, at("Europe/Berlin", "2026-10-25 00:00"), at("Europe/Berlin", "2026-10-25 12:00"))

    assert (spring, autumn) == (timedelta(hours=2), timedelta(hours=4))


def test_night_belongs_to_the_day_on_which_it_begins():
    night = Calendar(ZoneInfo("Europe/Berlin"), frozenset({4}), time(22), time(6))

    assert is_working(night, at("Europe/Berlin", "2026-11-21 05:59"))
    assert not is_working(night, at("Europe/Berlin", "2026-11-20 05:59"))
    assert night.day_length == timedelta(hours=8)


def test_nothing_is_due_beyond_the_horizon_when_a_team_hardly_works():
    minute_a_week = Calendar(days=frozenset({0}), start=time(9), end=time(9, 1))
    start = datetime(2026, 11, 23, tzinfo=UTC)

    assert add_working(minute_a_week, start, timedelta(hours=9_999)) == start + HORIZON


def test_end_before_start_is_no_time():
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert working_between(Calendar(), now, now - timedelta(days=1)) == timedelta()


@pytest.mark.parametrize(
    ("day", "begins"),
    [(date(2026, 11, 24), "Tue 24 Nov 09:00"), (date(2026, 11, 28), "Mon 30 Nov 09:00")],
)
def test_day_begins_with_the_teams_work_on_it_or_on_the_next_it_works(day: date, begins: str):
    berlin = Calendar(ZoneInfo("Europe/Berlin"))

    assert shown(berlin, start_of_day(berlin, day)) == begins


def test_calendar_is_the_teams_own_when_it_has_one():
    hours = WorkingHours.model_validate({"tz": "Asia/Tokyo", "days": ["sun"], "from": "10:00", "to": "15:00"})
    own = Team(channel="C0TOKYO", working_hours=hours)
    known = every_day().model_copy(update={"teams": {"tokyo": own}, "days_off": (date(2026, 12, 24),)})

    tokyo, others = calendar_of(known, "tokyo"), calendar_of(known, "gone")

    assert tokyo == Calendar(
        ZoneInfo("Asia/Tokyo"), frozenset({6}), time(10), time(15), frozenset({date(2026, 12, 24)})
    )
    assert others == Calendar(days=EVERY_DAY, days_off=frozenset({date(2026, 12, 24)}))


def test_days_are_those_of_the_calendar_library():
    assert calendar_of(every_day(), "a").days == EVERY_DAY


def every_day() -> Settings:
    """Make settings of a team that works every day from nine to five."""
    return Settings.model_validate(
        {
            "version": 1,
            "teams": {"a": {"channel": "C0A"}},
            "components": {"a": {"owner": "a"}},
            "working_hours": {"days": list(Weekday)},
        }
    )
