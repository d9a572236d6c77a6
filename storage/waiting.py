"""Queries over what waits for a designer or a reviewer, and over what was deployed for those who test."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_
from sqlalchemy.orm import aliased
from sqlalchemy.sql.operators import ColumnOperators
from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.figures import IS_OPEN
from storage.models import IssueLink, ItemKind, Report, ReportState, SourceItem
from storage.record import REPORT

# What somebody may still wait for.
_OPEN = (ReportState.NEW, ReportState.NEEDS_INFO, ReportState.ACCEPTED, ReportState.IN_PROGRESS)
_OPEN_PULLS = ("open", "draft")
# Those that know of pull requests.
_FORGES = ("github", "gitlab")


def reports_labelled(
    session: WorkspaceSession, labels: Collection[str], created_before: datetime, limit: int
) -> list[Report]:
    """List the open reports that have one of these labels here or in their tracker, the oldest first."""
    issue = and_(col(IssueLink.subject_type) == REPORT, col(IssueLink.subject_id) == Report.id)
    found = (
        select(Report)
        .outerjoin(IssueLink, issue)
        .where(
            IS_OPEN,
            ~col(Report.private),
            Report.created_at <= created_before,
            or_(_has(col(Report.labels), labels), _has(col(IssueLink.labels), labels)),
        )
        .order_by(col(Report.created_at), col(Report.id))
        .limit(limit)
    )
    # State by state, as the index has them: asked for all at once, SQLite reads the reports of all times in order.
    rows = {row.id: row for state in _OPEN for row in session.exec(found.where(Report.state == state))}
    return sorted(rows.values(), key=lambda report: (report.created_at, report.id))[:limit]


def pulls_labelled(session: WorkspaceSession, label: str, opened_before: datetime, limit: int) -> list[SourceItem]:
    """List the open pull requests that have a label, the oldest first."""
    found = select(SourceItem).where(
        SourceItem.kind == ItemKind.PULL_REQUEST,
        col(SourceItem.state).in_(_OPEN_PULLS),
        SourceItem.opened_at <= opened_before,
        _has(col(SourceItem.data), (label,)),
    )
    pulls = session.exec(found.order_by(col(SourceItem.opened_at), col(SourceItem.id)).limit(limit))
    return [pull for pull in pulls if label in {str(one).casefold() for one in pull.data.get("labels", ())}]


def pulls_unreviewed(session: WorkspaceSession, opened_before: datetime, limit: int) -> tuple[list[SourceItem], int]:
    """List the open pull requests that nobody has reviewed, the oldest first, and how many; drafts wait for nobody."""
    review = aliased(SourceItem)
    reviewed = exists().where(
        col(review.kind) == ItemKind.REVIEW,
        col(review.source) == SourceItem.source,
        col(review.parent_external_id) == SourceItem.external_id,
    )
    waits = (
        col(SourceItem.kind) == ItemKind.PULL_REQUEST,
        col(SourceItem.source).in_(_FORGES),
        col(SourceItem.state) == "open",
        col(SourceItem.opened_at) <= opened_before,
        ~reviewed,
    )
    ordered = select(SourceItem).where(*waits).order_by(col(SourceItem.opened_at), col(SourceItem.id))
    found = list(session.exec(ordered.limit(limit)))
    if len(found) < limit:
        return found, len(found)
    return found, session.exec(select(func.count()).select_from(SourceItem).where(*waits)).one()


def deployed(session: WorkspaceSession, limit: int) -> list[SourceItem]:
    """List the deployments that came to a good end, the newest first."""
    found = select(SourceItem).where(SourceItem.kind == ItemKind.DEPLOYMENT, SourceItem.state == "success")
    return list(session.exec(found.order_by(col(SourceItem.opened_at).desc(), col(SourceItem.id).desc()).limit(limit)))


def _has(column: ColumnOperators, labels: Collection[str]) -> ColumnElement[bool]:
    """Say in SQL whether a JSON text holds one of these words, whatever their case; they have no quotes in them."""
    return or_(*(cast(column, String).ilike(f'%"{label}"%') for label in labels))
