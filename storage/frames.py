"""Queries over what was read from Figma, and over the issues of its frames."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, func, select

from storage.database import WorkspaceSession
from storage.models import AuditEvent, IssueLink, ItemKind, SourceItem, SyncCursor

FIGMA = "figma"
# The subject of an IssueLink whose subject is a SourceItem of this kind.
FRAME = "frame"
# More stand in no team's files at a time.
MOST = 5000
# As many ids as fit into one statement on every database.
_MOST_IDS = 500


def open_items(session: WorkspaceSession, kind: ItemKind, files: Collection[str]) -> list[SourceItem]:
    """List what stands in some files now, the oldest first."""
    return standing(session, kind, files, None)


def standing(
    session: WorkspaceSession, kind: ItemKind, files: Collection[str], at: datetime | None
) -> list[SourceItem]:
    """List what stood in some files at a moment, as far as it was read; None: what stands there now."""
    found = select(SourceItem).where(
        SourceItem.source == FIGMA, SourceItem.kind == kind, col(SourceItem.project).in_(files)
    )
    if at is None:
        found = found.where(col(SourceItem.closed_at).is_(None))
    else:
        found = found.where(
            SourceItem.opened_at <= at, or_(col(SourceItem.closed_at).is_(None), col(SourceItem.closed_at) > at)
        )
    return list(session.exec(found.order_by(col(SourceItem.opened_at), col(SourceItem.id)).limit(MOST)))


def hold(session: WorkspaceSession, item_ids: Iterable[int]) -> list[SourceItem]:
    """Load frames by their ids, and hold them against other writers."""
    found = select(SourceItem).where(col(SourceItem.id).in_(list(item_ids)), SourceItem.kind == ItemKind.FIGMA_FRAME)
    return list(session.exec(found.order_by(col(SourceItem.id)).with_for_update()))


def issues(session: WorkspaceSession, item_ids: Iterable[int]) -> dict[int, IssueLink]:
    """Map frames to their issues; one that is still to be made has no `external_id`."""
    wanted = select(IssueLink).where(IssueLink.subject_type == FRAME, col(IssueLink.subject_id).in_(list(item_ids)))
    return {link.subject_id: link for link in session.exec(wanted.order_by(col(IssueLink.id).desc()))}


def by_external(
    session: WorkspaceSession, tracker: str, project: str, external_ids: Collection[str]
) -> list[IssueLink]:
    """List the links of frames to some issues of a project."""
    found: list[IssueLink] = []
    wanted = sorted(external_ids)
    for start in range(0, len(wanted), _MOST_IDS):
        statement = select(IssueLink).where(
            IssueLink.subject_type == FRAME,
            IssueLink.tracker == tracker,
            func.lower(IssueLink.project) == project.lower(),
            col(IssueLink.external_id).in_(wanted[start : start + _MOST_IDS]),
        )
        found += session.exec(statement)
    return found


def unread(session: WorkspaceSession, files: Collection[str]) -> set[str]:
    """Say which of some files were never read yet."""
    read = select(SyncCursor).where(SyncCursor.tracker == FIGMA, col(SyncCursor.polled_at).is_not(None))
    return set(files) - {cursor.project for cursor in session.exec(read)}


def forget_others(session: WorkspaceSession, files: Collection[str]) -> None:
    """Forget how the reading of files goes that are not read any more."""
    gone = select(SyncCursor).where(SyncCursor.tracker == FIGMA, col(SyncCursor.project).not_in(files))
    for cursor in session.exec(gone):
        session.delete(cursor)


def asked_by(session: WorkspaceSession, item_id: int) -> int | None:
    """Say who asked for the issue of a frame last; None where nobody did."""
    asked = select(AuditEvent.actor_id).where(AuditEvent.subject_type == FRAME, AuditEvent.subject_id == item_id)
    return session.exec(asked.order_by(col(AuditEvent.id).desc()).limit(1)).first()


def ready_since(session: WorkspaceSession, files: Collection[str], since: datetime) -> list[SourceItem]:
    """List the frames that were marked ready since a moment, also those that no longer are, the oldest first."""
    found = select(SourceItem).where(
        SourceItem.source == FIGMA,
        SourceItem.kind == ItemKind.FIGMA_FRAME,
        col(SourceItem.project).in_(files),
        SourceItem.opened_at > since,
    )
    return list(session.exec(found.order_by(col(SourceItem.opened_at)).limit(MOST)))


def pulls_since(session: WorkspaceSession, since: datetime) -> list[SourceItem]:
    """List the pull requests that were opened since a moment, the oldest first."""
    found = select(SourceItem).where(SourceItem.kind == ItemKind.PULL_REQUEST, SourceItem.opened_at > since)
    return list(session.exec(found.order_by(col(SourceItem.opened_at)).limit(MOST)))
