"""Whether the trackers do what they are asked, kept per project.

Administrators hear once that one does not, and once that it does. That it can be read says nothing about what it
refused: this is tried anew now and then, and what waited follows as soon as it is taken.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from bot.services import Services
from bot.triage import filing
from bot.triage.jobs import JobKind
from integrations.trackers.base import TrackerError
from storage import links, reports
from storage.database import WorkspaceSession
from storage.links import BACK, DOWN, TRACKER
from storage.models import AuditEvent, Job, JobState, SyncCursor, Via
from storage.queue import NewJob, defer
from storage.queue.table import retry_dead

# A short outage is nobody's business: everything waits and is done after it.
PATIENCE = timedelta(minutes=5)
# So seldom is tried anew what was refused; whoever gave the permission that was missing waits no longer.
PROBE_EVERY = timedelta(minutes=10)
_SHORTEST = timedelta(seconds=2)
_LONGEST = timedelta(minutes=1)
_WRITES = (
    JobKind.FILE_ISSUE,
    JobKind.FILE_FRAME,
    JobKind.SYNC_ISSUE,
    JobKind.SEND_COMMENT,
    JobKind.DELETE_COMMENT,
    JobKind.COPY_FILE,
)


@dataclass(frozen=True)
class Place:
    """A project of a tracker."""

    tracker: str
    project: str


def place_of(session: WorkspaceSession, services: Services, payload: Mapping[str, Any]) -> Place | None:
    """Find the project a job is about, by its link, its comment or its report; None for what stays in Liaison."""
    if "report_id" in payload:
        link = reports.issue(session, int(payload["report_id"]))
        if link is None:
            report = reports.get(session, int(payload["report_id"]))
            tracker, project = filing.target(services, report) if report else (filing.LOCAL, "")
            return Place(tracker, project) if tracker != filing.LOCAL else None
    elif "comment_id" in payload:
        comment = links.comment(session, int(payload["comment_id"]))
        link = links.get(session, comment.link_id) if comment else None
    else:
        link = links.get(session, int(payload["link_id"]))
    return Place(link.tracker, link.project) if link is not None and link.tracker != "local" else None


async def note_failure(
    services: Services, place: Place, failure: TrackerError, *, kind: str, is_news: bool = True
) -> timedelta:
    """Keep that a tracker did not do a job of this kind; return how long to wait before the next try.

    Administrators do not hear of what is no news: that something was refused once more.
    """

    def unit(session: WorkspaceSession) -> timedelta:
        cursor, now = links.cursor(session, place.tracker, place.project), services.now()
        cursor.failing_since = cursor.failing_since or now
        cursor.error = str(failure)
        session.add(cursor)
        session.flush()
        is_for_good = not failure.retryable and not failure.may_have_happened
        if (is_for_good and is_news) or now - cursor.failing_since >= PATIENCE:
            _tell(session, services, cursor, DOWN, refused=kind if is_for_good else "")
        return now - cursor.failing_since

    failing = await services.database.write(services.workspace, unit)
    if failure.retry_after is not None:
        return failure.retry_after
    # Jitter is no secret.
    return min(max(failing / 4, _SHORTEST), _LONGEST) * (0.5 + random.random())  # noqa: S311


async def note_success(services: Services, place: Place, *, kind: str) -> None:
    """Keep that a tracker did a job of this kind; what it refused meanwhile is done now."""
    cursor = await services.database.read(
        services.workspace, lambda session: links.cursor(session, place.tracker, place.project)
    )
    if cursor.failing_since is None:
        return

    def unit(session: WorkspaceSession) -> None:
        found = links.cursor(session, place.tracker, place.project)
        since, refused = found.failing_since, _refused_kind(session, found)
        if since is None:
            return
        if refused not in {"", kind}:
            _probe(session, services, place, refused, since)
            return
        found.failing_since, found.error = None, ""
        session.add(found)
        session.flush()
        # Only then: what is refused even so is not tried again and again.
        if _tell(session, services, found, BACK):
            for job in _given_up(session, services, place, _WRITES, since):
                retry_dead(session, services.now(), job.id)

    await services.database.write(services.workspace, unit)


def _refused_kind(session: WorkspaceSession, cursor: SyncCursor) -> str:
    """Name the kind of job whose refusal administrators heard of last; empty if that is over, or was no refusal."""
    events = links.tracker_events(session, cursor.id or 0)
    return str(events[-1].after.get("refused", "")) if events and events[-1].action == DOWN else ""


def _probe(session: WorkspaceSession, services: Services, place: Place, kind: str, since: datetime) -> None:
    """Try the first of the refused jobs anew, if none was refused lately; so what waited keeps its order."""
    now = services.now()
    refused = _given_up(session, services, place, (kind,), since)
    if refused and not _given_up(session, services, place, (kind,), now - PROBE_EVERY):
        retry_dead(session, now, refused[0].id)


def _given_up(
    session: WorkspaceSession, services: Services, place: Place, kinds: tuple[str, ...], since: datetime
) -> list[Job]:
    """List the jobs of a project that were given up since then, in the order they were made."""
    dead = select(Job).where(Job.state == JobState.DEAD, col(Job.kind).in_(kinds), col(Job.finished_at) >= since)
    return [
        job for job in session.exec(dead.order_by(col(Job.id))) if place_of(session, services, job.payload) == place
    ]


def _tell(session: WorkspaceSession, services: Services, cursor: SyncCursor, what: str, *, refused: str = "") -> bool:
    """Tell the administrators, unless that is what they heard last; return whether they are told.

    That it is back only hears who heard that it was not.
    """
    events = links.tracker_events(session, cursor.id or 0)
    heard = events[-1].action if events else BACK
    if heard == what:
        return False
    event = AuditEvent(
        at=services.now(),
        via=Via.SYNC,
        subject_type=TRACKER,
        subject_id=cursor.id or 0,
        action=what,
        after={
            "tracker": services.title_of(cursor.tracker),
            "project": cursor.project,
            "error": cursor.error,
            "since": cursor.failing_since.isoformat() if cursor.failing_since else "",
            "refused": refused,
            "is_only_read": services.sources.kind(cursor.tracker) is not None,
        },
    )
    session.add(event)
    session.flush()
    for slack_user_id in services.settings.roles.admin:
        payload = {"event_id": event.id, "slack_user_id": slack_user_id}
        key = f"{what}:{event.id}:{slack_user_id}"
        defer(session, NewJob(JobKind.TELL_TRACKER, payload, f"dm:{slack_user_id}", key))
    return True
