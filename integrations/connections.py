"""The trackers of this installation: which are set up, and one client for each project that is named."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from integrations.sources.base import Source, SourceContext, SourceKind
from integrations.trackers.base import IssueAddress, Tracker, TrackerContext, TrackerError, TrackerKind
from storage.database import Database

LOCAL = "local"
# So many jobs ask one tracker at a time. Five trackers that hang leave one of the queue's sixteen places to the rest.
MOST_AT_ONCE = 3
# A tracker that is well gives a turn sooner; who waits keeps a place of the queue meanwhile, so only a few may.
WAIT_S = 0.5
MOST_WAITING = 5


class Connections:
    """Gives the tracker of a project; made once, a client lives as long as the process.

    `values` are the variables of all kinds, by name. A tracker is set up once all that it requires is given.
    """

    def __init__(
        self,
        kinds: Mapping[str, TrackerKind],
        values: Mapping[str, str],
        *,
        workspace: str,
        database: Database,
        now: Callable[[], datetime],
    ) -> None:
        self.values = values
        self._kinds = kinds
        self._workspace = workspace
        self._database = database
        self._now = now
        self._open: dict[tuple[str, str], Tracker] = {}
        self._turns: dict[str, _Turns] = {}

    def kinds(self) -> tuple[TrackerKind, ...]:
        """List the trackers that are set up; `local` always is."""
        return tuple(kind for kind in self._kinds.values() if is_set_up(kind, self.values))

    def kind(self, name: str) -> TrackerKind | None:
        """Give a tracker that is set up."""
        return next((kind for kind in self.kinds() if kind.name == name), None)

    def title(self, name: str) -> str:
        """Give what people call a tracker, also one that is not set up."""
        return self._kinds[name].title if name in self._kinds else name

    def get(self, name: str, project: str) -> Tracker:
        """Give the client of a project.

        Raises:
            TrackerError: the tracker is not set up (any more).
        """
        kind = self.kind(name)
        if kind is None:
            raise TrackerError(missing(self._kinds.get(name), name, self.values), retryable=False)
        known = self._open.get((name, project))
        if known is None:
            context = TrackerContext(project, self.values, self._workspace, self._database, self._now)
            known = self._open[name, project] = kind.make(context)
        return known

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[bool]:
        """Take one of the turns to ask a tracker, given back at the end; False if none is free soon.

        A tracker that hangs so holds up its own jobs and no others.
        """
        turns = self._turns.setdefault(name, _Turns())
        if not await turns.take():
            yield False
            return
        try:
            yield True
        finally:
            turns.give_back()

    async def close(self) -> None:
        """Let go of all connections."""
        for tracker in self._open.values():
            await tracker.close()
        self._open.clear()

    def read_url(self, url: str) -> tuple[TrackerKind, IssueAddress] | None:
        """Say which issue a link leads to, if to one of a tracker that is set up."""
        for kind in self.kinds():
            address = kind.read_url(url, self.values)
            if address is not None:
                return kind, address
        return None


class Sources:
    """Gives the client of a project in a source that is no tracker; made once, it lives as long as the process."""

    def __init__(
        self, kinds: Mapping[str, SourceKind], values: Mapping[str, str], *, now: Callable[[], datetime]
    ) -> None:
        self.values = values
        self._kinds = kinds
        self._now = now
        self._open: dict[tuple[str, str], Source] = {}

    def kind(self, name: str) -> SourceKind | None:
        """Give a source, whether it is set up or not."""
        return self._kinds.get(name)

    def get(self, name: str, project: str) -> Source:
        """Give the client of a project.

        Raises:
            TrackerError: the source is not set up (any more).
        """
        kind = self._kinds.get(name)
        if kind is None or not is_set_up(kind, self.values):
            raise TrackerError(missing(kind, name, self.values), retryable=False)
        known = self._open.get((name, project))
        if known is None:
            known = self._open[name, project] = kind.make(SourceContext(project, self.values, self._now))
        return known

    async def close(self) -> None:
        """Let go of all connections."""
        for source in self._open.values():
            await source.close()
        self._open.clear()


class _Turns:
    """The turns of one tracker, and whether they move: of one that hangs nobody waits for a turn."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST_AT_ONCE)
        self._waiting = 0
        self._moved_at = 0.0

    async def take(self) -> bool:
        """Take a turn; False if none is free soon, or that is not to be expected."""
        hangs = time.monotonic() - self._moved_at > WAIT_S
        if self._free.locked() and (hangs or self._waiting >= MOST_WAITING):
            return False
        self._waiting += 1
        try:
            # Not wait_for: up to Python 3.11 it swallows that its caller is called off in this very moment.
            async with asyncio.timeout(WAIT_S):
                await self._free.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        self._moved_at = time.monotonic()
        return True

    def give_back(self) -> None:
        self._moved_at = time.monotonic()
        self._free.release()


def is_set_up(kind: TrackerKind | SourceKind, values: Mapping[str, str]) -> bool:
    """Say whether all that a tracker requires is given."""
    return not _lacking(kind, values)


def half_set_up(kinds: Mapping[str, TrackerKind], values: Mapping[str, object]) -> list[tuple[str, str]]:
    """List what is missing of trackers that are set up in part: each variable, and because of which other."""
    found = []
    for kind in kinds.values():
        required = [variable.name for variable in kind.variables if variable.required]
        given = [one.name for one in kind.variables if values.get(one.name) and not one.default]
        found += [
            (name, f"{given[0]} is given, and {kind.title} needs both.")
            for name in required
            if given and not values.get(name)
        ]
    return found


def missing(kind: TrackerKind | SourceKind | None, name: str, values: Mapping[str, str]) -> str:
    """Say in a sentence what must be set so that a tracker can be used."""
    if kind is None:
        return f"There is no tracker called {name}."
    lacking = " and ".join(_lacking(kind, values))
    return f"{kind.title} is not set up: set {lacking}, then start Liaison again."


def _lacking(kind: TrackerKind | SourceKind, values: Mapping[str, str]) -> Iterable[str]:
    return kind.lacking(values)
