"""How long reports took, from one of their moments to another; read for those that ended in a time, no others.

What is private is in none. A report that lacks one of the moments, as those do that jumped in a tracker, is in none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, and_, func
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col

from storage.database import WorkspaceSession
from storage.figures import is_told, within
from storage.models import AuditEvent, Decision, Report, Severity, Via
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


@dataclass(frozen=True)
class Rating:
    """What the promise of a report depends on."""

    severity: Severity | None
    proposed_severity: Severity | None
    team_key: str


@dataclass(frozen=True)
class Step:
    """A decision on a report. `rating` is what held right before it; None where a tracker told of it."""

    kind: str
    at: datetime
    rating: Rating | None


@dataclass(frozen=True)
class Course:
    """A report's way through triage: when it came in, and what was decided on it, in order."""

    created_at: datetime
    steps: tuple[Step, ...]


def cycle_times(session: WorkspaceSession, start: datetime, end: datetime) -> list[Span]:
    """List how long reports took from the first work on them to their fix, by the fixes of a time."""
    return _spans(session, col(Report.started_at), col(Report.fixed_at), start, end)


def verification_waits(session: WorkspaceSession, start: datetime, end: datetime) -> list[Span]:
    """List how long fixes waited to be verified, by the verifications of a time."""
    return _spans(session, col(Report.fixed_at), col(Report.verified_at), start, end)


def triage_times(session: WorkspaceSession, start: datetime, end: datetime) -> list[Span]:
    """List how long reports took from coming in to being accepted, by those accepted in a time."""
    return _spans(session, col(Report.created_at), col(Report.triaged_at), start, end)


def courses(session: WorkspaceSession, start: datetime, end: datetime) -> list[Course]:
    """List the ways through triage of the reports on which a team decided in a time, up to its end."""
    before = {row.id: row for row in session.execute(_before(start, end))}
    rows = session.execute(_decisions_up_to(start, end))
    return [_course(list(steps), before) for _, steps in groupby(rows, lambda row: row.subject_id)]


def _spans(
    session: WorkspaceSession, began: Mapped[Any], ended: Mapped[Any], start: datetime, end: datetime
) -> list[Span]:
    statement = sql_select(began, ended, col(Report.team_key)).where(
        within(ended, start, end), began.is_not(None), is_told()
    )
    return [Span(first, max(first, last), team) for first, last, team in session.execute(statement)]


def _decided(start: datetime, end: datetime) -> Select[Any]:
    return sql_select(col(Decision.subject_id)).where(
        col(Decision.kind).in_(DECIDED),
        within(col(Decision.at), start, end),
        col(Decision.subject_type) == REPORT,
        col(Decision.undone_by_id).is_(None),
    )


def _decisions_up_to(start: datetime, end: datetime) -> Select[Any]:
    """Ask for the steps of those reports; what came after the last of those decisions is of no account."""
    last = _decided(start, end).with_only_columns(col(Decision.subject_id), func.max(Decision.id).label("id"))
    decided = last.group_by(col(Decision.subject_id)).subquery()
    rating = (col(Report.severity), col(Report.proposed_severity), col(Report.team_key))
    step: tuple[Any, ...] = (col(Decision.id), col(Decision.subject_id), col(Decision.kind), col(Decision.at))
    return (
        sql_select(*step, col(Report.created_at), *rating)
        .join(Report, and_(col(Decision.subject_type) == REPORT, col(Report.id) == Decision.subject_id))
        .join(decided, and_(decided.c.subject_id == Decision.subject_id, col(Decision.id) <= decided.c.id))
        .where(is_told(), col(Decision.undone_by_id).is_(None), col(Decision.at) <= end)
        .order_by(col(Decision.subject_id), col(Decision.id))
    )


def _before(start: datetime, end: datetime) -> Select[Any]:
    """Ask what the audit log says of the moments before those decisions: by which way they came, and the report."""
    # A decision and its line in the audit log are written together, the decision first. Looked up one by one, for of
    # a join SQLite may read the audit log of all times first.
    event = (
        sql_select(col(AuditEvent.id))
        .where(
            col(AuditEvent.subject_type) == Decision.subject_type,
            col(AuditEvent.subject_id) == Decision.subject_id,
            col(AuditEvent.action) == Decision.kind,
            col(AuditEvent.at) >= Decision.at,
        )
        .correlate(Decision)
        .order_by(col(AuditEvent.id))
        .limit(1)
    )
    of_it = aliased(AuditEvent)
    via, before = (
        sql_select(column).where(col(of_it.id) == event.scalar_subquery()).correlate(Decision).scalar_subquery()
        for column in (col(of_it.via), col(of_it.before))
    )
    return _decided(start, end).with_only_columns(col(Decision.id), via.label("via"), before.label("before"))


def _course(rows: Sequence[Row[Any]], before: dict[int, Row[Any]]) -> Course:
    return Course(rows[0].created_at, tuple(Step(row.kind, row.at, _rating(row, before.get(row.id))) for row in rows))


def _rating(row: Row[Any], event: Row[Any] | None) -> Rating | None:
    """Say what a report was rated when it was decided on; as it is now where the audit log does not know."""
    if event is None or event.before is None:
        return Rating(row.severity, row.proposed_severity, row.team_key)
    if event.via is Via.SYNC:
        return None
    severity = event.before.get("severity")
    return Rating(Severity(severity) if severity else None, row.proposed_severity, row.team_key)
