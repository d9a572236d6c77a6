"""Releases, what they hold and what waits in them, as both databases find it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from storage import releases
from storage.database import Database, WorkspaceSession
from storage.models import ChangeState, Decision, ItemKind, Release, ReleaseChange, SourceItem
from tests.storage.jobs import WORKSPACE

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def release(release_id: int, days_ago: float, **more: Any) -> Release:
    usual = {"source": "github", "repo": "acme/web", "tag": f"v{release_id}", "published_at": ago(days_ago)}
    return Release(id=release_id, **usual | more)


def item(item_id: int, kind: ItemKind, days_ago: float, state: str = "merged", **more: Any) -> SourceItem:
    at = ago(days_ago)
    times = {"opened_at": at - timedelta(hours=1), "updated_at": at, "closed_at": at}
    usual: dict[str, Any] = {"source": "github", "project": "acme/web", "data": {}, **times}
    return SourceItem(id=item_id, kind=kind, external_id=str(item_id), state=state, **usual | more)


def change(change_id: int, release_id: int, item_id: int, state: ChangeState = ChangeState.DRAFTED) -> ReleaseChange:
    decided_at = ago(1) if state is ChangeState.APPROVED else None
    return ReleaseChange(id=change_id, release_id=release_id, item_id=item_id, state=state, decided_at=decided_at)


async def keep(database: Database, *rows: Any) -> None:
    def unit(session: WorkspaceSession) -> None:
        for row in rows:
            session.add(row)
            session.flush()

    await database.write(WORKSPACE, unit)


async def test_releases_are_unread_while_nothing_or_not_all_is_known_of_them(database: Database) -> None:
    pull = item(1, ItemKind.PULL_REQUEST, 9)
    known = [change(1, 2, 1), change(2, 4, 1)]
    await keep(database, release(1, 20), release(2, 8), release(3, 7), release(4, 1), release(5, -1), pull, *known)

    found = await database.write(WORKSPACE, lambda session: releases.unread(session, ago(14), ago(2), NOW))

    assert [one.id for one in found] == [3, 4]


async def test_release_before_is_the_last_final_one_of_the_repository(database: Database) -> None:
    rows = [release(1, 9), release(2, 8, prerelease=True), release(3, 7, prerelease=True), release(4, 6)]
    await keep(database, *rows, release(5, 6.5, repo="acme/other"))

    found = await database.write(WORKSPACE, lambda session: [releases.before(session, one) for one in rows])

    assert [one and one.id for one in found] == [None, 1, 2, 1]


async def test_merged_are_those_of_the_time_that_no_other_final_release_holds(database: Database) -> None:
    pulls = [item(number, ItemKind.PULL_REQUEST, number) for number in range(1, 8)]
    pulls[3].state = "closed"
    earlier, to_try, now = release(1, 6.5), release(2, 4.5, prerelease=True), release(3, 1.5)
    await keep(database, *pulls, earlier, to_try, now, change(1, 1, 6), change(2, 2, 5))

    found = await database.write(
        WORKSPACE, lambda session: [releases.merged(session, one, ago(6.5)) for one in (to_try, now)]
    )

    assert [[pull.id for pull in one] for one in found] == [[6, 5], [5, 3, 2]]


async def test_deployed_is_what_came_to_production_where_nobody_publishes(database: Database) -> None:
    kind, live = ItemKind.DEPLOYMENT, {"environment": "Production"}
    elsewhere = {"project": "acme/shop", "data": live}
    await keep(
        database,
        item(1, kind, 3, "success", data=live),
        item(2, kind, 2, "success", data=live),
        item(3, kind, 2, "failure", data=live),
        item(4, kind, 2, "success", data={"environment": "staging"}),
        item(5, kind, 20, "success", data=live),
        item(6, kind, 2, "success", **elsewhere),
        item(7, ItemKind.RELEASE, 9, "published", project="acme/shop"),
        release(1, 3, tag="1"),
    )

    found = await database.write(WORKSPACE, lambda session: releases.deployed(session, {"production"}, ago(14)))

    assert [one.id for one in found] == [2]


async def test_notes_are_those_of_the_release_of_the_tag(database: Database) -> None:
    published = {"tag": "v1", "notes": {"12": "Faster."}}
    other = item(2, ItemKind.RELEASE, 3, "published", data={"tag": "v9", "notes": {"12": "Slower."}})
    await keep(database, other, item(1, ItemKind.RELEASE, 3, "published", data=published))

    found = await database.read(
        WORKSPACE, lambda session: [releases.notes(session, one) for one in (release(1, 3), release(2, 3))]
    )

    assert found == [{"12": "Faster."}, {}]


async def test_changes_wait_until_somebody_decides(database: Database) -> None:
    pulls = [item(number, ItemKind.PULL_REQUEST, 5) for number in range(1, 6)]
    states = (ChangeState.DETECTED, ChangeState.DRAFTED, ChangeState.APPROVED, ChangeState.INTERNAL)
    held = [change(number, 1, number, state) for number, state in enumerate(states, start=1)]
    await keep(database, *pulls, release(1, 4), release(2, 3, prerelease=True), *held, change(5, 2, 5))

    def unit(session: WorkspaceSession) -> tuple[Any, ...]:
        waiting = [one.id for one, _ in releases.waiting(session, ago(28), NOW, 50)]
        approved = [one.id for one in releases.approved(session, ago(1))]
        too_late = releases.approved(session, ago(1.1))
        return waiting, approved, too_late, releases.count_changes(session, [1, 2])

    assert await database.write(WORKSPACE, unit) == ([1, 2], [3], [], (5, 1))


async def test_last_decision_is_the_newest_that_stands(database: Database) -> None:
    made: dict[str, Any] = {"subject_type": "change", "subject_id": 1, "at": NOW}
    rows = [Decision(id=number, kind="announce", **made) for number in (1, 2, 3)]
    other = Decision(id=4, kind="announce", subject_type="report", subject_id=1, at=NOW)
    await keep(database, *rows, other, Decision(id=5, kind="revise", **made))
    rows[2].undone_by_id = 5
    await keep(database, rows[2])

    found = await database.read(WORKSPACE, lambda session: releases.last_decision(session, "change", 1, before=5))

    assert found is not None
    assert found.id == 2
