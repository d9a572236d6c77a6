"""Queries over what people said of pairs of reports."""

from datetime import datetime

from sqlmodel import select

from storage.database import WorkspaceSession
from storage.models import DuplicateVerdict


def refuse(session: WorkspaceSession, report_id: int, other_id: int, *, by_id: int, at: datetime) -> None:
    """Keep that two reports are not the same, in place of what was said of them before."""
    verdict = between(session, report_id, other_id)
    if verdict is None:
        first, second = sorted((report_id, other_id))
        verdict = DuplicateVerdict(report_id=first, other_id=second, same=False, by_id=by_id, at=at)
    verdict.same, verdict.by_id, verdict.at = False, by_id, at
    session.add(verdict)
    session.flush()


def between(session: WorkspaceSession, report_id: int, other_id: int) -> DuplicateVerdict | None:
    """Find what was said of two reports, in either order."""
    first, second = sorted((report_id, other_id))
    pair = (DuplicateVerdict.report_id == first, DuplicateVerdict.other_id == second)
    return session.exec(select(DuplicateVerdict).where(*pair)).first()


def forget(session: WorkspaceSession, report_id: int, other_id: int) -> None:
    """Take back what was said of two reports; nothing when nothing was."""
    verdict = between(session, report_id, other_id)
    if verdict is not None:
        session.delete(verdict)
        session.flush()
