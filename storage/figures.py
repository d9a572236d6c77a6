"""Counts and lists of reports for digests: what falls into a time, and what there is now; private reports are in none.

A time is given by two moments, the first outside and the second inside, so that times that join count nothing twice.
What is a duplicate, no bug or was taken back is no bug; this may be known later, so counts of the past may fall.
Each reads by an index what lies in its time, or what is open; none walks through what is over. A query that selects
only what is computed names its table by `select_from`: without it, the session does not see that it reads rows of a
workspace, and reads those of all.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, and_, case, func, literal_column, or_
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col

from storage.database import WorkspaceSession
from storage.models import FoundIn, Report, ReportState, Resolution, Severity

NO_BUG = (Resolution.DUPLICATE, Resolution.NOT_A_BUG, Resolution.BY_DESIGN, Resolution.WITHDRAWN)
# Not fixed and not over.
OPEN = tuple(state for state in ReportState if state not in {ReportState.FIXED, ReportState.CLOSED})
# In the words of the partial indexes `ix_report_open` and `ix_report_backlog`: a database knows that one of them holds
# what a query asks for only if the query says the same, and not by a parameter.
IS_OPEN: ColumnElement[bool] = col(Report.state) != literal_column("'closed'")
IN_BACKLOG: ColumnElement[bool] = col(Report.state).in_([literal_column("'accepted'"), literal_column("'in_progress'")])


def within(when: Mapped[Any], start: datetime, end: datetime) -> ColumnElement[bool]:
    """Make the condition that a moment lies in a time."""
    return and_(when > start, when <= end)


def is_told() -> ColumnElement[bool]:
    """Make the condition that a report may be told of at all."""
    return col(Report.private).is_(False)


def is_bug() -> ColumnElement[bool]:
    """Make the condition that a report may be told of, and is a bug as far as is known."""
    return and_(is_told(), or_(col(Report.resolution).is_(None), col(Report.resolution).not_in(NO_BUG)))


def is_open() -> ColumnElement[bool]:
    """Make the condition that a report is not fixed and not over; by `ix_report_open`."""
    return and_(IS_OPEN, col(Report.state).in_(OPEN))


def count(session: WorkspaceSession, *conditions: ColumnElement[bool]) -> int:
    """Count the reports that fit."""
    statement = sql_select(func.count()).select_from(Report).where(is_told(), *conditions)
    return int(session.execute(statement).scalar_one())


def count_new(session: WorkspaceSession, bounds: Sequence[datetime]) -> list[int]:
    """Count the bugs that came in between each two bounds, oldest first."""
    return _between(session, col(Report.created_at), bounds, is_bug())


def count_closed(session: WorkspaceSession, bounds: Sequence[datetime]) -> list[int]:
    """Count the bugs that were closed between each two bounds, for whatever reason but that they were none."""
    return _between(session, col(Report.closed_at), bounds, is_bug())


def count_verified(session: WorkspaceSession, bounds: Sequence[datetime]) -> list[int]:
    """Count the fixes that were verified between each two bounds."""
    return _between(session, col(Report.verified_at), bounds, is_told())


def count_fixed(session: WorkspaceSession, start: datetime, end: datetime) -> int:
    """Count the reports that were fixed in a time and are fixed still."""
    return count(session, within(col(Report.fixed_at), start, end))


def count_regressions(session: WorkspaceSession, start: datetime, end: datetime) -> int:
    """Count the new bugs that are an old one come again."""
    is_again = col(Report.regression_of_id).is_not(None)
    return count(session, within(col(Report.created_at), start, end), is_bug(), is_again)


def count_by_severity(session: WorkspaceSession, *conditions: ColumnElement[bool]) -> dict[Severity | None, int]:
    """Count the reports that fit, by how bad they are; None: not rated yet."""
    statement = sql_select(col(Report.severity), func.count()).select_from(Report).where(is_told(), *conditions)
    return {severity: int(found) for severity, found in session.execute(statement.group_by(col(Report.severity)))}


def count_open(session: WorkspaceSession) -> dict[Severity | None, int]:
    """Count the reports that are not fixed, by how bad they are."""
    return count_by_severity(session, is_open())


def fixes_waiting(session: WorkspaceSession) -> tuple[int, datetime | None]:
    """Say how many fixes wait to be verified, and since when the oldest does."""
    return _waiting(session, ReportState.FIXED, col(Report.fixed_at))


def untriaged(session: WorkspaceSession) -> tuple[int, datetime | None]:
    """Say how many reports wait for triage, and since when the oldest does."""
    return _waiting(session, ReportState.NEW, col(Report.created_at))


def overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Make the conditions that a report waits for triage longer than was promised."""
    return (col(Report.state) == ReportState.NEW, col(Report.due_at) <= now)


def unowned() -> tuple[ColumnElement[bool], ...]:
    """Make the conditions that a report is accepted, and nobody has it."""
    return (IS_OPEN, col(Report.state) == ReportState.ACCEPTED, col(Report.owner_id).is_(None))


def count_escaped(session: WorkspaceSession, start: datetime, end: datetime) -> tuple[int, int]:
    """Count the new bugs of a time that were met in production, and all of them."""
    escaped = func.sum(case((col(Report.found_in) == FoundIn.PRODUCTION, 1), else_=0))
    statement = sql_select(escaped, func.count()).select_from(Report)
    found, new = session.execute(statement.where(within(col(Report.created_at), start, end), is_bug())).one()
    return int(found or 0), int(new)


def escaped_by_component(session: WorkspaceSession, start: datetime, end: datetime) -> list[tuple[str | None, int]]:
    """Count the new bugs of a time that were met in production, by component, the most first."""
    found = func.count()
    statement = (
        sql_select(col(Report.component_key), found)
        .select_from(Report)
        .where(within(col(Report.created_at), start, end), is_bug(), col(Report.found_in) == FoundIn.PRODUCTION)
        .group_by(col(Report.component_key))
        .order_by(found.desc(), col(Report.component_key))
    )
    return [(key, int(number)) for key, number in session.execute(statement)]


def backlog_ages(session: WorkspaceSession, now: datetime, parts: Sequence[float]) -> tuple[int, list[float]]:
    """Say how many accepted bugs are not done, and the age in days below which each of these parts of them lies."""
    total = count(session, IN_BACKLOG)
    if not total:
        return 0, []
    created = col(Report.created_at)
    youngest_first = sql_select(created).where(is_told(), IN_BACKLOG).order_by(created.desc())
    return total, [_age_at(session, youngest_first, part * (total - 1), now) for part in parts]


def listed(
    session: WorkspaceSession, *conditions: ColumnElement[bool], order: Sequence[Any], limit: int
) -> list[Report]:
    """List the reports that fit."""
    statement = sql_select(Report).where(is_told(), *conditions)
    return list(session.execute(statement.order_by(*order).limit(limit)).scalars())


def _between(
    session: WorkspaceSession, when: Mapped[Any], bounds: Sequence[datetime], condition: ColumnElement[bool]
) -> list[int]:
    sums = [func.sum(case((within(when, start, end), 1), else_=0)) for start, end in pairwise(bounds)]
    statement = sql_select(*sums).select_from(Report).where(within(when, bounds[0], bounds[-1]), condition)
    row = session.execute(statement).one()
    return [int(one or 0) for one in row]


def _waiting(session: WorkspaceSession, state: ReportState, since: Mapped[Any]) -> tuple[int, datetime | None]:
    waits = (is_told(), IS_OPEN, col(Report.state) == state)
    number, oldest = session.execute(sql_select(func.count(), func.min(since)).select_from(Report).where(*waits)).one()
    return int(number), oldest


def _age_at(session: WorkspaceSession, ordered: Select[Any], place: float, now: datetime) -> float:
    """Give the age at a place of an ordered list, between two of them where it falls there."""
    low = int(place)
    created = [row[0] for row in session.execute(ordered.offset(low).limit(2))]
    ages = [(now - one) / timedelta(days=1) for one in created]
    return float(ages[0] + (ages[-1] - ages[0]) * (place - low))
