"""When a digest is due: pure arithmetic over the audience's own clock and calendar.

One slot per local calendar day, whatever the clocks do: a time that a change of clocks skips is the first moment after
the gap, one that it repeats is the first of the two. A daily digest is due on working days. A weekly one whose day is
off moves to the next day that is not. Where both fall on one moment, the weekly one is posted and holds the daily.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.digests.audiences import Reader
from bot.routing.settings import Settings
from bot.routing.times import Weekday
from storage.models import Slot

_WEEK = tuple(Weekday)
# Longer than any run of days off; a team that never works gets no daily digest.
_HORIZON_DAYS = 400
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timetable:
    """When an audience reads, on its own clock. `days` are its working days, 0 is Monday."""

    zone: ZoneInfo
    daily: time | None = None
    weekly: tuple[int, time] | None = None
    days: frozenset[int] = frozenset(range(5))
    days_off: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Occurrence:
    """One time at which a digest is due; `period` names it: the local date, or a release."""

    slot: Slot
    period: str
    due_at: datetime


def timetable_of(settings: Settings, reader: Reader) -> Timetable:
    """Make the timetable of an audience; it reads on the days on which all work."""
    audience = reader.audience
    return Timetable(
        zone=reader.zone,
        daily=audience.daily,
        weekly=weekly_of(audience.weekly) if audience.weekly else None,
        days=frozenset(_WEEK.index(day) for day in settings.working_hours.days),
        days_off=frozenset(settings.days_off),
    )


def weekly_of(text: str) -> tuple[int, time]:
    """Read "mon 08:30"."""
    day, clock = text.split()
    return _WEEK.index(Weekday(day)), time.fromisoformat(f"{clock:0>5}")


def due_at(zone: ZoneInfo, day: date, clock: time) -> datetime:
    """Give the moment in UTC at which the clock of `zone` shows a time on a day, or would if it were not put on."""
    shown = datetime.combine(day, clock).replace(tzinfo=zone, fold=0)
    moment = shown.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return moment
    return _end_of_gap(zone, shown)


def latest(timetable: Timetable, at: datetime) -> tuple[Occurrence, ...]:
    """Give the last occurrence of each slot that was due at a moment or before, the earlier first."""
    last: dict[Slot, Occurrence] = {}
    wanted = (timetable.daily is not None) + (timetable.weekly is not None)
    day = at.astimezone(timetable.zone).date() + DAY
    for _ in range(_HORIZON_DAYS):
        for one in reversed(_on(timetable, day)):
            if one.due_at <= at:
                last.setdefault(one.slot, one)
        if len(last) == wanted:
            break
        day -= DAY
    return tuple(sorted(last.values(), key=lambda one: one.due_at))


def following(timetable: Timetable, after: datetime, slot: Slot | None = None) -> Occurrence | None:
    """Give the next occurrence after a moment, of one slot or of any; None if there never is one."""
    coming = occurrences(timetable, after, after + DAY * _HORIZON_DAYS)
    return next((one for one in coming if slot in (None, one.slot) and one.due_at > after), None)


def occurrences(timetable: Timetable, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """Give what is due from a moment to another, both included, in order."""
    day = start.astimezone(timetable.zone).date() - DAY
    last = end.astimezone(timetable.zone).date() + DAY
    while day <= last:
        yield from (one for one in _on(timetable, day) if start <= one.due_at <= end)
        day += DAY


def _on(timetable: Timetable, day: date) -> list[Occurrence]:
    """List what is due on a local day, in order."""
    found = []
    if timetable.weekly is not None and _is_weekly_day(timetable, day):
        found.append(Occurrence(Slot.WEEKLY, day.isoformat(), due_at(timetable.zone, day, timetable.weekly[1])))
    if timetable.daily is not None and day.weekday() in timetable.days and day not in timetable.days_off:
        daily = Occurrence(Slot.DAILY, day.isoformat(), due_at(timetable.zone, day, timetable.daily))
        if all(one.due_at != daily.due_at for one in found):
            found.append(daily)
    return sorted(found, key=lambda one: one.due_at)


def _is_weekly_day(timetable: Timetable, day: date) -> bool:
    """Say whether the week's digest is due on a day: its own, or the first working day after it if that is off."""
    assert timetable.weekly is not None
    own = timetable.weekly[0]

    def is_off(one: date) -> bool:
        return one in timetable.days_off or (one.weekday() != own and one.weekday() not in timetable.days)

    late = (day.weekday() - own) % 7
    return not is_off(day) and all(is_off(day - DAY * ago) for ago in range(1, late + 1))


def _end_of_gap(zone: ZoneInfo, shown: datetime) -> datetime:
    """Find the first moment after the clocks were put on over a time that they never show."""
    # Read with the offset before and after the change, such a time gives one moment on each side of it.
    before, after = sorted(shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta.resolution:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
