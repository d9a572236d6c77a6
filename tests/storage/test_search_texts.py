"""What the duplicate search reads, on both databases."""

from typing import Any

import pytest

from bot.duplicates.known import KnownReports
from storage import people, record, reports, search
from storage.database import Database, WorkspaceSession
from storage.models import AuditEvent, DuplicateVerdict, Via
from tests.storage.jobs import WORKSPACE
from tests.storage.rows import NOW, add_report


def happened(session: WorkspaceSession, report_id: int, event_id: int | None = None) -> int:
    event = AuditEvent(
        id=event_id, at=NOW, via=Via.COMMAND, subject_type=record.REPORT, subject_id=report_id, action="edit"
    )
    session.add(event)
    session.flush()
    assert event.id is not None
    return event.id


def edit(session: WorkspaceSession, report_id: int, **values: Any) -> None:
    report = reports.get(session, report_id)
    assert report is not None
    for name, value in values.items():
        setattr(report, name, value)
    session.add(report)


async def asked(database: Database, known: KnownReports, title: str) -> list[int]:
    def unit(session: WorkspaceSession) -> list[int]:
        return [one.report_id for one in known.search(session, title, "", now=NOW, limit=5)]

    return await database.read(WORKSPACE, unit)


async def test_texts_come_in_order_and_in_slices_when_they_are_read(database: Database) -> None:
    ids = [await database.write(WORKSPACE, lambda session: add_report(session, "One")) for _ in range(3)]
    more = {"what": "Says nothing", "url": "https://shop.example/cart/pay?id=3"}
    await database.write(WORKSPACE, lambda session: edit(session, ids[1], **more))

    texts = await database.read(WORKSPACE, lambda session: search.texts_after(session, ids[0], limit=1))

    assert texts == [search.Text(ids[1], NOW, "One", "Says nothing\ncart/pay", False, None)]


async def test_changes_and_verdicts_are_of_this_workspace_when_there_are_others(database: Database) -> None:
    first = await database.write(WORKSPACE, add_report)
    second = await database.write(WORKSPACE, add_report)

    def unit(session: WorkspaceSession) -> int:
        by_id = people.meet(session, "U0BO").id
        assert by_id is not None
        session.add(DuplicateVerdict(report_id=first, other_id=second, same=True, by_id=by_id, at=NOW))
        return happened(session, first)

    event = await database.write(WORKSPACE, unit)
    await database.write("T0OTHER", lambda session: happened(session, 1))

    def look(session: WorkspaceSession) -> tuple[int, list[tuple[int, int]], list[bool], int]:
        verdicts = [one.same for one in search.verdicts_on(session, {second})]
        later = search.verdicts_after(session, 0)
        return search.newest_change(session), search.changes_after(session, event - 1), verdicts, len(later)

    assert await database.read(WORKSPACE, look) == (event, [(event, first)], [True], 1)


async def test_report_is_found_by_its_new_words_when_another_process_edited_it(database: Database) -> None:
    known = KnownReports()
    report_id = await database.write(WORKSPACE, lambda session: add_report(session, "Basket is empty"))
    before = await asked(database, known, "Basket is empty")

    def unit(session: WorkspaceSession) -> None:
        edit(session, report_id, title="Printer on fire")
        happened(session, report_id)

    await database.write(WORKSPACE, unit)

    assert (before, await asked(database, known, "Printer on fire")) == ([report_id], [report_id])
    assert await asked(database, known, "Basket is empty") == []


@pytest.mark.postgres
async def test_edit_is_seen_when_its_event_came_to_light_late(postgres_database: Database) -> None:
    known = KnownReports()
    report_id = await postgres_database.write(WORKSPACE, lambda session: add_report(session, "Basket is empty"))
    await postgres_database.write(WORKSPACE, lambda session: happened(session, report_id, 100))
    await asked(postgres_database, known, "Basket is empty")

    def unit(session: WorkspaceSession) -> None:
        edit(session, report_id, title="Printer on fire")
        happened(session, report_id, 99)

    await postgres_database.write(WORKSPACE, unit)

    assert await asked(postgres_database, known, "Printer on fire") == [report_id]


async def test_deleted_report_is_found_no_more_when_the_log_says_so(database: Database) -> None:
    known = KnownReports()
    report_id = await database.write(WORKSPACE, lambda session: add_report(session, "Basket is empty"))
    await asked(database, known, "Basket is empty")

    def unit(session: WorkspaceSession) -> None:
        for follower in reports.followers(session, report_id):
            session.delete(follower)
        session.flush()
        session.delete(reports.get(session, report_id))
        happened(session, report_id)

    await database.write(WORKSPACE, unit)

    assert await asked(database, known, "Basket is empty") == []
