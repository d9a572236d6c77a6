"""Group commit on SQLite; races between connections on PostgreSQL."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import func, select

from storage import people, record, reports
from storage.database import Database, Unit, WorkspaceSession
from storage.models import AuditEvent, Person, Report, ReportState, Via
from tests.storage.rows import NOW, add_report

WORKSPACE = "T0ACME"


def _people(session: WorkspaceSession) -> list[str]:
    return sorted(session.exec(select(Person.slack_user_id)))


def _meet(slack_user_id: str) -> Unit[Person]:
    return lambda session: people.meet(session, slack_user_id)


async def _as_one_group(database: Database, *units: Unit[object]) -> list[object]:
    """Run units in one transaction: they arrive while the writer is busy."""
    may_go_on = threading.Event()
    busy = asyncio.create_task(database.write(WORKSPACE, lambda _session: may_go_on.wait(5)))
    await asyncio.sleep(0.05)
    writing = [asyncio.create_task(database.write(WORKSPACE, unit)) for unit in units]
    await asyncio.sleep(0.05)
    may_go_on.set()
    outcomes = await asyncio.gather(*writing, return_exceptions=True)
    await busy
    return outcomes


async def test_failing_unit_leaves_the_others_of_its_group(sqlite_database: Database) -> None:
    def bug(session: WorkspaceSession) -> None:
        people.meet(session, "U2")
        raise KeyError("a bug")

    def bad_sql(session: WorkspaceSession) -> None:
        people.meet(session, "U3")
        session.connection().exec_driver_sql("SELECT nothing FROM nowhere")

    outcomes = await _as_one_group(sqlite_database, _meet("U1"), bug, bad_sql, _meet("U4"))

    assert [type(outcome) for outcome in outcomes] == [Person, KeyError, OperationalError, Person]
    assert await sqlite_database.read(WORKSPACE, _people) == ["U1", "U4"]


async def test_every_caller_hears_it_when_the_commit_fails(sqlite_database: Database) -> None:
    def broken_only_at_commit(session: WorkspaceSession) -> None:
        connection = session.connection()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql(
            "INSERT INTO follower (workspace, report_id, person_id, why, customer)"
            " VALUES ('T0ACME', 9, 9, 'watcher', '')"
        )

    outcomes = await _as_one_group(sqlite_database, _meet("U1"), broken_only_at_commit, _meet("U2"))

    assert [type(outcome) for outcome in outcomes] == [IntegrityError] * 3
    assert await sqlite_database.read(WORKSPACE, _people) == []
    await sqlite_database.write(WORKSPACE, _meet("U3"))
    assert await sqlite_database.read(WORKSPACE, _people) == ["U3"]


async def test_writer_goes_on_when_callers_are_called_off(sqlite_database: Database) -> None:
    """Such a caller once ended the thread, and all later writes waited for ever."""
    calling_off = [
        asyncio.create_task(sqlite_database.write(WORKSPACE, lambda _session: time.sleep(0.1))) for _ in range(3)
    ]
    await asyncio.sleep(0.03)
    for task in calling_off:
        task.cancel()

    met = await asyncio.wait_for(sqlite_database.write(WORKSPACE, _meet("U1")), timeout=2)

    assert met.slack_user_id == "U1"
    assert [task.cancelled() for task in calling_off] == [True] * 3


async def test_write_fails_in_time_and_does_nothing_when_the_file_is_locked_from_outside(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await sqlite_database.write(WORKSPACE, _meet("U0"))

    async def timed(slack_user_id: str, after_s: float) -> float:
        await asyncio.sleep(after_s)
        started = time.monotonic()
        with pytest.raises(OperationalError, match="locked"):
            await sqlite_database.write(WORKSPACE, _meet(slack_user_id))
        return time.monotonic() - started

    with _locked(tmp_path / "liaison.db"):
        # The second waits behind the first, and yet no longer than it.
        waits_s = await asyncio.gather(timed("U1", 0), timed("U2", 0.5))
        seen = await sqlite_database.read(WORKSPACE, _people)
    await sqlite_database.write(WORKSPACE, _meet("U3"))

    assert max(waits_s) < 2.6
    assert seen == ["U0"]
    assert await sqlite_database.read(WORKSPACE, _people) == ["U0", "U3"]


async def test_write_waits_when_the_lock_is_short(sqlite_database: Database, tmp_path: Path) -> None:
    with _locked(tmp_path / "liaison.db"):
        writing = asyncio.create_task(sqlite_database.write(WORKSPACE, _meet("U1")))
        await asyncio.sleep(0.3)

    assert (await writing).slack_user_id == "U1"


async def test_writes_are_kept_when_the_power_fails_after_the_answer(sqlite_database: Database, tmp_path: Path) -> None:
    """What a copy of the files holds at this moment is what a crash would leave: the writer has not closed them."""
    await sqlite_database.write(WORKSPACE, _meet("U1"))
    for ending in ("", "-wal"):
        (tmp_path / f"copy.db{ending}").write_bytes((tmp_path / f"liaison.db{ending}").read_bytes())

    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT slack_user_id FROM person").fetchall() == [("U1",)]
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)


async def test_ten_people_are_counted_once_each_when_all_write_at_once(database: Database) -> None:
    await asyncio.gather(*(database.write(WORKSPACE, add_report) for _ in range(10)))

    numbers = await database.read(WORKSPACE, lambda session: sorted(session.exec(select(Report.number))))
    assert numbers == list(range(1, 11))


@pytest.mark.postgres
async def test_unit_runs_again_when_another_one_made_the_row_first(postgres_database: Database) -> None:
    """Both look, neither finds, both make it: the second one looks again."""
    together = threading.Barrier(2, timeout=5)
    tries: list[str] = []

    def keep(session: WorkspaceSession) -> str:
        is_first_try = len(tries) < 2
        tries.append("try")
        if record.find_request(session, "view:V1") is not None:
            return "repeated"
        if is_first_try:
            together.wait()
        session.add(_event("view:V1"))
        session.flush()
        return "kept"

    outcomes = await asyncio.gather(*(postgres_database.write(WORKSPACE, keep) for _ in range(2)))

    assert sorted(outcomes) == ["kept", "repeated"]
    assert len(tries) == 3


@pytest.mark.postgres
async def test_error_reaches_the_caller_when_every_try_breaks_the_same_rule(postgres_database: Database) -> None:
    await postgres_database.write(WORKSPACE, _meet("U1"))
    tries: list[str] = []

    def bug(session: WorkspaceSession) -> None:
        tries.append("try")
        session.add(Person(slack_user_id="U1"))

    with pytest.raises(IntegrityError):
        await postgres_database.write(WORKSPACE, bug)

    assert len(tries) == 5


@pytest.mark.postgres
async def test_second_one_sees_what_the_first_did_when_two_press_at_once(postgres_database: Database) -> None:
    report_id = await postgres_database.write(WORKSPACE, add_report)

    def accept(session: WorkspaceSession) -> ReportState:
        report = reports.get(session, report_id)
        assert report is not None
        found = report.state
        time.sleep(0.1)
        report.state = ReportState.ACCEPTED
        return found

    found = await asyncio.gather(*(postgres_database.write(WORKSPACE, accept) for _ in range(4)))

    assert sorted(found) == [ReportState.ACCEPTED] * 3 + [ReportState.NEW]


@pytest.mark.postgres
async def test_deadlock_is_resolved_by_another_try(postgres_database: Database) -> None:
    first, second = [await postgres_database.write(WORKSPACE, add_report) for _ in range(2)]
    together = threading.Barrier(2, timeout=5)
    tries: list[str] = []

    def both(*report_ids: int) -> Unit[None]:
        def unit(session: WorkspaceSession) -> None:
            is_first_try = len(tries) < 2
            tries.append("try")
            reports.get(session, report_ids[0])
            if is_first_try:
                together.wait()
            reports.get(session, report_ids[1])

        return unit

    await asyncio.gather(
        postgres_database.write(WORKSPACE, both(first, second)),
        postgres_database.write(WORKSPACE, both(second, first)),
    )

    # One of them gave way; both, when both noticed at the same moment.
    assert len(tries) in {3, 4}


@pytest.mark.postgres
async def test_unit_is_not_repeated_when_the_connection_breaks(postgres_database: Database) -> None:
    """Its commit may have arrived: only the caller can look."""
    tries: list[str] = []

    def cut_off(session: WorkspaceSession) -> None:
        tries.append("try")
        people.meet(session, "U1")
        session.connection().exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DBAPIError):
        await postgres_database.write(WORKSPACE, cut_off)

    assert len(tries) == 1
    assert (
        await postgres_database.read(WORKSPACE, lambda session: session.exec(select(func.count(Person.id))).one()) == 0
    )


@pytest.mark.postgres
async def test_row_held_from_outside_fails_the_write_in_time(postgres_database: Database) -> None:
    report_id = await postgres_database.write(WORKSPACE, add_report)
    is_held, may_end = threading.Event(), threading.Event()

    def hold(session: WorkspaceSession) -> None:
        reports.get(session, report_id)
        is_held.set()
        assert may_end.wait(9)

    holding = asyncio.create_task(postgres_database.write(WORKSPACE, hold))
    await asyncio.to_thread(is_held.wait, 5)
    started = time.monotonic()
    with pytest.raises(OperationalError, match="lock timeout"):
        await postgres_database.write(WORKSPACE, lambda session: reports.get(session, report_id))
    waited_s = time.monotonic() - started
    may_end.set()
    await holding

    assert waited_s < 3


def _event(request_key: str) -> AuditEvent:
    return AuditEvent(
        at=NOW, via=Via.MODAL, subject_type=record.REPORT, subject_id=1, action="file", request_key=request_key
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as outsider:
        outsider.execute("BEGIN IMMEDIATE")
        yield
        outsider.execute("ROLLBACK")
