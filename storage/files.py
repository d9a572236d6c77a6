"""The database as a file (SQLite): found whole and writable before a start, and copied while it is in use."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

_LOCK_TIMEOUT_S = 5


class SchemaError(Exception):
    """The database cannot be used as it is; the text says why and what to do."""


def sqlite_path(url: URL) -> Path | None:
    """Give the file of an SQLite address; None for another database."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database).absolute()


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
        verdict = _look_over(path)
    except sqlite3.OperationalError as failure:
        raise SchemaError(
            f"The database file {path} cannot be used: {failure}. Liaison must be able to read and write it and its"
            " folder, and no other program may hold it."
        ) from failure
    except sqlite3.DatabaseError as failure:
        verdict = str(failure)
    if verdict != "ok":
        aside = _move_aside(path)
        damage = " ".join(verdict.split())[:200]
        raise SchemaError(
            f"The database file is damaged ({damage}). It was kept as {aside}. Restore the newest backup as"
            f" {path}, then start again: see `liaison db backup --help`."
        )


def backup(url: str, target: Path) -> None:
    """Copy a live SQLite database into a new file, whole and consistent; what fails leaves no file.

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
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_TIMEOUT_S)) as connection:
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        _reach_disk(unfinished)
        unfinished.rename(target)
    except (sqlite3.Error, OSError) as failure:
        unfinished.unlink(missing_ok=True)
        raise SchemaError(f"The backup failed: {failure}.") from failure


def _look_over(path: Path) -> str:
    """Read all pages and try to write; return "ok" or what is damaged."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_LOCK_TIMEOUT_S)) as connection:
        connection.isolation_level = None
        verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        if verdict == "ok":
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        return verdict


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


def _reach_disk(path: Path) -> None:
    """Wait until a file is on the disk: VACUUM INTO leaves that to the system."""
    with path.open("rb") as written:
        os.fsync(written.fileno())
