"""Reports listed for what was decided on them: so many at most, and how many there are; private ones are in none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col

from storage.database import WorkspaceSession
from storage.figures import is_told, within
from storage.models import Decision, Report
from storage.record import REPORT

_SENT_BACK = ("fail", "reopen")


@dataclass(frozen=True)
class Decided:
    """Reports with the decision each is listed for, the first of them; `total` counts all."""

    rows: tuple[tuple[Report, Decision], ...]
    total: int


def came_back(session: WorkspaceSession, start: datetime, end: datetime, limit: int) -> Decided:
    """List the fixes that failed verification or were reopened in a time, each with the last such decision."""
    fix = aliased(Decision)
    was_fixed = exists().where(
        col(fix.subject_type) == REPORT, col(fix.subject_id) == Decision.subject_id, col(fix.kind) == "fix"
    )
    statement = _with_decision().where(
        col(Decision.kind).in_(_SENT_BACK),
        col(Decision.undone_by_id).is_(None),
        within(col(Decision.at), start, end),
        was_fixed,
        is_told(),
    )
    keys = (col(Decision.subject_id), col(Decision.id), col(Report.severity))
    # The last of each is found here: asked to group or order them, SQLite reads the decisions of all times.
    rows = sorted(tuple(row) for row in session.execute(statement.with_only_columns(*keys)))
    last = {subject: (severity or "unrated", number) for subject, number, severity in rows}
    chosen = [number for _, number in sorted(last.values())[:limit]]
    found = session.execute(_with_decision().where(col(Decision.id).in_(chosen), is_told()))
    listed = sorted(found, key=lambda row: chosen.index(row[1].id or 0))
    return Decided(tuple((report, decision) for report, decision in listed), len(last))


def decided_lately(
    session: WorkspaceSession,
    kinds: Sequence[str],
    since: datetime,
    *conditions: ColumnElement[bool],
    limit: int,
) -> Decided:
    """List the reports that fit and whose last decision is of a kind, and later than a moment."""
    later = aliased(Decision)
    is_last = ~exists().where(
        col(later.subject_type) == REPORT,
        col(later.subject_id) == Decision.subject_id,
        col(later.undone_by_id).is_(None),
        col(later.id) > Decision.id,
    )
    statement = _with_decision().where(
        col(Decision.kind).in_(kinds),
        col(Decision.at) > since,
        col(Decision.undone_by_id).is_(None),
        is_last,
        is_told(),
        *conditions,
    )
    return _decided(session, statement, (col(Decision.at), col(Report.id)), limit)


def _with_decision() -> Select[Report, Decision]:
    same = and_(col(Decision.subject_type) == REPORT, col(Decision.subject_id) == Report.id)
    return sql_select(Report, Decision).select_from(Report).join(Decision, same)


def _decided(
    session: WorkspaceSession, statement: Select[Report, Decision], order: Sequence[Any], limit: int
) -> Decided:
    rows = tuple((report, decision) for report, decision in session.execute(statement.order_by(*order).limit(limit)))
    total = len(rows)
    if total == limit:
        total = int(session.execute(statement.with_only_columns(func.count())).scalar_one())
    return Decided(rows, total)
