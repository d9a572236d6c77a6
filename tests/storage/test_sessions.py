"""No session sees or changes a row of another workspace, by whatever kind of query."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from storage import people, reports, search
from storage.database import Database, WorkspaceSession
from storage.models import Follower, Person, Report
from tests.storage.rows import add_report

WORKSPACES = ("T0ONE", "T0TWO")
OPERATIONS = 200
Titles = dict[int, str]


def _by_entity(session: WorkspaceSession) -> set[str]:
    return {report.title for report in session.exec(select(Report))}


def _by_column(session: WorkspaceSession) -> set[str]:
    return set(session.exec(select(Report.title)))


def _by_join(session: WorkspaceSession) -> set[str]:
    followed = select(Report.title).join(Follower, col(Follower.report_id) == col(Report.id))
    return set(session.exec(followed.join(Person, col(Follower.person_id) == col(Person.id))))


def _by_alias(session: WorkspaceSession) -> set[str]:
    other = aliased(Report)
    return set(session.exec(select(other.title)))


def _by_exists(session: WorkspaceSession) -> set[str]:
    follower = select(Follower.id).where(Follower.report_id == Report.id).exists()
    return set(session.exec(select(Report.title).where(follower)))


def _by_subquery(session: WorkspaceSession) -> set[str]:
    ids = select(Report.id).scalar_subquery()
    return set(session.exec(select(Report.title).where(col(Report.id).in_(ids))))


def _by_search(session: WorkspaceSession) -> set[str]:
    found = [reports.get(session, hit.report_id) for hit in search.find(session, "basket", limit=1000)]
    return {report.title for report in found if report is not None}


READERS: tuple[Callable[[WorkspaceSession], set[str]], ...] = (
    _by_entity,
    _by_column,
    _by_join,
    _by_alias,
    _by_exists,
    _by_subquery,
    _by_search,
)


class Mirrored:
    """Two workspaces with the same people and numbers, and what each of them ought to hold."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.titles: dict[str, Titles] = {workspace: {} for workspace in WORKSPACES}

    async def add(self, workspace: str, chance: random.Random) -> None:
        title = f"Basket {workspace} {chance.random()}"

        def unit(session: WorkspaceSession) -> int:
            report_id = add_report(session, title)
            report = reports.get(session, report_id)
            assert report is not None
            search.index(session, report)
            return report_id

        self.titles[workspace][await self.database.write(workspace, unit)] = title

    async def rename(self, workspace: str, chance: random.Random) -> None:
        """Rename by id, of whichever workspace the id is: a foreign one must not be touched."""
        report_id = self._any_id(chance)
        title = f"Basket {workspace} {chance.random()}"
        statement = update(Report).where(col(Report.id) == report_id).values(title=title)
        await self.database.write(workspace, lambda session: session.execute(statement))
        if report_id in self.titles[workspace]:
            self.titles[workspace][report_id] = title

    async def remove(self, workspace: str, chance: random.Random) -> None:
        report_id = self._any_id(chance)

        def unit(session: WorkspaceSession) -> None:
            if reports.get(session, report_id) is not None:
                session.connection().exec_driver_sql(f"DELETE FROM report_search WHERE rowid = {report_id}")
            session.execute(delete(Follower).where(col(Follower.report_id) == report_id))
            session.execute(delete(Report).where(col(Report.id) == report_id))

        await self.database.write(workspace, unit)
        self.titles[workspace].pop(report_id, None)

    async def get(self, workspace: str, chance: random.Random) -> None:
        report_id = self._any_id(chance)
        by_key = await self.database.read(workspace, lambda session: session.get(Report, report_id))
        assert (by_key.title if by_key else None) == self.titles[workspace].get(report_id)

    async def count(self, workspace: str, chance: random.Random) -> None:
        counted = select(func.count()).select_from(Report)
        found = await self.database.read(workspace, lambda session: session.exec(counted).one())
        assert found == len(self.titles[workspace])

    async def list(self, workspace: str, chance: random.Random) -> None:
        reader = chance.choice(READERS)
        assert await self.database.read(workspace, reader) == set(self.titles[workspace].values()), reader.__name__

    def _any_id(self, chance: random.Random) -> int:
        return chance.choice([0, *self.titles["T0ONE"], *self.titles["T0TWO"]])


async def test_workspaces_stay_apart_when_two_hundred_random_operations_are_mirrored(database: Database) -> None:
    chance = random.Random(2)
    mirrored = Mirrored(database)
    verbs = [mirrored.add, mirrored.add, mirrored.rename, mirrored.remove, mirrored.get, mirrored.count, mirrored.list]

    for _ in range(OPERATIONS):
        await chance.choice(verbs)(chance.choice(WORKSPACES), chance)

    for workspace in WORKSPACES:
        for reader in READERS:
            assert await database.read(workspace, reader) == set(mirrored.titles[workspace].values()), reader.__name__


async def test_new_row_is_refused_when_it_names_another_workspace(database: Database) -> None:
    with pytest.raises(ValueError, match="another workspace"):
        await database.write("T0ONE", lambda session: session.add(Person(workspace="T0TWO", slack_user_id="U1")))

    assert await database.read("T0TWO", lambda session: session.exec(select(Person)).all()) == []


async def test_row_is_refused_when_it_is_moved_to_another_workspace(database: Database) -> None:
    def move(session: WorkspaceSession) -> None:
        people.meet(session, "U1").workspace = "T0TWO"

    await database.write("T0ONE", lambda session: people.meet(session, "U1"))

    with pytest.raises(ValueError, match="another workspace"):
        await database.write("T0ONE", move)


async def test_row_is_refused_when_another_workspace_would_delete_it(database: Database) -> None:
    theirs = await database.write("T0TWO", lambda session: people.meet(session, "U1"))

    with pytest.raises(ValueError, match="another workspace"):
        await database.write("T0ONE", lambda session: session.delete(theirs))

    [kept] = await database.read("T0TWO", lambda session: session.exec(select(Person)).all())
    assert kept.slack_user_id == "U1"
