"""Reading the sources that are no trackers, now and then, and keeping what stands there."""

from datetime import datetime, timedelta

from bot.digests.jobs import DigestJob
from bot.services import Services
from integrations.sources.base import SourceChanges
from integrations.trackers.base import Item
from storage import digests, frames, links
from storage.database import WorkspaceSession
from storage.models import SourceItem
from storage.queue import NewJob, defer

EVERY = timedelta(minutes=10)
# Since when there is something to compare with.
READ_SINCE = "figma_since"
# What is read here, and not with the trackers.
SOURCES = frozenset({frames.FIGMA})
GONE = "gone"


def ask_all(session: WorkspaceSession, services: Services) -> None:
    """Have every file that the settings name read, once in ten minutes."""
    figma = services.settings.figma
    files = tuple(figma.files) if figma is not None else ()
    frames.forget_others(session, files)
    turn = int(services.now().timestamp() // EVERY.total_seconds())
    for file_key in files:
        name = f"poll:{frames.FIGMA}:{file_key}"
        payload = {"source": frames.FIGMA, "project": file_key}
        defer(session, NewJob(DigestJob.POLL_SOURCE, payload, name, f"{name}:{turn}"))


async def poll(services: Services, source: str, project: str) -> None:
    """Read a project of a source, and keep what stands there now.

    Raises:
        TrackerError: it cannot be read; what is known of it stays.
    """
    client = services.sources.get(source, project)
    cursor = await services.database.read(
        services.workspace, lambda session: links.cursor(session, source, project).cursor
    )
    changes = await client.changes_since(cursor)
    await services.database.write(
        services.workspace, lambda session: _keep(session, services, source, project, changes)
    )


def _keep(session: WorkspaceSession, services: Services, source: str, project: str, changes: SourceChanges) -> None:
    now = services.now()
    for item in changes.items:
        links.keep_item(session, _row(services, source, item))
    _close_gone(session, project, changes, now)
    found = links.cursor(session, source, project)
    found.cursor, found.polled_at = changes.cursor, now
    session.add(found)
    if not digests.fact(session, READ_SINCE):
        digests.learn(session, READ_SINCE, now.isoformat())


def _close_gone(session: WorkspaceSession, project: str, changes: SourceChanges, now: datetime) -> None:
    """Close what stands there no more. `updated_at` stays: it is the source's time, and what comes back is older."""
    there = {(item.kind, item.external_id) for item in changes.items}
    for kind in changes.whole:
        for row in frames.open_items(session, kind, (project,)):
            if (row.kind, row.external_id) not in there:
                row.state, row.closed_at = GONE, now
                session.add(row)


def _row(services: Services, source: str, item: Item) -> SourceItem:
    figma = services.settings.figma
    return SourceItem(
        source=source,
        project=item.project,
        kind=item.kind,
        external_id=item.external_id,
        title=item.title,
        url=item.url,
        author=item.author,
        state=item.state,
        component_key=figma.files.get(item.project) if figma is not None else None,
        data=dict(item.data),
        opened_at=item.opened_at,
        updated_at=item.updated_at,
        closed_at=item.closed_at,
    )
