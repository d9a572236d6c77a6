"""Transactions: one block, one transaction, one workspace.

A transaction is a plain function of a session, `unit(session) -> result`, so that nothing can wait for the
network inside it. Writes to SQLite go through one thread which commits whatever has arrived meanwhile together
(group commit); PostgreSQL takes each on a connection of its own. See docs/decisions/0002-transactions.md.
"""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Engine, make_url

from storage.engines import SIDE_BY_SIDE, make_engine
from storage.sessions import WorkspaceSession, open_session
from storage.writers import GroupWriter, SideBySideWriter, Statement, Unit

__all__ = ["Database", "Unit", "WorkspaceSession"]

T = TypeVar("T")
# Units compute in threads, and the event loop waits while one has its turn: a digest at work would cost each answer
# several of Python's own turns of 5 ms.
_TURN_S = 0.0005


class Database:
    """Runs units of work; made from a synchronous SQLAlchemy address.

    `write` returns once the change is on the disk. A unit that raises leaves nothing behind, and the error
    reaches the caller; a commit that fails raises for every unit in it. A unit may run more than once on
    PostgreSQL, so its only effects are those on its session.
    """

    def __init__(self, url: str) -> None:
        sys.setswitchinterval(_TURN_S)
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._committed: list[Callable[[], None]] = []
        self._reader = make_engine(url, writes=False)
        self._readers = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="read")
        self._writer = GroupWriter(url) if self.is_sqlite else SideBySideWriter(url)

    async def write(self, workspace: str, unit: Unit[T]) -> T:
        """Run `unit` in a transaction and return its result after the commit."""
        return await self._committed_result(self._writer.submit(workspace, unit))

    async def write_statement(self, statement: Statement[T]) -> T:
        """Run one statement in a transaction, and nothing else; the way of every event, and so kept short."""
        return await self._committed_result(self._writer.submit_statement(statement))

    async def _committed_result(self, submitted: "Future[T]") -> T:
        result = await asyncio.wrap_future(submitted)
        for callback in self._committed:
            callback()
        return result

    async def read(self, workspace: str, unit: Unit[T]) -> T:
        """Run `unit` on one consistent snapshot; a write in it is refused."""
        return await asyncio.wrap_future(self._readers.submit(_read, self._reader, workspace, unit))

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the event loop after every committed write."""
        self._committed.append(callback)

    async def close(self) -> None:
        """Finish what was submitted, then close every connection."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        self._reader.dispose()


def _read(engine: Engine, workspace: str, unit: Unit[T]) -> T:
    with engine.begin() as connection, open_session(connection, workspace, reads_only=True) as session:
        result = unit(session)
        # Nothing is to be written: what a unit has changed by mistake is refused here, not forgotten.
        session.commit()
        return result
