"""A database of the newest schema for each test: an SQLite file, and a PostgreSQL database where that is asked for."""

import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, make_url, text

from storage import schema
from storage.database import Database
from storage.queue import JobHandler
from storage.queue.embedded import Worker
from tests.conftest import Clock
from tests.storage.jobs import WORKSPACE, Log

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    _administer(postgres_url, "CREATE DATABASE newest")
    schema.upgrade(_named(postgres_url, "newest"))
    return "newest"


@pytest.fixture
def postgres_database_url(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own."""
    name = f"test_{next(_NUMBERS)}"
    _administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _named(postgres_url, name)
    _administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(empty_database: Path, tmp_path: Path) -> str:
    """An SQLite file of the test's own."""
    return f"sqlite:///{shutil.copy(empty_database, tmp_path / 'liaison.db')}"


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database, of each kind in turn."""
    found: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_database_url")
    return found


@pytest_asyncio.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = Database(url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def postgres_database(postgres_database_url: str) -> AsyncIterator[Database]:
    opened = Database(postgres_database_url)
    yield opened
    await opened.close()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def worker(database: Database, clock: Clock, log: Log) -> Worker:
    return Worker(database, WORKSPACE, {"note": JobHandler(log.run, max_attempts=3)}, clock)


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
