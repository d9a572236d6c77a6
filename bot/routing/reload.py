"""What becomes of the settings file, kept in the audit log; the administrators are told once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.routing import mirror
from bot.routing.load import Problem
from bot.routing.settings import Settings
from bot.routing.settings_file import summary
from storage import record
from storage.database import WorkspaceSession
from storage.models import AuditEvent, Via
from storage.queue import NewJob, defer

TELL_ADMIN = "tell_settings"
# As many as a message shows at a glance; `liaison check` shows the rest.
MOST_TOLD = 5


@dataclass(frozen=True)
class Revision:
    """One content of the settings file: its name, what names its content, and when it was looked at."""

    file: str
    digest: str
    at: datetime


def keep_in_force(session: WorkspaceSession, settings: Settings, revision: Revision) -> None:
    """Write settings down as those in force; who heard that a file was refused hears that it is mended."""
    mirror.keep_settings(session, settings)
    defer(session, NewJob(mirror.SYNC_MEMBERS, unique_key=f"members:{revision.digest}:{revision.at.isoformat()}"))
    last = next(iter(record.settings_events(session)), None)
    if last is not None and last.action == record.IN_FORCE and last.after["digest"] == revision.digest:
        return
    event = _keep(session, record.IN_FORCE, revision, {"summary": summary(settings)})
    if last is not None and last.action == record.REFUSED:
        _tell(session, settings, event)


def keep_refused(
    session: WorkspaceSession, in_force: Settings, revision: Revision, problems: Iterable[Problem]
) -> None:
    """Write down that a file is refused, and tell the administrators, once for each content."""
    events = record.settings_events(session)
    if events and events[0].action == record.REFUSED and events[0].after["digest"] == revision.digest:
        return
    lines = [str(problem) for problem in problems]
    more = {"problems": lines[:MOST_TOLD], "count": len(lines)}
    event = _keep(session, record.REFUSED, revision, more)
    if not any(one.action == record.REFUSED and one.after["digest"] == revision.digest for one in events):
        _tell(session, in_force, event)


def _keep(session: WorkspaceSession, action: str, revision: Revision, more: dict[str, Any]) -> AuditEvent:
    after = {"file": revision.file, "digest": revision.digest, **more}
    event = AuditEvent(
        at=revision.at, via=Via.SCHEDULE, subject_type=record.SETTINGS, subject_id=0, action=action, after=after
    )
    session.add(event)
    session.flush()
    return event


def _tell(session: WorkspaceSession, settings: Settings, event: AuditEvent) -> None:
    for slack_user_id in settings.roles.admin:
        # Two processes may find the same file: what it holds names the message, and where it stands in the log.
        before = event.after["digest"] if event.action == record.REFUSED else f"{event.after['digest']}:{event.id}"
        job = NewJob(
            TELL_ADMIN,
            {"event_id": event.id, "slack_user_id": slack_user_id},
            f"dm:{slack_user_id}",
            f"{event.action}:{before}:{slack_user_id}",
        )
        defer(session, job)
