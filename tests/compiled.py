"""Statements compiled once for a whole test run, not once for each database: half of what most tests took.

Loaded as a plugin by tests/conftest.py. A bot has one database all its life, and there SQLAlchemy's own cache does the
same; tests open hundreds, each of whose engines would begin with an empty cache.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from storage import engines

MOST_STATEMENTS = 4000


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Let all engines share their compiled statements; which are kept by dialect, so those of a kind are made equal."""
    shared: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)

    def create_engine(url: str, **options: Any) -> sqlalchemy.Engine:
        usual = options.pop("execution_options", {})
        return sqlalchemy.create_engine(url, **options, execution_options={**usual, "compiled_cache": shared})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", create_engine)
        for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            patch.setattr(dialect, "__hash__", lambda one: hash(type(one)), raising=False)
            patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other), raising=False)
        yield
