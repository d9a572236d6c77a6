"""Sessions: each sees and writes rows of one workspace only."""

from functools import lru_cache

from sqlalchemy import Connection, Select, event
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import Session

from storage.models import WorkspaceRow

_ROWS = tuple(mapper.class_ for mapper in WorkspaceRow._sa_registry.mappers)


class WorkspaceSession(Session):
    """A session that reads and writes rows of one workspace only; `reads_only` ones hold no row either."""

    workspace: str = ""
    reads_only: bool = False


def open_session(
    connection: Connection, workspace: str, *, in_savepoint: bool = False, reads_only: bool = False
) -> WorkspaceSession:
    """Open a session on a connection that has begun a transaction."""
    session = WorkspaceSession(
        bind=connection,
        expire_on_commit=False,
        join_transaction_mode="create_savepoint" if in_savepoint else "control_fully",
    )
    session.workspace = workspace
    session.reads_only = reads_only
    return session


@lru_cache(maxsize=256)
def _only_rows_of(workspace: str) -> tuple[ExecutableOption, ...]:
    """Make the conditions for every table, once per workspace: making them costs more than the query."""
    return tuple(with_loader_criteria(row, row.workspace == workspace, include_aliases=True) for row in _ROWS)


# On the class, not on each session: listening costs 50 µs, and a session lives for one transaction.
@event.listens_for(WorkspaceSession, "do_orm_execute")
def _only_this_workspace(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, WorkspaceSession)
    if session.reads_only and isinstance(state.statement, Select):
        state.statement = _without_lock(state.statement)
    state.statement = state.statement.options(*_only_rows_of(session.workspace))


def _without_lock(statement: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """Drop FOR UPDATE: queries are shared with units that write, and PostgreSQL refuses it to those that read."""
    # SQLAlchemy can set this clause but has no public way to take it off again.
    unlocked = statement._generate()
    unlocked._for_update_arg = None
    return unlocked


@event.listens_for(WorkspaceSession, "before_flush")
def _stamp_workspace(session: Session, _context: object, _instances: object) -> None:
    assert isinstance(session, WorkspaceSession)
    for row in session.new:
        if isinstance(row, WorkspaceRow) and not row.workspace:
            row.workspace = session.workspace
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, WorkspaceRow) and row.workspace != session.workspace:
            raise ValueError("a row of another workspace")
