"""What a unit may rely on: all or nothing, one snapshot, no writing in a read, and only values of the right kind."""

import asyncio
import threading
from datetime import UTC

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import func, select

from storage import people, reports
from storage.database import Database, WorkspaceSession
from storage.models import Person, Report
from tests.storage.rows import NOW, add_report

WORKSPACE = "T0ACME"


def _count(session: WorkspaceSession) -> int:
    return session.exec(select(func.count()).select_from(Person)).one()


async def test_unit_leaves_nothing_when_it_raises(database: Database) -> None:
    def unit(session: WorkspaceSession) -> None:
        people.meet(session, "U1")
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        await database.write(WORKSPACE, unit)

    assert await database.read(WORKSPACE, _count) == 0


async def test_unit_is_refused_when_it_writes_in_a_read(database: Database) -> None:
    def forgotten_add(session: WorkspaceSession) -> None:
        session.add(Person(slack_user_id="U1"))

    def plain_sql(session: WorkspaceSession) -> None:
        session.connection().exec_driver_sql("DELETE FROM person")

    for unit in (forgotten_add, plain_sql):
        with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
            await database.read(WORKSPACE, unit)


async def test_read_sees_one_snapshot_when_others_write_meanwhile(database: Database) -> None:
    has_counted, has_written = threading.Event(), threading.Event()

    def unit(session: WorkspaceSession) -> tuple[int, int]:
        before = _count(session)
        has_counted.set()
        assert has_written.wait(5)
        return before, _count(session)

    reading = asyncio.create_task(database.read(WORKSPACE, unit))
    await asyncio.to_thread(has_counted.wait, 5)
    await database.write(WORKSPACE, lambda session: people.meet(session, "U1"))
    has_written.set()

    assert await reading == (0, 0)
    assert await database.read(WORKSPACE, _count) == 1


async def test_read_does_not_wait_when_somebody_holds_the_report(database: Database) -> None:
    """A query that holds its row in units that write is used by units that read as well."""
    report_id = await database.write(WORKSPACE, add_report)
    is_held, may_end = threading.Event(), threading.Event()

    def hold(session: WorkspaceSession) -> None:
        reports.get(session, report_id)
        is_held.set()
        assert may_end.wait(5)

    holding = asyncio.create_task(database.write(WORKSPACE, hold))
    await asyncio.to_thread(is_held.wait, 5)
    report = await asyncio.wait_for(
        database.read(WORKSPACE, lambda session: reports.get(session, report_id)), timeout=1
    )
    may_end.set()
    await holding

    assert report is not None
    assert report.id == report_id


@pytest.mark.parametrize(
    ("field", "value"), [("created_at", NOW.replace(tzinfo=None)), ("state", "banana")], ids=["naive", "bogus"]
)
async def test_value_is_refused_when_it_is_not_of_its_kind(database: Database, field: str, value: object) -> None:
    report_id = await database.write(WORKSPACE, add_report)

    def unit(session: WorkspaceSession) -> None:
        report = reports.get(session, report_id)
        assert report is not None
        setattr(report, field, value)

    with pytest.raises((StatementError, ValueError)):
        await database.write(WORKSPACE, unit)

    report = await database.read(WORKSPACE, lambda session: reports.get(session, report_id))
    assert report is not None
    assert (report.state.value, report.created_at.tzinfo) == ("new", UTC)


async def test_enum_is_refused_by_the_database_itself_when_it_is_bogus(database: Database, url: str) -> None:
    await database.write(WORKSPACE, add_report)
    engine = create_engine(url)

    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql("UPDATE report SET state = 'banana'")
    engine.dispose()


async def test_callback_is_called_when_a_write_is_committed_and_not_when_it_failed(database: Database) -> None:
    calls: list[str] = []
    database.after_commit(lambda: calls.append("committed"))

    await database.write(WORKSPACE, add_report)
    with pytest.raises(ZeroDivisionError):
        await database.write(WORKSPACE, lambda _session: 1 / 0)
    await database.read(WORKSPACE, _count)

    assert calls == ["committed"]


async def test_close_finishes_what_was_submitted(database: Database) -> None:
    writing = [asyncio.create_task(database.write(WORKSPACE, _meet(number))) for number in range(20)]
    await asyncio.sleep(0)

    await database.close()

    assert sorted(await asyncio.gather(*writing)) == sorted(f"U{number}" for number in range(20))
    with pytest.raises(RuntimeError):
        await database.write(WORKSPACE, _meet(99))


async def test_sql_error_shows_no_values_when_it_is_printed(database: Database) -> None:
    def unit(session: WorkspaceSession) -> None:
        session.add_all([Person(slack_user_id="U1", name="xoxb-secret"), Person(slack_user_id="U1")])

    with pytest.raises(DBAPIError) as refused:
        await database.write(WORKSPACE, unit)

    assert "xoxb-secret" not in str(refused.value)


async def test_json_comes_back_as_it_was(database: Database) -> None:
    transcript = [{"author": "Eve 🎫", "ts": "1.0", "text": "a\u2028b \ud83d"}]
    report_id = await database.write(WORKSPACE, add_report)

    def unit(session: WorkspaceSession) -> None:
        report = reports.get(session, report_id)
        assert report is not None
        report.transcript = transcript

    await database.write(WORKSPACE, unit)

    kept = await database.read(WORKSPACE, lambda session: session.get(Report, report_id))
    assert kept is not None
    assert kept.transcript == transcript


def _meet(number: int):
    return lambda session: people.meet(session, f"U{number}").slack_user_id
