"""How long reports took, from one of their moments to another; read for those that ended in a time, no others.

What is private is in none. A report that lacks one of the moments, as those do that jumped in a tracker, is in none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from storage.database import WorkspaceSession
from storage.figures import is_told, within
from storage.models import Decision, Report
from storage.record import REPORT

# What ends triage by a decision of the team.
DECIDED = ("accept", "take", "duplicate", "decline")


@dataclass(frozen=True)
class Span:
    """From when to when something took; the team's hours are what it is counted in where that is asked for."""

    started_at: datetime
    ended_at: datetime
    team_key: str = ""

    @property
    def days(self) -> float:
        """Give its length in days of the calendar."""
        return (self.ended_at - self.started_at) / timedelta(days=1)


def cycle_times(session: WorkspaceSession, start: datetime, end: datetime) -> list[Span]:
    """List how long reports took from the first work on them to their fix, by the fixes of a time."""
    return _spans(session, col(Report.started_at), col(Report.fixed_at), start, end)


def verification_waits(session: WorkspaceSession, start: datetime, end: datetime) -> list[Span]:
    """List how long fixes waited to be verified, by the verifications of a time."""
    return _spans(session, col(Report.fixed_at), col(Report.verified_at), start, end)


def triage_times(session: WorkspaceSession, start: datetime, end: datetime) -> list[Span]:
    """List how long reports took from coming in to being accepted, by those accepted in a time."""
    return _spans(session, col(Report.created_at), col(Report.triaged_at), start, end)


def promises(session: WorkspaceSession, start: datetime, end: datetime) -> tuple[int, int]:
    """Count the decisions of a time that kept the promise to decide, and all of which that was promised.

    Each says of itself whether it was in time. What a tracker told of, and what was taken back, is in none.
    """
    in_time = col(Decision.facts)["in_time"].as_boolean()
    statement = (
        sql_select(func.count(case((in_time, 1))), func.count())
        .join(Report, and_(col(Decision.subject_type) == REPORT, col(Report.id) == Decision.subject_id))
        .where(col(Decision.kind).in_(DECIDED), within(col(Decision.at), start, end), is_told())
        .where(col(Decision.undone_by_id).is_(None), in_time.is_not(None))
    )
    kept, whole = session.execute(statement).one()
    return int(kept), int(whole)


def _spans(
    session: WorkspaceSession, began: Mapped[Any], ended: Mapped[Any], start: datetime, end: datetime
) -> list[Span]:
    statement = sql_select(began, ended, col(Report.team_key)).where(
        within(ended, start, end), began.is_not(None), is_told()
    )
    return [Span(first, max(first, last), team) for first, last, team in session.execute(statement)]
