"""Queries over what was delivered: releases, how long changes and fixes took, and what was decided.

Private reports are in none of them. Each reads only what lies in the time asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, case, exists, func, or_
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Mapped, aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col

from storage import figures
from storage.database import WorkspaceSession
from storage.models import (
    ChangeState,
    Decision,
    Release,
    ReleaseChange,
    Report,
    Resolution,
    Severity,
    SourceItem,
)
from storage.record import REPORT

DECLINED = (Resolution.NOT_A_BUG, Resolution.BY_DESIGN, Resolution.CANNOT_REPRODUCE, Resolution.WILL_NOT_FIX)


@dataclass(frozen=True)
class Taken:
    """How long something took, and when it ended."""

    ended_at: datetime
    length: timedelta


@dataclass(frozen=True)
class Severest:
    """The bugs of one severity: how long those took that were fixed, and how many are open now."""

    fixed: tuple[Taken, ...]
    still_open: int


@dataclass(frozen=True)
class Decided:
    """How many reports left triage in a time, and how."""

    accepted: int
    duplicates: int
    declined: int

    @property
    def total(self) -> int:
        """Give how many there are in all."""
        return self.accepted + self.duplicates + self.declined


def count_releases(session: WorkspaceSession, bounds: Sequence[datetime]) -> list[int]:
    """Count the releases between each two bounds, oldest first; the first bound is outside, the last one inside."""
    when = col(Release.published_at)
    counted = [func.sum(case((_within(when, start, end), 1), else_=0)) for start, end in pairwise(bounds)]
    row = session.execute(
        sql_select(*counted)
        .select_from(Release)
        .where(_within(when, bounds[0], bounds[-1]), col(Release.prerelease).is_(False))
    ).one()
    return [int(one or 0) for one in row]


def lead_times(session: WorkspaceSession, start: datetime, end: datetime) -> list[Taken]:
    """List how long changes waited from their merge to the first release that holds them, by when that came out."""
    earlier, before = aliased(ReleaseChange), aliased(Release)
    was_out = exists().where(
        col(earlier.item_id) == ReleaseChange.item_id,
        col(earlier.release_id) == before.id,
        col(before.prerelease).is_(False),
        col(before.published_at) < Release.published_at,
    )
    statement = (
        sql_select(col(Release.published_at), col(SourceItem.closed_at))
        .join(ReleaseChange, col(ReleaseChange.release_id) == Release.id)
        .join(SourceItem, col(SourceItem.id) == ReleaseChange.item_id)
        .where(_within(col(Release.published_at), start, end), col(Release.prerelease).is_(False), ~was_out)
        .where(col(SourceItem.closed_at).is_not(None), col(SourceItem.state) == "merged")
    )
    rows = session.execute(statement.order_by(col(Release.published_at)))
    return [Taken(published, max(published - merged, timedelta())) for published, merged in rows]


def severest(session: WorkspaceSession, severity: Severity, start: datetime, end: datetime) -> Severest:
    """Say how long the bugs of a severity took that were fixed in a time, and how many are open."""
    of_it = (col(Report.severity) == severity, col(Report.private).is_(False))
    fixed = sql_select(col(Report.fixed_at), col(Report.created_at)).where(
        *of_it, col(Report.resolution) == Resolution.FIXED, _within(col(Report.fixed_at), start, end)
    )
    still_open = figures.count(session, col(Report.severity) == severity, figures.is_open())
    taken = tuple(Taken(at, at - created) for at, created in session.execute(fixed.order_by(col(Report.fixed_at))))
    return Severest(taken, still_open)


def count_came_back(session: WorkspaceSession, start: datetime, end: datetime) -> tuple[int, int]:
    """Count the reports that came back in a time after a fix, and all that were fixed in it or came back."""
    fix = aliased(Decision)
    was_fixed = exists().where(
        col(fix.subject_type) == REPORT, col(fix.subject_id) == Decision.subject_id, col(fix.kind) == "fix"
    )
    is_back = and_(col(Decision.kind).in_(("fail", "reopen")), was_fixed)
    statement = (
        sql_select(
            func.count(func.distinct(case((is_back, Decision.subject_id)))),
            func.count(func.distinct(col(Decision.subject_id))),
        )
        .join(Report, and_(col(Decision.subject_type) == REPORT, col(Report.id) == Decision.subject_id))
        .where(_within(col(Decision.at), start, end), col(Decision.undone_by_id).is_(None))
        .where(col(Decision.kind).in_(("fix", "fail", "reopen")), or_(is_back, col(Decision.kind) == "fix"))
        .where(col(Report.private).is_(False))
    )
    back, fixed = session.execute(statement).one()
    return int(back), int(fixed)


def count_decided(session: WorkspaceSession, start: datetime, end: datetime) -> Decided:
    """Count the reports that left triage in a time; one that was accepted and closed at once counts as closed."""
    closed = _within(col(Report.closed_at), start, end)
    triaged = _within(col(Report.triaged_at), start, end)
    settled = col(Report.resolution).in_((Resolution.DUPLICATE, *DECLINED))
    # Three counts by an index each: one with OR would read all reports of all times.
    duplicates = figures.count(session, closed, col(Report.resolution) == Resolution.DUPLICATE)
    declined = figures.count(session, closed, col(Report.resolution).in_(DECLINED))
    accepted = figures.count(session, triaged) - figures.count(session, triaged, closed, settled)
    return Decided(accepted, duplicates, declined)


def announced(
    session: WorkspaceSession, start: datetime, end: datetime, *, limit: int
) -> tuple[list[tuple[str, ChangeState]], int]:
    """List what was decided on changes of releases in a time, the last decision first, and how many in all."""
    decided = (
        _within(col(ReleaseChange.decided_at), start, end),
        col(ReleaseChange.state).in_((ChangeState.APPROVED, ChangeState.ANNOUNCED, ChangeState.INTERNAL)),
        col(ReleaseChange.by_id).is_not(None),
    )
    found = sql_select(col(ReleaseChange.title), col(ReleaseChange.state)).where(*decided)
    rows = session.execute(found.order_by(col(ReleaseChange.decided_at).desc()).limit(limit))
    total = session.execute(sql_select(func.count()).select_from(ReleaseChange).where(*decided)).scalar_one()
    return [(row.title, row.state) for row in rows], int(total)


def _within(when: Mapped[Any], start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(when > start, when <= end)
