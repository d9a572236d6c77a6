"""Working time of a team: pure arithmetic over its hours, its days off and the clock changes of its zone.

It is working time while the team's own clock shows an hour of a day that it works. So an hour that a change of clocks
skips counts nothing, and one that it repeats counts twice. Time that runs out with the working day ends at 17:00 of
that day, not at 09:00 of the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.routing.settings import Settings
from bot.routing.times import Weekday

# Whatever takes longer than this is never due; it bounds the search where a team hardly ever works.
HORIZON = timedelta(days=3660)
# No zone changes its clocks twice within a day.
_STEP = timedelta(days=1)
_WEEK = tuple(Weekday)


@dataclass(frozen=True)
class Calendar:
    """When a team works: from `start` to `end` of each day in `days` (0 is Monday), but for its days off.

    `end` is no longer working time. An end at or before the start is that of the next day, so 00:00 to 00:00 is the
    whole day, and 22:00 to 06:00 is a night that belongs to the day on which it begins.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    days: frozenset[int] = frozenset(range(5))
    start: time = time(9)
    end: time = time(17)
    days_off: frozenset[date] = frozenset()

    @property
    def day_length(self) -> timedelta:
        """Give how long the team works on a day without a change of clocks."""
        begin, end = _hours(self, date(2001, 1, 1))
        return end - begin


def calendar_of(settings: Settings, team_key: str) -> Calendar:
    """Make the calendar of a team; one the settings do not know has the hours of all."""
    team = settings.teams.get(team_key)
    hours = (team.working_hours if team else None) or settings.working_hours
    return Calendar(
        zone=ZoneInfo(hours.tz),
        days=frozenset(_WEEK.index(day) for day in hours.days),
        start=hours.start,
        end=hours.end,
        days_off=frozenset(settings.days_off),
    )


def is_working(calendar: Calendar, at: datetime) -> bool:
    """Say whether the team works at a moment."""
    shown = at.astimezone(calendar.zone).replace(tzinfo=None, fold=0)
    for day in (shown.date() - timedelta(days=1), shown.date()):
        begin, end = _hours(calendar, day)
        if _is_workday(calendar, day) and begin <= shown < end:
            return True
    return False


def next_working(calendar: Calendar, at: datetime) -> datetime:
    """Give the first moment from `at` on at which the team works, in UTC."""
    return add_working(calendar, at, timedelta())


def add_working(calendar: Calendar, start: datetime, duration: timedelta) -> datetime:
    """Give the moment by which the team has worked so long since `start`, in UTC; `HORIZON` later at most.

    No time at all gives the next working moment.
    """
    limit = start.astimezone(UTC) + HORIZON
    left = duration
    for begin, end in stretches(calendar, start.astimezone(UTC), limit):
        if left <= end - begin:
            return begin + left
        left -= end - begin
    return limit


def working_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Sum up how long the team works from `start` to `end`; nothing where the end comes first."""
    spans = stretches(calendar, start.astimezone(UTC), end.astimezone(UTC))
    return sum((until - since for since, until in spans), timedelta())


def stretches(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the stretches of working time between two moments, in order."""
    for since, until, offset in _pieces(calendar.zone, start, end):
        day = (since + offset).date() - timedelta(days=1)
        while day <= (until + offset).date():
            if _is_workday(calendar, day):
                begins, ends = (shown.replace(tzinfo=UTC) - offset for shown in _hours(calendar, day))
                begin, stop = max(since, begins), min(until, ends)
                if begin < stop:
                    yield begin, stop
            day += timedelta(days=1)


def start_of_day(calendar: Calendar, day: date) -> datetime:
    """Give when the team begins to work on a day, or on the next one that it works, in UTC."""
    begin, _ = _hours(calendar, day)
    return next_working(calendar, begin.replace(tzinfo=calendar.zone))


def _hours(calendar: Calendar, day: date) -> tuple[datetime, datetime]:
    """Give begin and end of a working day as the team's clock shows them."""
    is_next_day = calendar.end <= calendar.start
    last = day + timedelta(days=1) if is_next_day else day
    return datetime.combine(day, calendar.start), datetime.combine(last, calendar.end)


def _is_workday(calendar: Calendar, day: date) -> bool:
    return day.weekday() in calendar.days and day not in calendar.days_off


def _pieces(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut the time between two moments so that the zone's offset is one and the same in each piece."""
    since = start
    while since < end:
        until = min(since + _STEP, end)
        offset = _offset(zone, since)
        if _offset(zone, until) != offset:
            until = _change(zone, since, until)
        yield since, until, offset
        since = until


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Find the first moment that has another offset than `before`; `after` has."""
    offset = _offset(zone, before)
    while after - before > timedelta.resolution:
        middle = before + (after - before) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
