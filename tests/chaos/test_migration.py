"""Kill -9 at statements of the migrations."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storage import schema
from tests.chaos.conftest import ROOT

pytestmark = pytest.mark.chaos
PROGRAM = """
import os, signal, sys
from sqlalchemy import Engine, event
from storage import schema

left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *more):
    global left
    left -= statement.strip().startswith(("CREATE", "INSERT"))
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

schema.upgrade(f"sqlite:///{sys.argv[1]}")
"""


def test_nothing_is_half_migrated_when_killed_at_any_statement(tmp_path: Path, rounds: int) -> None:
    for statement in range(1, 35, max(1, 35 // rounds)):
        path = tmp_path / f"{statement}.db"
        killed = subprocess.run([sys.executable, "-c", PROGRAM, path, str(statement)], cwd=ROOT, check=False)
        left = _tables(path)

        assert killed.returncode == -signal.SIGKILL
        assert left == []
        assert schema.upgrade(f"sqlite:///{path}") == schema.newest()


def _tables(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
