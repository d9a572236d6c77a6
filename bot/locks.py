"""One process per SQLite file: a second start is refused with a clear line."""

import fcntl
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):
    """Another process works on this database."""


def hold(database: Path) -> IO[str]:
    """Hold the database for this process until the returned file is closed, or the process dies."""
    lock = database.with_name(f"{database.name}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        lock.close()
        raise AlreadyRunning(
            f"Liaison already runs on {database}. Stop that one first, or set another DATABASE_URL."
        ) from taken
    return lock
