"""The schema: bring it to the newest version, and refuse what this Liaison cannot work with."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from storage.engines import make_migration_engine
from storage.files import SchemaError, backup, check_file, sqlite_path

__all__ = ["SchemaError", "backup", "check_file", "current", "newest", "refuse_newer", "sqlite_path", "upgrade"]

MIGRATIONS = Path(__file__).parent / "migrations"
# Names our advisory lock among those of other programs in the same PostgreSQL database.
_MIGRATING = 0x11A15A


def upgrade(url: str) -> str:
    """Bring the schema to the newest version and return that version; interrupted, it stays at the old one.

    Raises:
        SchemaError: the database is broken, cannot be reached, or was written by a newer Liaison.
    """
    check_file(url)
    engine = make_migration_engine(url)
    try:
        refuse_newer(engine)
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Processes that start together: one migrates, the others find it done.
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        if engine.dialect.name == "sqlite":
            _gather_statistics(engine)
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


def _gather_statistics(engine: Engine) -> None:
    """Have SQLite learn that all rows are of one workspace, so that no query looks for them by that alone.

    PostgreSQL does so by itself. It takes some ms however much there is: https://sqlite.org/lang_analyze.html
    """
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        connection.exec_driver_sql("ANALYZE")


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
