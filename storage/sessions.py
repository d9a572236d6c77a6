"""Sessions: each sees and writes rows of one workspace only."""

from sqlalchemy import Connection, Select, event
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
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
    event.listen(session, "do_orm_execute", _only_this_workspace)
    event.listen(session, "before_flush", _stamp_workspace)
    return session


def _only_this_workspace(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, WorkspaceSession)
    if session.reads_only and isinstance(state.statement, Select):
        state.statement = _without_lock(state.statement)
    state.statement = state.statement.options(
        *(with_loader_criteria(row, row.workspace == session.workspace, include_aliases=True) for row in _ROWS)
    )


def _without_lock(statement: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """Drop FOR UPDATE: queries are shared with units that write, and PostgreSQL refuses it to those that read."""
    # SQLAlchemy can set this clause but has no public way to take it off again.
    unlocked = statement._generate()
    unlocked._for_update_arg = None
    return unlocked


def _stamp_workspace(session: Session, _context: object, _instances: object) -> None:
    assert isinstance(session, WorkspaceSession)
    for row in session.new:
        if isinstance(row, WorkspaceRow) and not row.workspace:
            row.workspace = session.workspace
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, WorkspaceRow) and row.workspace != session.workspace:
            raise ValueError("a row of another workspace")
