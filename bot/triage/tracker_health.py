"""Whether the trackers answer, kept per project; administrators hear once that one does not, and once that it does."""

import random
from dataclasses import dataclass
from datetime import timedelta

from bot.services import Services
from bot.triage.jobs import JobKind
from integrations.trackers.base import TrackerError
from storage import links
from storage.database import WorkspaceSession
from storage.models import AuditEvent, SyncCursor, Via
from storage.queue import NewJob, defer

TRACKER = "tracker"
DOWN = "tracker_down"
BACK = "tracker_back"
# A short outage is nobody's business: everything waits and is done after it.
PATIENCE = timedelta(minutes=5)
_SHORTEST = timedelta(seconds=2)
_LONGEST = timedelta(minutes=1)


@dataclass(frozen=True)
class Place:
    """A project of a tracker."""

    tracker: str
    project: str


async def note_failure(services: Services, place: Place, failure: TrackerError) -> timedelta:
    """Keep that a tracker did not do what it was asked; return how long to wait before the next try."""

    def unit(session: WorkspaceSession) -> timedelta:
        cursor, now = links.cursor(session, place.tracker, place.project), services.now()
        cursor.failing_since = cursor.failing_since or now
        cursor.error = str(failure)
        session.add(cursor)
        session.flush()
        is_for_good = not failure.retryable and not failure.may_have_happened
        if is_for_good or now - cursor.failing_since >= PATIENCE:
            _tell(session, services, cursor, DOWN)
        return now - cursor.failing_since

    failing = await services.database.write(services.workspace, unit)
    if failure.retry_after is not None:
        return failure.retry_after
    # Jitter is no secret.
    return min(max(failing / 4, _SHORTEST), _LONGEST) * (0.5 + random.random())  # noqa: S311


async def note_success(services: Services, place: Place) -> None:
    """Keep that a tracker answers."""
    cursor = await services.database.read(
        services.workspace, lambda session: links.cursor(session, place.tracker, place.project)
    )
    if cursor.failing_since is None:
        return

    def unit(session: WorkspaceSession) -> None:
        found = links.cursor(session, place.tracker, place.project)
        found.failing_since, found.error = None, ""
        session.add(found)
        session.flush()
        _tell(session, services, found, BACK)

    await services.database.write(services.workspace, unit)


def _tell(session: WorkspaceSession, services: Services, cursor: SyncCursor, what: str) -> None:
    """Tell the administrators, unless that is what they heard last; that it is back only who heard that it was not."""
    events = links.tracker_events(session, cursor.id or 0)
    heard = events[-1].action if events else BACK
    if heard == what:
        return
    event = AuditEvent(
        at=services.now(),
        via=Via.SYNC,
        subject_type=TRACKER,
        subject_id=cursor.id or 0,
        action=what,
        after={
            "tracker": services.trackers.title(cursor.tracker),
            "project": cursor.project,
            "error": cursor.error,
            "since": cursor.failing_since.isoformat() if cursor.failing_since else "",
        },
    )
    session.add(event)
    session.flush()
    for slack_user_id in services.settings.roles.admin:
        payload = {"event_id": event.id, "slack_user_id": slack_user_id}
        key = f"{what}:{event.id}:{slack_user_id}"
        defer(session, NewJob(JobKind.TELL_TRACKER, payload, f"dm:{slack_user_id}", key))
