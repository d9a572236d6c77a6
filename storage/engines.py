"""Connections, set up so that two writers never surprise each other."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

# Slack waits three seconds for an answer: a lock held from outside must fail the request before that.
LOCK_TIMEOUT_MS = 2000
# Units that run side by side: reads, and on PostgreSQL writes as well.
SIDE_BY_SIDE = 4
# What PostgreSQL gets: a wait for a row ends in time for Slack, and a connection that stalls holds nothing for long.
_POSTGRES = f"-c lock_timeout={LOCK_TIMEOUT_MS} -c idle_in_transaction_session_timeout=60000"
_CONNECT_TIMEOUT_S = 3


def make_engine(url: str, *, writes: bool) -> Engine:
    """Make an engine for units that write, or for units that see one snapshot and cannot write."""
    # `hide_parameters`: an SQL error once printed a token.
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": LOCK_TIMEOUT_MS / 1000})
        _begin_explicitly(engine, writes=writes)
        event.listen(engine, "connect", _configure_writer if writes else _configure_reader)
        return engine
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=SIDE_BY_SIDE,
        pool_pre_ping=True,
        connect_args={"options": _POSTGRES, "connect_timeout": _CONNECT_TIMEOUT_S},
        execution_options={} if writes else snapshot,
    )


def make_migration_engine(url: str) -> Engine:
    """Make an engine for changes of the schema: whole or not at all, foreign keys not looked at meanwhile."""
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        _begin_explicitly(engine, writes=True)
        event.listen(engine, "connect", _use_wal)
    return engine


def _begin_explicitly(engine: Engine, *, writes: bool) -> None:
    """Have SQLite begin a transaction when SQLAlchemy does, and not at the first statement that writes a row.

    The driver's own BEGIN is deferred, so that two writers both read and then one fails; and it leaves changes
    of the schema outside, so that a migration that is interrupted stays half done.
    """

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", _leave_begin_to_us)
    event.listen(engine, "begin", begin)


def _leave_begin_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _use_wal(connection: Any, _record: object) -> None:
    # Kept in the file. To change it needs the file for oneself, so it is done before the bot works on it.
    connection.execute("PRAGMA journal_mode=WAL")


def _configure_writer(connection: Any, _record: object) -> None:
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _configure_reader(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")
