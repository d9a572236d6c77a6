"""The schema: from nothing and from every older version to the newest, whole or not at all."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from storage import schema
from storage.models import METADATA

ROOT = Path(__file__).parents[2]


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
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE together")
    engine.dispose()
    address = postgres_url.removesuffix("postgres") + "together"

    with ThreadPoolExecutor(4) as threads:
        versions = list(threads.map(schema.upgrade, [address] * 4))

    assert versions == [schema.newest()] * 4


def test_one_line_says_so_when_no_server_answers() -> None:
    with pytest.raises(schema.SchemaError, match="Check DATABASE_URL"):
        schema.upgrade("postgresql://postgres@127.0.0.1:9/liaison")


def test_nothing_or_everything_is_there_when_a_migration_is_killed(tmp_path: Path) -> None:
    """Kill -9 at ten moments of the very first migration, then start again on what it left."""
    program = f"from storage import schema; print('ready', flush=True); schema.upgrade('sqlite:///{{}}')"
    left: set[frozenset[str]] = set()
    for moment in range(10):
        path = tmp_path / f"{moment}.db"
        process = subprocess.Popen([sys.executable, "-c", program.format(path)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02 * moment)
        process.kill()
        process.communicate()
        left.add(_tables(path))
        schema.upgrade(f"sqlite:///{path}")
        left.add(_tables(path))

    assert left == {frozenset(), _tables(path)}


def _tables(path: Path) -> frozenset[str]:
    with closing(sqlite3.connect(path)) as connection:
        return frozenset(name for (name,) in connection.execute("SELECT name FROM sqlite_master"))
