"""What most tests begin with: the rules over a real database, one team or two, and a clock that leaps when told."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings as tries

from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from bot.triage.intake import Intake, NewReport, report_bug
from integrations.connections import Connections, Sources
from integrations.sources import SOURCES
from integrations.trackers import local
from storage import reports, schema
from storage.database import Database, WorkspaceSession
from storage.models import Report, Source, Via

pytest_plugins = ["tests.compiled", "tests.rigs.fixtures", "tests.scenarios.world"]

# CI tries the same examples each time, so that it tells of the change it looks at; by hand new ones are found.
tries.register_profile("steady", derandomize=True)
tries.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
T = TypeVar("T")
WORKSPACE = "T0ACME"
# Bo and Finn decide at Checkout, Ana and Bo at Web; Finn administers; Eve reports and Dev tests.
SETTINGS = """
version: 1
teams:
  checkout: {channel: C0CHECKOUT, name: Checkout, people: [U0BO, U0FINN]}
  web: {channel: C0WEB, name: Web, people: [U0ANA, U0BO]}
components:
  checkout: {owner: checkout, name: Checkout}
  search: {owner: web, name: Search}
channels:
  C0QA: checkout
roles:
  admin: [U0ADA]
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="take the pictures of the documentation anew")


class Clock:
    """The injected clock: stands still until told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def leap(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema, to be copied: the migrations cost more than most tests."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(empty_database: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Services]:
    """The rules' tools in one workspace, on a database of the test's own."""
    file = shutil.copy(empty_database, tmp_path / "liaison.db")
    database = Database(f"sqlite:///{file}")
    settings = load_settings(SETTINGS, "liaison.yaml")
    await database.write(WORKSPACE, lambda session: mirror.keep_settings(session, settings))
    connections = Connections({"local": local.KIND}, {}, workspace=WORKSPACE, database=database, now=clock)
    sources = Sources(SOURCES, {}, now=clock)
    yield Services(database, WORKSPACE, InForce(settings), connections, clock, sources=sources)
    await database.close()


async def report(services: Services, title: str, **more: Any) -> Intake:
    """File a report: Eve's, from #qa, unless told otherwise."""
    usual = {"reporter": "U0EVE", "source": Source.COMMAND, "via": Via.MODAL, "source_channel": "C0QA"}
    return await report_bug(services, NewReport(title=title, **{**usual, **more}))


async def read(services: Services, unit: Callable[[WorkspaceSession], T]) -> T:
    """Read from the database."""
    return await services.database.read(services.workspace, unit)


async def kept(services: Services, report_id: int) -> Report:
    """Read a report as the database has it now."""
    found = await read(services, lambda session: reports.get(session, report_id))
    assert found is not None
    return found
