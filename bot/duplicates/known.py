"""The index of each workspace, kept as new as the database it answers for.

Every answer first reads what has changed since the last one, so that several processes on one database find each
other's reports at once. Every change to a report writes an event to the audit log, whose numbers say what is new.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.duplicates.index import Document, Index, Scored
from storage import search
from storage.database import Database, WorkspaceSession
from storage.search import Text

log = structlog.get_logger(__name__)

# Read in one go: some 50 ms, so that whoever waits for the lock or a connection does not wait long.
SLICE = 200
# A question builds the index itself where that takes no longer; else full text answers meanwhile.
PATIENCE = timedelta(milliseconds=100)
IDLE_AFTER = timedelta(hours=6)
# PostgreSQL gives numbers before the commit: an event may come to light after one with a higher number.
OVERLAP = 500
# From so many reports on, a full garbage collection is felt: 20 ms at 10,000, 170 ms at 100,000.
SET_ASIDE_FROM = 5_000


@dataclass
class _Workspace:
    """One index, and up to where in the database it has read."""

    index: Index = field(default_factory=Index)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_ready: bool = False
    report_id: int = 0
    event_id: int | None = None
    looked_until: int | None = None
    verdict_id: int = 0
    events_seen: set[int] = field(default_factory=set)
    said: dict[int, int] = field(default_factory=dict)
    duplicate_of: dict[int, int] = field(default_factory=dict)
    used_at: float = field(default_factory=time.monotonic)


class KnownReports:
    """The indexes of one database, one for each workspace; may be used by several threads."""

    def __init__(self) -> None:
        self._workspaces: dict[str, _Workspace] = {}
        self._lock = threading.Lock()
        self._warming: dict[str, asyncio.Task[None]] = {}

    def search(
        self, session: WorkspaceSession, title: str, body: str, *, now: datetime, limit: int, besides: int | None = None
    ) -> list[Scored]:
        """Find reports that may be the same; private ones are not in the index.

        While the index is being built, the best by full text are compared.
        """
        return self._ask(
            session,
            f"{title} {body}",
            lambda index: index.search(title, body, now=now, limit=limit, besides=besides),
        )

    def nearest(
        self, session: WorkspaceSession, title: str, body: str, *, now: datetime, limit: int, besides: int | None = None
    ) -> list[Scored]:
        """Find the most similar reports, each by itself, for votes; private ones are not in the index."""
        return self._ask(
            session,
            f"{title} {body}",
            lambda index: index.nearest(title, body, now=now, limit=limit, besides=besides),
        )

    def warm_soon(self, database: Database, workspace: str) -> None:
        """Begin to build the index of a workspace in the background, if it is not there yet; call on the loop."""
        running = self._warming.get(workspace)
        if not self._known(workspace).is_ready and (running is None or running.done()):
            self._warming[workspace] = asyncio.create_task(self.warm(database, workspace), name="duplicates")

    async def warm(self, database: Database, workspace: str) -> None:
        """Build the index of a workspace slice by slice, each a short read of its own."""
        known = self._known(workspace)
        started = time.perf_counter()

        def unit(session: WorkspaceSession) -> bool:
            with known.lock:
                return _catch_up(session, known, timedelta())

        try:
            is_complete = False
            while not is_complete:
                is_complete = await database.read(workspace, unit)
        except RuntimeError:
            # The database was closed meanwhile: the process ends, and nobody will ask.
            return
        if len(known.index) >= SET_ASIDE_FROM:
            await asyncio.to_thread(_set_aside)
        log.info("duplicates_ready", reports=len(known.index), seconds=round(time.perf_counter() - started, 2))

    def forget_idle(self, after: timedelta = IDLE_AFTER) -> None:
        """Drop the indexes that nobody has asked for so long."""
        oldest = time.monotonic() - after.total_seconds()
        with self._lock:
            for workspace, known in list(self._workspaces.items()):
                if known.used_at <= oldest:
                    del self._workspaces[workspace]

    def count(self, workspace: str) -> int:
        """Count the reports of a workspace that can be found by now."""
        return len(self._known(workspace).index)

    def _ask(self, session: WorkspaceSession, words: str, question: Callable[[Index], list[Scored]]) -> list[Scored]:
        """Ask the index once it knows what is new; while it is being built, one of what full text finds for `words`."""
        known = self._known(session.workspace)
        if known.lock.acquire(blocking=known.is_ready):
            try:
                if _catch_up(session, known, PATIENCE):
                    return question(known.index)
            finally:
                known.lock.release()
        return question(_by_full_text(session, words))

    def _known(self, workspace: str) -> _Workspace:
        with self._lock:
            known = self._workspaces.setdefault(workspace, _Workspace())
            if known.index.wasted > len(known.index) + 1000:
                known = self._workspaces[workspace] = _Workspace()
            known.used_at = time.monotonic()
            return known


def _catch_up(session: WorkspaceSession, known: _Workspace, patience: timedelta) -> bool:
    """Read what is new; return whether the index is complete. The caller holds the lock.

    A unit that writes may see what is never committed, so it asks the index as it is.
    """
    if not session.reads_only:
        return known.is_ready
    newest = search.newest_change(session)
    if known.is_ready and newest == known.looked_until and _is_in_order(session):
        return True
    if known.event_id is None:
        known.event_id = newest
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        texts = search.texts_after(session, known.report_id, limit=SLICE)
        for one in texts:
            _learn(known, one)
        known.report_id = max([known.report_id, *(one.report_id for one in texts)])
        if len(texts) < SLICE:
            break
        if not known.is_ready and time.monotonic() >= deadline:
            return False
    changed = _changed(session, known)
    if changed:
        _refresh(session, known, changed)
    _hear(session, known, changed)
    known.looked_until = newest
    known.is_ready = True
    return True


def _set_aside() -> None:
    """Have the garbage collector look no more at what is there now.

    It would go through every word and title of an index again and again while somebody waits, and find nothing: an
    index has no cycles, so that it is freed as soon as nobody holds it, set aside or not. The price: garbage in cycles
    among what is old is kept. That is why it is collected first, and why small indexes are left alone.
    """
    gc.collect()
    gc.freeze()


def _is_in_order(session: WorkspaceSession) -> bool:
    """Say whether events come to light in the order of their numbers, so that no new number means nothing new."""
    return session.connection().dialect.name == "sqlite"


def _changed(session: WorkspaceSession, known: _Workspace) -> set[int]:
    """List the reports that something happened to since the last look."""
    assert known.event_id is not None
    in_order = _is_in_order(session)
    events = search.changes_after(session, known.event_id - (0 if in_order else OVERLAP))
    new = [(event_id, report_id) for event_id, report_id in events if event_id not in known.events_seen]
    known.event_id = max([known.event_id, *(event_id for event_id, _ in events)])
    if not in_order:
        oldest = known.event_id - OVERLAP
        known.events_seen = {event_id for event_id, _ in events if event_id > oldest}
    return {report_id for _, report_id in new}


def _refresh(session: WorkspaceSession, known: _Workspace, report_ids: set[int]) -> None:
    texts = {one.report_id: one for one in search.texts_of(session, report_ids)}
    for report_id in report_ids:
        if report_id in texts:
            _learn(known, texts[report_id])
        else:
            known.index.remove(report_id)
            known.said.pop(report_id, None)
            _lead_to(known, report_id, None)


def _learn(known: _Workspace, one: Text) -> None:
    """Put what a report says now into the index, if it says anything new."""
    _lead_to(known, one.report_id, one.duplicate_of_id)
    if one.private:
        known.index.remove(one.report_id)
        known.said.pop(one.report_id, None)
        return
    said = hash((one.title, one.body))
    if known.said.get(one.report_id) != said:
        known.said[one.report_id] = said
        known.index.add(Document(one.report_id, one.created_at, one.title, one.body))


def _lead_to(known: _Workspace, report_id: int, original_id: int | None) -> None:
    """Keep of which report this one is a duplicate; None: of none, or not any more."""
    before = known.duplicate_of.pop(report_id, None)
    if before is not None and before != original_id:
        known.index.forget(report_id, before)
    if original_id is not None:
        known.duplicate_of[report_id] = original_id
        known.index.confirm(report_id, original_id)


def _hear(session: WorkspaceSession, known: _Workspace, changed: set[int]) -> None:
    """Take in what people said of pairs of reports."""
    verdicts = search.verdicts_after(session, known.verdict_id)
    if changed:
        verdicts += search.verdicts_on(session, changed)
    for verdict in verdicts:
        known.verdict_id = max(known.verdict_id, verdict.id or 0)
        if verdict.same:
            known.index.confirm(verdict.report_id, verdict.other_id)
        else:
            known.index.refuse(verdict.report_id, verdict.other_id)


def _by_full_text(session: WorkspaceSession, words: str) -> Index:
    """Make a small index of the reports that full text finds."""
    hits = search.find(session, words, titles_only=True)
    index = Index()
    for one in search.texts_of(session, [hit.report_id for hit in hits]):
        if not one.private:
            index.add(Document(one.report_id, one.created_at, one.title, one.body))
    return index
