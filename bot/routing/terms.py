"""What is promised of a report: how long its triage may take, and in which time that is counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol

from bot.routing.settings import Settings
from bot.routing.times import Promise
from bot.routing.working_time import Calendar, add_working, calendar_of, next_working, working_between
from storage.models import Severity

# Nobody said how bad it is: then it is taken for bad.
UNRATED = Severity.S2


class Stage(IntEnum):
    """How far the nudges of a promise have come; `Report.nudges` holds it. The last three are reminders."""

    QUIET = 0
    ACT_SOON = 1
    OVERDUE = 2
    ESCALATED = 3
    FIRST_REMINDER = 4
    SECOND_REMINDER = 5
    LAST_REMINDER = 6


class Rated(Protocol):
    """What a promise depends on: a report, or what is known of one."""

    @property
    def severity(self) -> Severity | None:
        """Give how bad somebody said it is."""

    @property
    def proposed_severity(self) -> Severity | None:
        """Give how bad a rule supposes it is."""

    @property
    def team_key(self) -> str:
        """Give whose hours count."""


@dataclass(frozen=True)
class Terms:
    """A promise of so long, in the team's working time or by the clock."""

    length: timedelta
    is_working: bool
    calendar: Calendar

    @property
    def quarter(self) -> timedelta:
        """Give how much is left when the team is told to act soon; a promise is an hour at least."""
        return self.length / 4

    def ends(self, start: datetime, duration: timedelta) -> datetime:
        """Give the moment by which so much time has passed since `start`."""
        return add_working(self.calendar, start, duration) if self.is_working else start + duration

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Give how much time passes between two moments; nothing where the end comes first."""
        if self.is_working:
            return working_between(self.calendar, start, end)
        return max(timedelta(), end - start)

    def may_nudge(self, at: datetime) -> datetime:
        """Give the first moment from `at` on for a nudge: in working hours; at once for a promise by the clock."""
        return next_working(self.calendar, at) if self.is_working else at


def terms_of(settings: Settings, report: Rated) -> Terms | None:
    """Give the terms of a report by its severity and team; None where nothing is promised."""
    # A rule's proposal of S1 counts until somebody rates it: what it was written for must not wait for a day.
    supposed = Severity.S1 if report.proposed_severity is Severity.S1 else UNRATED
    promise: Promise | None = getattr(settings.promises, report.severity or supposed)
    if promise is None:
        return None
    return Terms(timedelta(hours=promise.hours), promise.working, calendar_of(settings, report.team_key))
