"""The port: what a job is, how one is deferred, what its handler may answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from storage.database import Database, WorkspaceSession
from storage.models import Job, JobState


def _insert_once(insert: Callable[..., Any]) -> Any:
    """Make the statement that inserts a job unless its unique key is known, and gives its id if it did."""
    statement = insert(Job.__table__).on_conflict_do_nothing(  # type: ignore[attr-defined]  # SQLModel adds it
        index_elements=["workspace", "unique_key"]
    )
    # PostgreSQL's driver counts no rows of such a statement, so the new one is asked for.
    return statement.returning(col(Job.id))


# Made once: this is on the way of every event, and making it costs more than running it.
_INSERTS = {"sqlite": _insert_once(sqlite.insert), "postgresql": _insert_once(postgresql.insert)}


@dataclass(frozen=True)
class NewJob:
    """Work to be done once.

    `lane`: jobs of one lane run one at a time, in order. `unique_key`: a second job with the same key is not
    made, also after the first is done. `run_at`: not before; now when left out.
    """

    kind: str
    payload: dict[str, Any] = field(default_factory=dict)
    lane: str | None = None
    unique_key: str | None = None
    run_at: datetime | None = None


@dataclass(frozen=True)
class TakenJob:
    """A job as its handler sees it; `attempts` is 1 on the first try."""

    id: int
    workspace: str
    kind: str
    payload: dict[str, Any]
    lane: str | None
    unique_key: str | None
    attempts: int

    @property
    def may_have_run(self) -> bool:
        """Say whether an earlier try may have had its effect on the outside world."""
        return self.attempts > 1


@dataclass(frozen=True)
class JobHandler:
    """How one kind of job is done.

    `pace` is the least time between two jobs of a lane (Slack takes one message a second per channel).
    """

    run: Callable[[TakenJob], Awaitable[None]]
    pace: timedelta = timedelta()
    max_attempts: int = 8


class RetryLater(Exception):
    """The other side said when to come again; its lane waits until then. Not counted as a failure."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"retry after {after.total_seconds():.1f} s")
        self.after = after


class NotYet(Exception):
    """It is not this job's turn, and nothing was done: it is taken again as if for the first time."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"not its turn for {after.total_seconds():.1f} s")
        self.after = after


class GiveUp(Exception):
    """No further try can succeed; the job becomes a dead letter at once. The text says why."""


def defer(session: WorkspaceSession, job: NewJob) -> bool:
    """Put a job in the queue, in the caller's transaction; return whether it is new."""
    return _insert(session.connection(), session.workspace, job)


async def defer_alone(database: Database, workspace: str, job: NewJob) -> bool:
    """Put a job in the queue, in a transaction of its own; return whether it is new."""
    return await database.write_statement(lambda connection: _insert(connection, workspace, job))


def _insert(connection: Connection, workspace: str, job: NewJob) -> bool:
    now = datetime.now(UTC)
    values = {
        "workspace": workspace,
        "kind": job.kind,
        "payload": job.payload,
        "lane": job.lane,
        "unique_key": job.unique_key,
        "state": JobState.READY,
        "attempts": 0,
        "run_at": job.run_at or now,
        "created_at": now,
        "error": "",
    }
    return connection.execute(_INSERTS[connection.dialect.name], values).first() is not None
