"""Asking the trackers what changed: for installations without a public address, and for deliveries that were missed."""

from functools import partial

from bot.services import Services
from bot.triage import sync
from bot.triage.jobs import JobKind
from bot.triage.tracker_health import Place
from integrations.trackers.base import Changes
from storage import links
from storage.database import WorkspaceSession
from storage.queue import NewJob, defer

LOCAL = "local"
# Of a long outage all is read, but a job holds its lease only so long.
MOST_PAGES = 50


def places(session: WorkspaceSession, services: Services) -> set[Place]:
    """List the projects to ask: those the settings name, and those that something here has an issue in."""
    named = {Place(*services.settings.target_of(key)) for key in (None, *services.settings.components)}
    linked = {Place(tracker, project) for tracker, project in links.projects(session)}
    return {one for one in named | linked if one.tracker != LOCAL and services.trackers.kind(one.tracker) is not None}


def ask_all(session: WorkspaceSession, services: Services, cause: str) -> None:
    """Have every project asked, once per cause: the minute, whoever's clock rings, or a start."""
    for place in places(session, services):
        payload = {"tracker": place.tracker, "project": place.project}
        name = f"poll:{place.tracker}:{place.project}"
        defer(session, NewJob(JobKind.POLL_TRACKER, payload, name, f"{name}:{cause}"))


async def poll(services: Services, place: Place) -> None:
    """Ask a project what changed since the last time, and have it seen here.

    Raises:
        TrackerError: it cannot be asked; the next time goes on from the same place.
    """
    tracker = services.trackers.get(place.tracker, place.project)
    cursor = await services.database.read(
        services.workspace, lambda session: links.cursor(session, place.tracker, place.project).cursor
    )
    for _ in range(MOST_PAGES):
        changes = await tracker.changes_since(cursor)
        cursor = changes.cursor
        await services.database.write(services.workspace, partial(_keep, services, place, changes))
        if not changes.more:
            return


def _keep(services: Services, place: Place, changes: Changes, session: WorkspaceSession) -> None:
    sync.take_in(session, services, place.tracker, changes)
    found = links.cursor(session, place.tracker, place.project)
    found.cursor, found.polled_at = changes.cursor, services.now()
    session.add(found)
