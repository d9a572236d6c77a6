"""What the words of past reports say of components, for each workspace: kept as new as the database.

Only the newest reports are counted, so that it follows the product; all of it is read anew at a start.
"""

import threading
from dataclasses import dataclass, field

from bot.duplicates.known import OVERLAP
from bot.suggestions.statistics import Marks, Statistics, marks
from storage import outcomes, search
from storage.database import WorkspaceSession
from storage.outcomes import Lesson

# Read in less than a second; more make the suggestions no better.
NEWEST = 4000


@dataclass
class _Workspace:
    """The counts of one workspace, and up to which event in the audit log they are right."""

    statistics: Statistics = field(default_factory=Statistics)
    lock: threading.Lock = field(default_factory=threading.Lock)
    event_id: int | None = None
    events_seen: set[int] = field(default_factory=set)
    # In the order they were learnt, so that the oldest can make room.
    taught: dict[int, tuple[Marks, str]] = field(default_factory=dict)


class PastWords:
    """What words say of components, one set of counts for each workspace; may be used by several threads."""

    def __init__(self) -> None:
        self._workspaces: dict[str, _Workspace] = {}
        self._lock = threading.Lock()

    def shares(self, session: WorkspaceSession, title: str, body: str) -> dict[str, float]:
        """Say how likely each component is by the words; empty while another thread reads the past."""
        with self._lock:
            known = self._workspaces.setdefault(session.workspace, _Workspace())
        if not known.lock.acquire(blocking=known.event_id is not None):
            return {}
        try:
            # What a unit that writes sees may never be committed.
            if session.reads_only:
                _catch_up(session, known)
            return known.statistics.shares(marks(title, body))
        finally:
            known.lock.release()


def _catch_up(session: WorkspaceSession, known: _Workspace) -> None:
    if known.event_id is None:
        newest = search.newest_change(session)
        for one in reversed(outcomes.newest_lessons(session, limit=NEWEST)):
            _learn(known, one)
        known.event_id = newest
        return
    changed = _changed(session, known, known.event_id)
    if not changed:
        return
    found = {one.report_id: one for one in outcomes.lessons_of(session, changed)}
    for report_id in changed:
        _forget(known, report_id)
        if report_id in found:
            _learn(known, found[report_id])


def _changed(session: WorkspaceSession, known: _Workspace, event_id: int) -> set[int]:
    """List the reports that something happened to since an event; see `bot.duplicates.known` for the overlap."""
    in_order = session.connection().dialect.name == "sqlite"
    events = search.changes_after(session, event_id - (0 if in_order else OVERLAP))
    new = {report_id for event, report_id in events if event not in known.events_seen}
    known.event_id = max([event_id, *(event for event, _ in events)])
    known.events_seen = set() if in_order else {event for event, _ in events}
    return new


def _learn(known: _Workspace, one: Lesson) -> None:
    read = marks(one.title, one.body)
    known.taught[one.report_id] = read, one.component
    known.statistics.learn(read, one.component)
    if len(known.taught) > NEWEST:
        _forget(known, next(iter(known.taught)))


def _forget(known: _Workspace, report_id: int) -> None:
    taught = known.taught.pop(report_id, None)
    if taught is not None:
        known.statistics.unlearn(*taught)
