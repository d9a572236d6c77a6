"""The schema: upgrade, check, back up. Everything here runs before the bot, or beside it."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The database cannot be used as it is; the text says why and what to do."""


def upgrade(url: str) -> str:
    """Bring the schema to the newest version and return that version.

    Raises:
        SchemaError: the database is broken, cannot be reached, or was written by a newer Liaison.
    """
    check_file(url)
    engine = create_engine(url, hide_parameters=True)
    try:
        refuse_newer(engine)
        with engine.begin() as connection:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as failure:
        raise SchemaError(f"The database cannot be used: {failure.orig}. Check DATABASE_URL.") from failure
    finally:
        engine.dispose()
    return newest()


def newest() -> str:
    """Give the version this code needs."""
    return str(ScriptDirectory.from_config(_alembic()).get_current_head())


def current(engine: Engine) -> str | None:
    """Give the version a database has; None when it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def refuse_newer(engine: Engine) -> None:
    """Raise SchemaError when a newer Liaison wrote this database."""
    version = current(engine)
    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if version is not None and version not in known:
        raise SchemaError(
            f"This database was written by a newer Liaison (schema {version}). Install that version again,"
            " or restore a backup made before the upgrade."
        )


def check_file(url: str) -> None:
    """Raise SchemaError when an SQLite file is broken or out of reach; a broken one is moved aside, never deleted."""
    path = sqlite_path(make_url(url))
    if path is None:
        return
    if not path.parent.is_dir():
        raise SchemaError(f"The folder {path.parent} does not exist. Make it, or change DATABASE_URL.")
    if not path.exists():
        return
    try:
        verdict = _quick_check(path)
    except sqlite3.OperationalError as failure:
        raise SchemaError(f"The database file {path} cannot be opened: {failure}.") from failure
    except sqlite3.DatabaseError as failure:
        verdict = str(failure)
    if verdict != "ok":
        aside = _move_aside(path)
        raise SchemaError(
            f"The database file is damaged ({verdict[:200]}). It was kept as {aside}. Restore the newest backup as"
            f" {path}, then start again: see `liaison db backup --help`."
        )


def backup(url: str, target: Path) -> None:
    """Copy a live SQLite database into a new file, whole and consistent.

    Raises:
        SchemaError: the target exists, or this is not SQLite.
    """
    path = sqlite_path(make_url(url))
    if path is None:
        raise SchemaError("Use pg_dump to back up PostgreSQL.")
    if not path.exists():
        raise SchemaError(f"There is no database at {path} yet.")
    if target.exists():
        raise SchemaError(f"{target} exists already. Choose another name.")
    if not target.parent.is_dir():
        raise SchemaError(f"The folder {target.parent} does not exist.")
    connection = sqlite3.connect(path)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as failure:
        raise SchemaError(f"The backup failed: {failure}.") from failure
    finally:
        connection.close()


def sqlite_path(url: URL) -> Path | None:
    """Give the file of an SQLite address; None for another database."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database).absolute()


def _quick_check(path: Path) -> str:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=5)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    finally:
        connection.close()


def _move_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        side = path.with_name(path.name + ending)
        if side.exists():
            side.rename(aside.with_name(aside.name + ending))
    return aside


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
