"""The schema: from nothing and from every older version to the newest, whole or not at all."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event

from storage import schema
from storage.models import METADATA
from tests.rigs import postgres


def test_tables_are_those_of_the_models_when_migrated(url: str) -> None:
    engine = create_engine(url)

    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not str(name).startswith("report_search"),
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        version = schema.current(engine)
    engine.dispose()

    assert found == []
    assert version == schema.newest()


def test_second_upgrade_changes_nothing(url: str) -> None:
    assert schema.upgrade(url) == schema.newest()


def test_database_is_refused_when_a_newer_liaison_wrote_it(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()

    with pytest.raises(schema.SchemaError, match=r"newer Liaison \(schema 9999\)"):
        schema.upgrade(url)


@pytest.mark.postgres
def test_one_migrates_and_the_others_wait_when_several_start_together(postgres_url: str) -> None:
    address = postgres.new_database(postgres_url)

    with ThreadPoolExecutor(4) as threads:
        versions = list(threads.map(schema.upgrade, [address] * 4))

    assert versions == [schema.newest()] * 4


def test_one_line_says_so_when_no_server_answers() -> None:
    with pytest.raises(schema.SchemaError, match="Check DATABASE_URL"):
        schema.upgrade("postgresql://postgres@127.0.0.1:9/liaison")


@pytest.mark.parametrize("statement", [1, 2, 5, 20, 30])
def test_nothing_is_there_when_a_migration_is_interrupted(tmp_path: Path, statement: int) -> None:
    """SQLite's driver would leave each changed table behind: see `tests/chaos` for kill -9."""
    url = f"sqlite:///{tmp_path}/liaison.db"

    with pytest.raises(InterruptedError), _interrupted_at(statement):
        schema.upgrade(url)
    left = _tables(tmp_path / "liaison.db")

    assert left == set()
    assert schema.upgrade(url) == schema.newest()


@contextmanager
def _interrupted_at(statement: int) -> Iterator[None]:
    """Fail at so many statements that change something."""
    changes = 0

    def interrupt(_connection: object, _cursor: object, words: str, *_more: object) -> None:
        nonlocal changes
        changes += words.strip().startswith(("CREATE", "INSERT"))
        if changes == statement:
            raise InterruptedError

    event.listen(Engine, "before_cursor_execute", interrupt)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", interrupt)


def _tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
