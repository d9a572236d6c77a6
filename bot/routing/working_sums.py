"""Working time between many pairs of moments: summed up once, then looked up."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from bot.routing.working_time import Calendar, stretches

_NONE = timedelta()


class WorkingSums:
    """How long a team works between any two of the moments from `start` to `end`; as `working_between`, but quick."""

    def __init__(self, calendar: Calendar, start: datetime, end: datetime) -> None:
        self._stretches = list(stretches(calendar, start.astimezone(UTC), end.astimezone(UTC)))
        self._begins = [begin for begin, _ in self._stretches]
        self._sums = list(accumulate((end - begin for begin, end in self._stretches), initial=_NONE))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Sum up how long the team works from `start` to `end`; nothing where the end comes first."""
        return max(self._until(end) - self._until(start), _NONE)

    def _until(self, at: datetime) -> timedelta:
        place = bisect_right(self._begins, at) - 1
        if place < 0:
            return _NONE
        begin, end = self._stretches[place]
        return self._sums[place] + min(at, end) - begin


def sums_over(calendar: Calendar, pairs: Iterable[tuple[datetime, datetime]]) -> WorkingSums:
    """Make the sums for these pairs of moments, each the earlier first; at least one."""
    moments = [moment for pair in pairs for moment in pair]
    return WorkingSums(calendar, min(moments), max(moments))
