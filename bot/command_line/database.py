"""The database as the command line needs it: held by one process, looked at beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import create_engine, make_url, union
from sqlmodel import col, select

from bot import locks
from storage import schema
from storage.models import Job, Report, Team
from storage.schema import SchemaError


@contextmanager
def held(url: str) -> Iterator[None]:
    """Keep every other Liaison off an SQLite file meanwhile.

    Raises:
        AlreadyRunning: another one works on it.
        SchemaError: its folder cannot be written to.
    """
    path = schema.sqlite_path(make_url(url))
    if path is None:
        yield
        return
    lock = _lock(path)
    try:
        yield
    finally:
        lock.close()


def require_newest(url: str) -> None:
    """Make sure that the database is there and has the schema of this Liaison.

    Raises:
        SchemaError: it is not there, older or newer; the text says what to do.
    """
    path = schema.sqlite_path(make_url(url))
    if path is not None and not path.exists():
        raise SchemaError(f"There is no database at {path} yet. `liaison run` makes it.")
    engine = create_engine(url, hide_parameters=True)
    try:
        schema.refuse_newer(engine)
        version = schema.current(engine)
    finally:
        engine.dispose()
    if version != schema.newest():
        raise SchemaError(f"The database is older than this Liaison (schema {version}). Run `liaison db upgrade`.")


def workspaces(url: str) -> list[str]:
    """List the workspaces that have anything in the database."""
    engine = create_engine(url, hide_parameters=True)
    rows = union(*(select(col(table.workspace)) for table in (Team, Report, Job)))
    try:
        with engine.connect() as connection:
            return sorted(connection.execute(rows).scalars())
    finally:
        engine.dispose()


def _lock(path: Path) -> IO[str]:
    try:
        return locks.hold(path)
    except OSError as failure:
        raise SchemaError(
            f"The folder {path.parent} cannot be used: {failure.strerror}. Make it, or change DATABASE_URL."
        ) from failure
