"""What waits for a designer, and frames with their issues, as both databases find them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from storage import frames, waiting
from storage.database import Database, WorkspaceSession
from storage.models import IssueLink, ItemKind, Person, Report, ReportState, Source, SourceItem
from tests.storage.jobs import WORKSPACE

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def bug(number: int, **more: Any) -> Report:
    usual: dict[str, Any] = {"labels": [], "state": ReportState.NEW, "created_at": NOW - timedelta(days=number)}
    return Report(
        id=number,
        number=number,
        title="A bug",
        source=Source.COMMAND,
        reporter_id=1,
        team_key="web",
        top_at=NOW,
        **usual | more,
    )


def item(item_id: int, kind: ItemKind, **more: Any) -> SourceItem:
    usual: dict[str, Any] = {"source": "figma", "project": "shop", "data": {}, "opened_at": NOW, "updated_at": NOW}
    return SourceItem(id=item_id, kind=kind, external_id=str(item_id), **usual | more)


async def keep(database: Database, *rows: Any) -> None:
    def unit(session: WorkspaceSession) -> None:
        for row in rows:
            session.add(row)
            session.flush()

    await database.write(WORKSPACE, unit)


async def test_reports_are_found_by_a_label_when_it_is_theirs_or_their_issues(database: Database) -> None:
    link = IssueLink(subject_type="report", subject_id=3, tracker="linear", marker="m", labels=["UX"])
    frame = IssueLink(subject_type="frame", subject_id=2, tracker="linear", marker="n", labels=["ux"])
    await keep(database, Person(id=1, slack_user_id="U0EVE"), bug(1, labels=["a", "ux"]), bug(2), bug(3), link, frame)
    await keep(database, bug(4, labels=["luxury", "ux 2"]), bug(5, labels=["ux"], state=ReportState.CLOSED))

    found = await database.read(WORKSPACE, lambda session: waiting.reports_labelled(session, ("ux",), NOW, 10))

    assert [report.number for report in found] == [3, 1]


async def test_pull_requests_are_found_by_a_label_when_open(database: Database) -> None:
    labelled = {"labels": ["Needs-Design-Review"]}
    await keep(
        database,
        item(1, ItemKind.PULL_REQUEST, state="open", data=labelled),
        item(2, ItemKind.PULL_REQUEST, state="merged", data=labelled),
        item(3, ItemKind.PULL_REQUEST, state="open", data={"labels": [], "branch": "needs-design-review"}),
    )

    found = await database.read(
        WORKSPACE, lambda session: waiting.pulls_labelled(session, "needs-design-review", NOW, 10)
    )

    assert [pull.id for pull in found] == [1]


async def test_what_stood_there_is_found_when_asked_as_of_a_moment(database: Database) -> None:
    day = timedelta(days=1)
    await keep(
        database,
        item(1, ItemKind.FIGMA_FRAME, opened_at=NOW - 9 * day),
        item(2, ItemKind.FIGMA_FRAME, opened_at=NOW - 9 * day, closed_at=NOW - day),
        item(3, ItemKind.FIGMA_FRAME, opened_at=NOW - day),
        item(4, ItemKind.FIGMA_FRAME, opened_at=NOW - 9 * day, project="other"),
    )

    def unit(session: WorkspaceSession) -> tuple[list[int | None], list[int | None]]:
        then = frames.standing(session, ItemKind.FIGMA_FRAME, ("shop",), NOW - 7 * day)
        now = frames.open_items(session, ItemKind.FIGMA_FRAME, ("shop",))
        return [one.id for one in then], [one.id for one in now]

    assert await database.read(WORKSPACE, unit) == ([1, 2], [1, 3])


async def test_frames_are_held_when_their_issues_are_asked_for(database: Database) -> None:
    await keep(database, item(1, ItemKind.FIGMA_FRAME), item(2, ItemKind.PULL_REQUEST), item(3, ItemKind.FIGMA_FRAME))

    def unit(session: WorkspaceSession) -> list[int | None]:
        return [one.id for one in frames.hold(session, (1, 2, 3))]

    assert await database.write(WORKSPACE, unit) == [1, 3]
