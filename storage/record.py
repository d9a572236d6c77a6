"""Queries over decisions and the audit log."""

from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import AuditEvent, Decision

REPORT = "report"
SETTINGS = "settings"
# What can become of the settings file.
IN_FORCE = "settings_in_force"
REFUSED = "settings_refused"
# A message about a report elsewhere than at its card; the event says in which channel, and its ts.
NOTIFIED = "notify"
POINTED = "point"
NUDGED = "nudge"


def find_request(session: WorkspaceSession, request_key: str | None) -> AuditEvent | None:
    """Find what an earlier delivery of the same request did."""
    if request_key is None:
        return None
    return session.exec(select(AuditEvent).where(AuditEvent.request_key == request_key)).first()


def last_decision(session: WorkspaceSession, report_id: int) -> Decision | None:
    """Find the newest decision on a report that still stands."""
    return next(iter(decisions(session, report_id)), None)


def decisions(session: WorkspaceSession, report_id: int) -> list[Decision]:
    """List the decisions on a report that still stand, newest first."""
    statement = select(Decision).where(
        Decision.subject_type == REPORT,
        Decision.subject_id == report_id,
        col(Decision.undone_by_id).is_(None),
    )
    return list(session.exec(statement.order_by(col(Decision.id).desc())))


def timeline(session: WorkspaceSession, report_id: int) -> list[AuditEvent]:
    """List everything that happened to a report, oldest first."""
    statement = select(AuditEvent).where(AuditEvent.subject_type == REPORT, AuditEvent.subject_id == report_id)
    return list(session.exec(statement.order_by(col(AuditEvent.id))))


def settings_events(session: WorkspaceSession) -> list[AuditEvent]:
    """List what became of the settings file, newest first."""
    found = select(AuditEvent).where(AuditEvent.subject_type == SETTINGS)
    return list(session.exec(found.order_by(col(AuditEvent.id).desc()).limit(200)))


def notices(session: WorkspaceSession, report_id: int) -> list[AuditEvent]:
    """List the messages about a report that stand in other channels than its card's."""
    told = timeline(session, report_id)
    return [event for event in told if event.action in {NOTIFIED, POINTED, NUDGED}]
