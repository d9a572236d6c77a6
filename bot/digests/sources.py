"""Where the facts of a digest come from, and whether each source could be read: missing is never shown as zero."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.digests.audiences import Reader
from bot.digests.base import ACTIVITY, FORGES, Scope, Section
from bot.digests.facts import Facts, Rank, SourceHealth
from bot.digests.sections import sections
from bot.services import Services
from storage import links, people
from storage.database import WorkspaceSession
from storage.models import SyncCursor

# Trackers are asked each minute. A source that was not read for so long is not believed any more.
STALE_AFTER = timedelta(hours=1)
# A short failure is mended before anybody reads of it.
PATIENCE = timedelta(minutes=10)


def read(session: WorkspaceSession, services: Services, reader: Reader, now: datetime) -> tuple[SourceHealth, ...]:
    """Say how each source is that an audience's sections draw from; every tracker is one of each audience's."""
    by_name: dict[str, list[SyncCursor]] = {}
    for cursor in links.cursors(session):
        by_name.setdefault(cursor.tracker, []).append(cursor)
    asked = {name for section in reader.sections for name in sections()[section].sources}
    asked |= set(FORGES) if ACTIVITY in asked else set()
    wanted = [name for name in by_name if services.trackers.kind(name) is not None or name in asked]
    found = (_health(name, services.title_of(name), by_name[name], now) for name in wanted)
    return tuple(replace(one, told=_told(session, services, by_name[one.name])) for one in found)


def missing(section: Section, failing: Iterable[SourceHealth], scope: Scope) -> Facts:
    """Say that a section cannot be told, and why."""
    titles = " and ".join(one.title for one in failing)
    stale = f"{section.about}: not known, since {titles} could not be read."
    return Facts(section.name, Rank.CHANGED, section.about, stale=stale, is_news=False)


def _health(name: str, title: str, cursors: list[SyncCursor], now: datetime) -> SourceHealth:
    read_at = min((one.polled_at for one in cursors if one.polled_at), default=None)
    failing = [one for one in cursors if one.failing_since and now - one.failing_since >= PATIENCE]
    if failing:
        worst = min(failing, key=lambda one: one.failing_since or now)
        return SourceHealth(name, title, read_at, worst.failing_since, worst.error)
    if read_at is not None and now - read_at >= STALE_AFTER:
        return SourceHealth(name, title, read_at, read_at, "it was not asked since then")
    return SourceHealth(name, title, read_at)


def _told(session: WorkspaceSession, services: Services, cursors: Iterable[SyncCursor]) -> tuple[str, ...]:
    """Name the administrators who were told that one of these cannot be read."""
    if not any(links.is_known_down(session, one) for one in cursors if one.failing_since):
        return ()
    found = (people.known(session, one) for one in services.settings.roles.admin)
    return tuple(one.name for one in found if one is not None and one.name)
