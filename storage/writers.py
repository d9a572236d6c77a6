"""How units that write are run: on SQLite by one thread with group commit, on PostgreSQL side by side."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from storage.engines import LOCK_TIMEOUT_MS, SIDE_BY_SIDE, make_engine
from storage.sessions import WorkspaceSession, open_session

T = TypeVar("T")
Unit = Callable[[WorkspaceSession], T]
# One statement and nothing else: the database itself runs it whole or not at all, so no savepoint need surround it.
Statement = Callable[[Connection], T]

# Rows that arrive during a commit share the next one; more than this would make the first wait too long.
GROUP_LIMIT = 64
# Each try loses to another transaction that has committed meanwhile, so a few are enough.
TRIES = 5
# serialization_failure, deadlock_detected, unique_violation: https://www.postgresql.org/docs/15/errcodes-appendix.html
_LOST_RACES = frozenset({"40001", "40P01", "23505"})
# SQLite's code for what is wrong with the statement itself, not with the file. https://sqlite.org/rescode.html#error
_SQLITE_ERROR = 1


@dataclass(frozen=True)
class _Submitted:
    run: Statement[Any]
    done: "Future[Any]" = field(default_factory=Future)
    at: float = field(default_factory=time.monotonic)


class GroupWriter:
    """The one thread that writes to SQLite."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url, writes=True)
        self._submitted: queue.SimpleQueue[_Submitted | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()

    def submit(self, workspace: str, unit: Unit[T]) -> "Future[T]":
        """Have a unit run and committed; the future ends after the commit."""
        return self.submit_statement(lambda connection: _run_unit(connection, workspace, unit, in_savepoint=True))

    def submit_statement(self, statement: Statement[T]) -> "Future[T]":
        """Have one statement run and committed: a third of the cost of a unit."""
        one = _Submitted(statement)
        with self._lock:
            if self._closed:
                raise RuntimeError("the database is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="write", daemon=True)
                self._thread.start()
            self._submitted.put(one)
        return one.done

    def close(self) -> None:
        """Finish what was submitted, then close the connection."""
        with self._lock:
            self._closed = True
            self._submitted.put(None)
        if self._thread is not None:
            self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._gather()
            # Who gave up waiting wants nothing done; what runs from here on cannot be called off any more.
            wanted = [one for one in group if one.done.set_running_or_notify_cancel()]
            if wanted:
                _commit_group(self._engine, wanted)

    def _gather(self) -> tuple[list[_Submitted], bool]:
        group: list[_Submitted] = []
        while len(group) < GROUP_LIMIT:
            try:
                following = self._submitted.get(block=not group)
            except queue.Empty:
                return group, False
            if following is None:
                return group, True
            group.append(following)
        return group, False


class SideBySideWriter:
    """Threads that write to PostgreSQL, each on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url, writes=True)
        self._threads = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="write")

    def submit(self, workspace: str, unit: Unit[T]) -> "Future[T]":
        """Have a unit run and committed; the future ends after the commit."""
        return self.submit_statement(lambda connection: _run_unit(connection, workspace, unit, in_savepoint=False))

    def submit_statement(self, statement: Statement[T]) -> "Future[T]":
        """Have one statement run and committed."""
        return self._threads.submit(_write_until_won, self._engine, statement)

    def close(self) -> None:
        """Finish what was submitted, then close every connection."""
        self._threads.shutdown()
        self._engine.dispose()


def _commit_group(engine: Engine, group: list[_Submitted]) -> None:
    """Run each unit in a savepoint of one transaction; answer all of them after the commit."""
    outcomes: list[tuple[_Submitted, Any, BaseException | None]] = []
    try:
        with engine.connect() as connection:
            _wait_for_lock_at_most(connection, LOCK_TIMEOUT_MS - 1000 * (time.monotonic() - group[0].at))
            with connection.begin():
                outcomes = [(one, *_outcome(connection, one)) for one in group]
    # Whatever the commit failed with (disk full, lock, broken file), every caller must hear it: none is safe.
    except BaseException as commit_failure:  # noqa: BLE001
        outcomes = [(one, None, commit_failure) for one in group]
    for one, result, failure in outcomes:
        if failure is None:
            one.done.set_result(result)
        else:
            one.done.set_exception(failure)


def _wait_for_lock_at_most(connection: Connection, wait_ms: float) -> None:
    """Count the time in the queue as waiting, so that nobody waits for the one in front and then as long again."""
    _driver(connection).execute(f"PRAGMA busy_timeout={max(int(wait_ms), 1)}")


def _outcome(connection: Connection, one: _Submitted) -> tuple[Any, BaseException | None]:
    try:
        result = one.run(connection)
    # An error of the unit's own belongs to its caller alone; its savepoint is rolled back and the group goes on.
    except BaseException as failure:
        if _is_of_the_group(connection, failure):
            raise
        return None, failure
    return result, None


def _is_of_the_group(connection: Connection, failure: BaseException) -> bool:
    """Say whether the whole transaction is lost: SQLite ends it by itself on a full disk and the like."""
    if not _driver(connection).in_transaction:
        return True
    code = getattr(failure.orig, "sqlite_errorcode", None) if isinstance(failure, OperationalError) else _SQLITE_ERROR
    return code != _SQLITE_ERROR


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _run_unit(connection: Connection, workspace: str, unit: Unit[T], *, in_savepoint: bool) -> T:
    with open_session(connection, workspace, in_savepoint=in_savepoint) as session:
        result = unit(session)
        session.commit()
        return result


def _write_until_won(engine: Engine, run: Statement[T]) -> T:
    """Run a unit; again, in a new transaction, when another one was faster, so that it sees what that one did."""
    for _ in range(TRIES - 1):
        try:
            return _write_once(engine, run)
        except (DBAPIError, StaleDataError) as failure:
            if not _is_lost_race(failure):
                raise
    return _write_once(engine, run)


def _write_once(engine: Engine, run: Statement[T]) -> T:
    with engine.begin() as connection:
        return run(connection)


def _is_lost_race(failure: DBAPIError | StaleDataError) -> bool:
    """Say whether it is certain that nothing was done and that another try may succeed.

    A connection that broke is neither: the commit may have arrived, and a second run would do it twice.
    """
    return isinstance(failure, StaleDataError) or getattr(failure.orig, "sqlstate", None) in _LOST_RACES
