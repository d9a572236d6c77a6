"""Transactions: one block, one transaction, one workspace.

A transaction is a plain function of a session, `unit(session) -> result`, so that nothing can wait for the
network inside it. Writes to SQLite go through one thread which commits whatever has arrived meanwhile together
(group commit); PostgreSQL takes each on a connection of its own. See docs/decisions/0002-transactions.md.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from storage.models import WorkspaceRow

T = TypeVar("T")

# Slack waits three seconds for an answer: a lock held from outside must fail the request before that.
BUSY_TIMEOUT_MS = 2000
# Rows that arrive during a commit share the next one; more than this would make the first wait too long.
GROUP_LIMIT = 64
READERS = 4
RETRIES = 3
_ROWS: tuple[Any, ...] = tuple(mapper.class_ for mapper in WorkspaceRow._sa_registry.mappers)


class WorkspaceSession(Session):
    """A session that reads and writes rows of one workspace only."""

    workspace: str = ""


Unit = Callable[[WorkspaceSession], T]


class Database:
    """Runs units of work; made from a synchronous SQLAlchemy address.

    `write` returns once the change is on the disk. A unit that raises leaves nothing behind, and the error
    reaches the caller; a commit that fails raises for every unit in it.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._committed: list[Callable[[], None]] = []
        self._reader = _engine(self.url.render_as_string(hide_password=False), writes=not self.is_sqlite)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="read")
        self._writer = _GroupWriter(self.url.render_as_string(hide_password=False)) if self.is_sqlite else None

    async def write(self, workspace: str, unit: Unit[T]) -> T:
        """Run `unit` in a transaction and return its result after the commit."""
        if self._writer is not None:
            result = await asyncio.wrap_future(self._writer.submit(workspace, unit))
        else:
            result = await self._in_reader_thread(_write_with_retry, workspace, unit)
        for callback in self._committed:
            callback()
        return result

    async def read(self, workspace: str, unit: Unit[T]) -> T:
        """Run `unit` on a consistent snapshot; on SQLite a write in it is refused."""
        return await self._in_reader_thread(_run_once, workspace, unit)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the event loop after every committed write."""
        self._committed.append(callback)

    async def close(self) -> None:
        """Finish what was submitted, then close every connection."""
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        self._reader.dispose()

    async def _in_reader_thread(self, run: Any, workspace: str, unit: Unit[T]) -> T:
        loop = asyncio.get_running_loop()
        result: T = await loop.run_in_executor(self._readers, run, self._reader, workspace, unit)
        return result


@dataclass(frozen=True)
class _Submitted:
    workspace: str
    unit: Callable[[WorkspaceSession], Any]
    done: "Future[Any]"


class _GroupWriter:
    """The one thread that writes to SQLite."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url, writes=True)
        self._submitted: queue.SimpleQueue[_Submitted | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()

    def submit(self, workspace: str, unit: Unit[T]) -> "Future[T]":
        done: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the database is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="write", daemon=True)
                self._thread.start()
        self._submitted.put(_Submitted(workspace, unit, done))
        return done

    def close(self) -> None:
        with self._lock:
            self._closed = True
        if self._thread is not None:
            self._submitted.put(None)
            self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while (first := self._submitted.get()) is not None:
            group, ended = self._gather(first)
            _commit_group(self._engine, group)
            if ended:
                return

    def _gather(self, first: _Submitted) -> tuple[list[_Submitted], bool]:
        group = [first]
        while len(group) < GROUP_LIMIT:
            try:
                following = self._submitted.get_nowait()
            except queue.Empty:
                return group, False
            if following is None:
                return group, True
            group.append(following)
        return group, False


def _commit_group(engine: Engine, group: list[_Submitted]) -> None:
    """Run each unit in a savepoint of one transaction; answer all of them after the commit."""
    outcomes: list[tuple[_Submitted, Any, BaseException | None]] = []
    try:
        with engine.begin() as connection:
            outcomes = [(one, *_outcome(connection, one)) for one in group]
    # Whatever the commit failed with (disk full, lock, broken file), every caller must hear it: none is safe.
    except BaseException as commit_failure:  # noqa: BLE001
        outcomes = [(one, None, commit_failure) for one in group]
    for one, result, failure in outcomes:
        if failure is None:
            one.done.set_result(result)
        else:
            one.done.set_exception(failure)


def _outcome(connection: Connection, one: _Submitted) -> tuple[Any, BaseException | None]:
    try:
        with _session(connection, one.workspace, nested=True) as session:
            result = one.unit(session)
            session.commit()
    # Any error belongs to the caller of this unit alone; the savepoint is rolled back and the group goes on.
    except BaseException as failure:
        if isinstance(failure, OperationalError):
            raise
        return None, failure
    return result, None


def _run_once(engine: Engine, workspace: str, unit: Unit[T]) -> T:
    with engine.begin() as connection, _session(connection, workspace, nested=False) as session:
        result = unit(session)
        session.commit()
        return result


def _write_with_retry(engine: Engine, workspace: str, unit: Unit[T]) -> T:
    """Run a unit again when somebody else changed the same rows meanwhile."""
    for attempt in range(1, RETRIES + 1):
        try:
            return _run_once(engine, workspace, unit)
        except (StaleDataError, OperationalError):
            if attempt == RETRIES:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _session(connection: Connection, workspace: str, *, nested: bool) -> WorkspaceSession:
    session = WorkspaceSession(
        bind=connection,
        expire_on_commit=False,
        join_transaction_mode="create_savepoint" if nested else "control_fully",
    )
    session.workspace = workspace
    event.listen(session, "do_orm_execute", _only_this_workspace)
    event.listen(session, "before_flush", _stamp_workspace)
    return session


def _only_this_workspace(state: ORMExecuteState) -> None:
    workspace = state.session.workspace  # type: ignore[attr-defined]  # always a WorkspaceSession
    state.statement = state.statement.options(
        *(with_loader_criteria(row, row.workspace == workspace, include_aliases=True) for row in _ROWS)
    )


def _stamp_workspace(session: Session, _context: object, _instances: object) -> None:
    workspace = session.workspace  # type: ignore[attr-defined]  # always a WorkspaceSession
    for row in session.new:
        if isinstance(row, WorkspaceRow):
            if row.workspace not in {"", workspace}:
                raise ValueError("a row of another workspace")
            row.workspace = workspace


def _engine(url: str, *, writes: bool) -> Engine:
    # `hide_parameters`: an SQL error once printed a token.
    if not url.startswith("sqlite"):
        return create_engine(url, hide_parameters=True, pool_size=READERS, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver's own BEGIN is deferred: two writers would both read, then one fail. We say BEGIN ourselves.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not writes:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
