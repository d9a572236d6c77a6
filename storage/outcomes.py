"""What people finally made of reports: read for suggestions, never of a private one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_
from sqlalchemy import select as sql_select
from sqlmodel import col

from storage.database import WorkspaceSession
from storage.models import Report, Severity


@dataclass(frozen=True)
class Outcome:
    """What a triaged report is known by, and what its team set."""

    report_id: int
    key: str
    title: str
    body: str
    component: str | None
    severity: Severity | None
    owner_id: int | None
    labels: tuple[str, ...]


def outcomes_of(session: WorkspaceSession, report_ids: Collection[int]) -> list[Outcome]:
    """Read what people set on those of the reports that they decided on."""
    return [_outcome(row) for row in session.execute(_decided().where(col(Report.id).in_(report_ids)))]


def newest_outcomes(session: WorkspaceSession, *, limit: int) -> list[Outcome]:
    """Read what people set on the newest reports they decided on, newest first."""
    return [_outcome(row) for row in session.execute(_decided().order_by(col(Report.id).desc()).limit(limit))]


def _decided() -> Any:
    """Ask for what a person accepted or moved; what only a rule chose teaches nothing but that rule."""
    by_person = or_(col(Report.triaged_at).is_not(None), col(Report.route_corrected).is_(True))
    return sql_select(
        col(Report.id),
        col(Report.number),
        col(Report.title),
        col(Report.what),
        col(Report.component_key),
        col(Report.severity),
        col(Report.owner_id),
        col(Report.labels),
    ).where(col(Report.private).is_(False), by_person)


def _outcome(row: Any) -> Outcome:
    return Outcome(
        report_id=row.id,
        key=f"BUG-{row.number}",
        title=row.title,
        body=row.what,
        component=row.component_key,
        severity=row.severity,
        owner_id=row.owner_id,
        labels=tuple(row.labels),
    )
