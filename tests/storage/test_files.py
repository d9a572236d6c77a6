"""A broken or unusable file is found before the start; a copy of a live one is whole."""

import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage import schema
from storage.schema import SchemaError

NOBODY = 65534


@pytest.fixture
def filled(sqlite_url: str) -> Path:
    """A database with 500 people in it."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        _add_people(connection, 500)
    return path


def _zero_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-2 * 4096, os.SEEK_END)
        file.write(bytes(4096))


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _garble_the_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"not a database at all, but something else")


@pytest.mark.parametrize("damage", [_zero_a_page, _truncate, _garble_the_header])
def test_file_is_moved_aside_and_not_deleted_when_it_is_damaged(filled: Path, damage: Callable[[Path], None]) -> None:
    damage(filled)
    damaged = filled.read_bytes()

    with pytest.raises(SchemaError, match=r"damaged .* Restore the newest backup as .*liaison\.db"):
        schema.upgrade(f"sqlite:///{filled}")

    assert not filled.exists()
    assert (filled.parent / "liaison.db.damaged-1").read_bytes() == damaged


def test_second_damaged_file_does_not_replace_the_first(filled: Path) -> None:
    first = filled.with_name("liaison.db.damaged-1")
    first.write_text("kept")
    _garble_the_header(filled)

    with pytest.raises(SchemaError, match="damaged-2"):
        schema.check_file(f"sqlite:///{filled}")

    assert first.read_text() == "kept"


def test_whole_file_stays_where_it_is(filled: Path) -> None:
    schema.check_file(f"sqlite:///{filled}")

    assert [path.name for path in filled.parent.iterdir()] == ["liaison.db"]


def test_one_line_names_the_folder_when_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as refused:
        schema.upgrade(f"sqlite:///{tmp_path}/missing/liaison.db")

    assert str(refused.value) == f"The folder {tmp_path}/missing does not exist. Make it, or change DATABASE_URL."


def test_one_line_says_so_when_a_folder_stands_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "liaison.db").mkdir()

    with pytest.raises(SchemaError, match=r"liaison\.db cannot be used: unable to open database file"):
        schema.upgrade(f"sqlite:///{tmp_path}/liaison.db")


def test_one_line_says_so_when_the_file_is_read_only(read_only: Path) -> None:
    with pytest.raises(SchemaError, match=r"liaison\.db cannot be used: attempt to write a readonly database"):
        schema.upgrade(f"sqlite:///{read_only}")

    assert read_only.exists()


def test_one_line_says_so_when_another_program_holds_the_file(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.files._LOCK_TIMEOUT_S", 0.1)

    with closing(sqlite3.connect(filled, isolation_level=None)) as outsider:
        outsider.execute("BEGIN IMMEDIATE")
        with pytest.raises(SchemaError, match="cannot be used: database is locked"):
            schema.check_file(f"sqlite:///{filled}")


def test_backup_is_whole_when_the_database_is_written_meanwhile(filled: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    writing = threading.Thread(target=_write_pairs, args=(filled, stop))
    writing.start()
    try:
        for number in range(5):
            schema.backup(f"sqlite:///{filled}", tmp_path / f"copy-{number}.db")
    finally:
        stop.set()
        writing.join()

    for number in range(5):
        copy = tmp_path / f"copy-{number}.db"
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            [people] = connection.execute("SELECT count(*) FROM person").fetchone()
        assert people >= 500
        assert people % 2 == 0
        assert schema.upgrade(f"sqlite:///{copy}") == schema.newest()


def test_backup_leaves_an_older_file_alone(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "older.db"
    target.write_text("older")

    with pytest.raises(SchemaError, match=r"older\.db exists already"):
        schema.backup(f"sqlite:///{filled}", target)

    assert target.read_text() == "older"


def test_backup_leaves_no_half_file_when_it_fails(filled: Path, tmp_path: Path) -> None:
    _truncate(filled)

    with pytest.raises(SchemaError, match="The backup failed: "):
        schema.backup(f"sqlite:///{filled}", tmp_path / "copy.db")

    assert list(tmp_path.glob("copy*")) == []


@pytest.fixture
def read_only(filled: Path) -> Iterator[Path]:
    """A database that this process may read but not write; root may write everything, so it becomes nobody."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "liaison.db"
        path.write_bytes(filled.read_bytes())
        path.chmod(0o444)
        Path(name).chmod(0o555)
        user = os.geteuid()
        os.seteuid(user or NOBODY)
        try:
            yield path
        finally:
            os.seteuid(user)
            Path(name).chmod(0o755)


def _write_pairs(path: Path, stop: threading.Event) -> None:
    """Add two people in each transaction: an odd number would show half of one."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        first = 1000
        while not stop.is_set():
            _add_people(connection, 2, first)
            first += 2


def _add_people(connection: sqlite3.Connection, many: int, first: int = 0) -> None:
    rows = [(f"U{number}", "x" * 200) for number in range(first, first + many)]
    connection.executemany(
        "INSERT INTO person (workspace, slack_user_id, name, email, role, tz, is_bot)"
        " VALUES ('T0ACME', ?, ?, '', 'other', 'UTC', 0)",
        rows,
    )
    connection.commit()
