"""What is shown of the reports that were found, on both databases."""

from storage import reports, search
from storage.database import Database, WorkspaceSession
from storage.models import ReportState
from tests.storage.jobs import WORKSPACE
from tests.storage.rows import add_report


async def test_originals_are_read_too_and_only_of_this_workspace(database: Database) -> None:
    first, second, third = [
        await database.write(WORKSPACE, lambda session, title=title: add_report(session, title))
        for title in ("One", "Two", "Three")
    ]
    other = await database.write("T0OTHER", lambda session: add_report(session, "Other"))

    def unit(session: WorkspaceSession) -> None:
        for one, original in ((third, second), (second, first)):
            row = reports.get(session, one)
            assert row is not None
            row.duplicate_of_id = original
            session.add(row)

    await database.write(WORKSPACE, unit)

    found = await database.read(WORKSPACE, lambda session: search.found_with_originals(session, [third, other, 99]))

    assert sorted(found) == [first, second, third]
    assert (found[third].duplicate_of_id, found[first].title, found[first].state) == (second, "One", ReportState.NEW)
    assert (found[first].text, found[first].private, found[first].key) == ("One\n\n\n", False, "BUG-1")
