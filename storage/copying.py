"""A copy of the database as an SQLite file, to be changed at will: the original never hears of it."""

from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, select

from storage import schema
from storage.engines import make_engine
from storage.models import METADATA

_ROWS_AT_ONCE = 1000


def copy_database(url: str, target: Path) -> str:
    """Copy a database that is in use into a new SQLite file; return the address of the copy.

    The queue is left behind: nothing in a copy is to be done. A search index is, too.

    Raises:
        SchemaError: the database cannot be copied, or the file is there already.
    """
    made = f"sqlite:///{target}"
    if schema.sqlite_path(make_url(url)) is not None:
        schema.backup(url, target)
        return made
    schema.upgrade(made)
    source, copy = make_engine(url, writes=False), create_engine(made, hide_parameters=True)
    try:
        with source.begin() as reading, copy.begin() as writing:
            _copy_rows(reading, writing)
    finally:
        source.dispose()
        copy.dispose()
    return made


def _copy_rows(reading: Connection, writing: Connection) -> None:
    for table in METADATA.sorted_tables:
        if table.name == "job":
            continue
        for rows in reading.execute(select(table)).mappings().partitions(_ROWS_AT_ONCE):
            writing.execute(table.insert(), [dict(row) for row in rows])
