"""Queries over issues in trackers, their comments, and what was pulled from elsewhere."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import col, func, select

from storage import record, reports
from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    ImportRun,
    IssueComment,
    IssueFile,
    IssueLink,
    Release,
    Report,
    Shown,
    SourceItem,
    SyncCursor,
)

# In the audit log: what is told of, and what became of it.
TRACKER = "tracker"
DOWN = "tracker_down"
BACK = "tracker_back"
# How many ids fit into one statement on every database.
_MOST_IDS = 500
_FORMER = "former"


def get(session: WorkspaceSession, link_id: int) -> IssueLink | None:
    """Find a link by its id."""
    return session.exec(select(IssueLink).where(IssueLink.id == link_id)).first()


def outside(session: WorkspaceSession, report: Report | None) -> IssueLink | None:
    """Find the issue in a tracker that a report's thread is talked about in; a private one's is not."""
    if report is None or report.private or report.id is None:
        return None
    link = reports.issue(session, report.id)
    return link if link is not None and link.tracker != "local" else None


def let_go(session: WorkspaceSession, link: IssueLink) -> None:
    """Keep a link only as something that was: nothing is said or heard by it any more."""
    link.subject_type = f"{_FORMER}:{link.id}"
    session.add(link)
    session.flush()


def was_let_go(session: WorkspaceSession, report_id: int) -> bool:
    """Say whether somebody took a report's issue from it, so that none is made by itself."""
    former = select(IssueLink.id).where(
        col(IssueLink.subject_type).startswith(f"{_FORMER}:"), IssueLink.subject_id == report_id
    )
    return session.exec(former).first() is not None


def by_external(
    session: WorkspaceSession, tracker: str, project: str, external_ids: Collection[str]
) -> dict[str, IssueLink]:
    """Map those of a project's issues that belong to a report to their links."""
    found: dict[str, IssueLink] = {}
    wanted = sorted(one for one in external_ids if one)
    for start in range(0, len(wanted), _MOST_IDS):
        statement = select(IssueLink).where(
            IssueLink.tracker == tracker,
            func.lower(IssueLink.project) == project.lower(),
            IssueLink.subject_type == record.REPORT,
            col(IssueLink.external_id).in_(wanted[start : start + _MOST_IDS]),
        )
        found |= {link.external_id: link for link in session.exec(statement)}
    return found


def by_marker(session: WorkspaceSession, markers: Collection[str]) -> list[IssueLink]:
    """Find the links that issues with these markers were made for."""
    return list(session.exec(select(IssueLink).where(col(IssueLink.marker).in_(list(markers))))) if markers else []


def projects(session: WorkspaceSession) -> set[tuple[str, str]]:
    """List the projects, as (tracker, project), that something here has an issue in."""
    found = session.exec(select(IssueLink.tracker, IssueLink.project).where(IssueLink.tracker != "local").distinct())
    return {(tracker, project) for tracker, project in found}


def comment(session: WorkspaceSession, comment_id: int) -> IssueComment | None:
    """Find a comment by its id."""
    return session.exec(select(IssueComment).where(IssueComment.id == comment_id)).first()


def comment_by_message(session: WorkspaceSession, channel: str, ts: str) -> IssueComment | None:
    """Find the comment that is this message."""
    return session.exec(select(IssueComment).where(IssueComment.channel == channel, IssueComment.ts == ts)).first()


def comments(session: WorkspaceSession, link_id: int) -> list[IssueComment]:
    """List the comments of an issue that are known here, in the order they came."""
    statement = select(IssueComment).where(IssueComment.link_id == link_id)
    return list(session.exec(statement.order_by(col(IssueComment.id))))


def file(session: WorkspaceSession, file_id: int) -> IssueFile | None:
    """Find a file that is to be copied by its id."""
    return session.exec(select(IssueFile).where(IssueFile.id == file_id)).first()


def files(session: WorkspaceSession, link_id: int) -> list[IssueFile]:
    """List the files that were to be copied into an issue, in the order they came."""
    return list(session.exec(select(IssueFile).where(IssueFile.link_id == link_id).order_by(col(IssueFile.id))))


def cursor(session: WorkspaceSession, tracker: str, project: str) -> SyncCursor:
    """Find how far a project was read, or begin to remember it."""
    known = select(SyncCursor).where(SyncCursor.tracker == tracker, SyncCursor.project == project)
    found = session.exec(known).first()
    return found if found is not None else SyncCursor(tracker=tracker, project=project)


def cursors(session: WorkspaceSession) -> list[SyncCursor]:
    """List how far each project was read, and how that goes."""
    return list(session.exec(select(SyncCursor).order_by(col(SyncCursor.tracker), col(SyncCursor.project))))


def keep_item(session: WorkspaceSession, item: SourceItem) -> bool:
    """Keep what was pulled, unless something newer is known; return whether it was news."""
    known = session.exec(
        select(SourceItem).where(
            SourceItem.source == item.source,
            SourceItem.kind == item.kind,
            SourceItem.external_id == item.external_id,
        )
    ).first()
    if known is None:
        session.add(item)
        session.flush()
        return True
    if known.updated_at > item.updated_at:
        return False
    fresh = item.model_dump(exclude={"id", "workspace", "component_key"})
    is_news = any(getattr(known, name) != value for name, value in fresh.items())
    known.sqlmodel_update(fresh)
    session.add(known)
    return is_news


def keep_release(session: WorkspaceSession, release: Release) -> None:
    """Keep a release; a later word on the same tag replaces the earlier one."""
    known = session.exec(
        select(Release).where(
            Release.source == release.source, Release.repo == release.repo, Release.tag == release.tag
        )
    ).first()
    if known is not None:
        known.sqlmodel_update(release.model_dump(exclude={"id", "workspace"}))
    session.add(known or release)


def tracker_events(session: WorkspaceSession, cursor_id: int) -> list[AuditEvent]:
    """List what became of a project's tracker, oldest first."""
    statement = select(AuditEvent).where(AuditEvent.subject_type == TRACKER, AuditEvent.subject_id == cursor_id)
    return list(session.exec(statement.order_by(col(AuditEvent.id))))


def is_known_down(session: WorkspaceSession, cursor: SyncCursor) -> bool:
    """Say whether the last that administrators heard of a project's tracker is that it is down."""
    events = tracker_events(session, cursor.id or 0)
    return bool(events) and events[-1].action == DOWN


def import_run(session: WorkspaceSession, run_id: int) -> ImportRun | None:
    """Find an import by its id."""
    return session.exec(select(ImportRun).where(ImportRun.id == run_id)).first()


def import_runs(session: WorkspaceSession) -> list[ImportRun]:
    """List the imports, the newest first."""
    return list(session.exec(select(ImportRun).order_by(col(ImportRun.id).desc())))


def last_import(session: WorkspaceSession, tracker: str, project: str) -> ImportRun | None:
    """Find the newest import of a project."""
    statement = select(ImportRun).where(ImportRun.tracker == tracker, ImportRun.project == project)
    return session.exec(statement.order_by(col(ImportRun.id).desc())).first()


def show_now(
    session: WorkspaceSession, channel: str, tracker: str, external_id: str, now: datetime, again_after: timedelta
) -> bool:
    """Say whether an issue may be shown in a channel again, and keep that it is."""
    known = session.exec(
        select(Shown).where(Shown.channel == channel, Shown.tracker == tracker, Shown.external_id == external_id)
    ).first()
    if known is not None and now - known.at < again_after:
        return False
    known = known or Shown(channel=channel, tracker=tracker, external_id=external_id, at=now)
    known.at = now
    session.add(known)
    return True
