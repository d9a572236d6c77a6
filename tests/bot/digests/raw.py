"""All rows of a database, walked through one by one: what figures are by the words of the dictionary.

Nothing here is shared with the queries.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, inspect
from sqlalchemy import select as sql_select
from sqlmodel import select

from storage.database import Database, WorkspaceSession
from storage.models import Decision, Report
from tests.bot.digests.year import NOW

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NO_BUG = {"duplicate", "not_a_bug", "by_design", "withdrawn"}
DAY_OFF = date(2026, 11, 11)


class Raw:
    """All rows, and the few words of the dictionary that everything is made of."""

    def __init__(self, database: Database, session: WorkspaceSession) -> None:
        self.database = database
        self.reports = [one for one in session.exec(select(Report)) if not one.private]
        self.bugs = [one for one in self.reports if one.resolution not in NO_BUG]
        told = {one.id for one in self.reports}
        self.decisions: dict[int, list[Row[Any]]] = {}
        for one in session.execute(sql_select(*inspect(Decision).columns).order_by("id")):
            if one.undone_by_id is None and one.subject_id in told:
                self.decisions.setdefault(one.subject_id, []).append(one)

    def of(self, kinds: set[str], since: datetime | None = None) -> set[int]:
        """Name the reports on which something of these kinds was decided."""
        return {
            report
            for report, decisions in self.decisions.items()
            if any(one.kind in kinds and (since is None or lies(one.at, since)) for one in decisions)
        }

    def weeks(self, moment: Callable[[Report], datetime | None], among: list[Report]) -> list[int]:
        """Count for each of nine weeks, oldest first, those whose moment lies in it."""
        bounds = [back(7 * count) for count in range(9, -1, -1)]
        return [
            sum(1 for one in among if (at := moment(one)) is not None and start < at <= end)
            for start, end in pairwise(bounds)
        ]

    def came_back(self, since: datetime) -> set[int]:
        """Name the reports that were fixed at some time, and sent back or opened again since a moment."""
        return self.of({"fail", "reopen"}, since) & self.of({"fix"})


def back(days: int) -> datetime:
    """Go so many days back on the clock of Berlin."""
    shown = NOW.astimezone(BERLIN).replace(tzinfo=None) - timedelta(days=days)
    return shown.replace(tzinfo=BERLIN).astimezone(UTC)


def lies(at: datetime | None, start: datetime, end: datetime = NOW) -> bool:
    return at is not None and start < at <= end


def working(start: datetime, end: datetime) -> timedelta:
    """Sum up day by day: Monday to Friday, 9 to 17 in Berlin, but for the day off."""
    total, day = timedelta(), start.date() - DAY
    while day <= end.date() + DAY:
        if day.weekday() < 5 and day != DAY_OFF:
            opens = datetime.combine(day, time(9), BERLIN).astimezone(UTC)
            closes = datetime.combine(day, time(17), BERLIN).astimezone(UTC)
            total += max(timedelta(), min(end, closes) - max(start, opens))
        day += DAY
    return total


def place(values: list[float], part: float) -> float:
    """Give the value at a part of the ordered list, between two where it falls there."""
    ordered = sorted(values)
    at = part * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] * (1 - (at - low)) + ordered[high] * (at - low)
