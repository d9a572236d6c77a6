"""Measure what the facts of digests cost, and how that grows: `python -m benchmarks.digests`.

Each section is asked by itself, on SQLite and on PostgreSQL, among 10,000, 100,000 and 1,000,000 reports of a team that
goes on as it did: what grows is what is over. Printed as JSON, in ms; `growth` is against the smallest history.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, make_url

from benchmarks.digests_history import NOW, fill
from benchmarks.postgres_server import durable_postgres
from bot.digests.base import Scope, Section, back
from bot.digests.sections import sections
from bot.routing.load import load_settings
from bot.routing.section_names import SECTION_NAMES
from storage.database import Database, WorkspaceSession
from storage.models import Slot
from tests.conftest import SETTINGS, WORKSPACE
from tests.rigs import postgres

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 9
AUDIENCE = "audiences:\n  all: {channel: C0ALL, tz: Europe/Berlin, daily: '08:30', weekly: 'mon 08:30'}\n"


async def measure(url: str, names: Sequence[str]) -> dict[str, float]:
    """Give the median time of each of these sections, in ms, and of all of them in one transaction."""
    database, asked = Database(url), [sections()[name] for name in names]
    try:
        found = {section.name: await _ask(database, [section]) for section in asked}
        return {**found, "all": await _ask(database, asked)}
    finally:
        await database.close()


async def _ask(database: Database, asked: list[Section]) -> float:
    scope = _scope()

    def unit(session: WorkspaceSession) -> None:
        for section in asked:
            section.collect(session, scope)

    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await database.read(WORKSPACE, unit)
        took.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(took), 2)


def _scope() -> Scope:
    settings = load_settings(SETTINGS + AUDIENCE, "liaison.yaml")
    zone = ZoneInfo("Europe/Berlin")
    return Scope(
        now=NOW,
        since=back(NOW, zone, 7),
        slot=Slot.WEEKLY,
        zone=zone,
        key="all",
        audience=settings.audiences["all"],
        settings=settings,
    )


@contextmanager
def _servers(given: argparse.Namespace, folder: Path) -> Iterator[dict[str, str]]:
    """Give the address of each kind of database, to which a name is added."""
    found = {"sqlite": f"sqlite:///{given.folder or folder}/"} if "sqlite" in given.on else {}
    binaries = postgres.programs()
    if "postgresql" not in given.on or binaries is None:
        yield found
        return
    with durable_postgres(binaries) as url:
        yield {**found, "postgresql": url}


def _made(kind: str, server: str, size: int) -> str:
    """Make a database with a history; a file that is there from an earlier run is taken as it is."""
    name = f"digests_{size}"
    if kind == "sqlite":
        url = f"{server}{name}.db"
        is_there = Path(make_url(url).database or "").exists()
    else:
        url, is_there = make_url(server).set(database=name).render_as_string(hide_password=False), False
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
    if not is_there:
        fill(url, size)
    return url


def _with_growth(found: dict[int, dict[str, float]]) -> dict[str, Any]:
    least = min(found)
    growth = {
        str(size): {name: round(took / found[least][name], 2) for name, took in figures.items()}
        for size, figures in found.items()
        if size != least
    }
    return {"ms": {str(size): figures for size, figures in found.items()}, "growth": growth}


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--folder", type=Path, help="where to keep the files of SQLite for another run")
    parser.add_argument("--sections", choices=SECTION_NAMES, nargs="+", default=SECTION_NAMES)
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory(prefix="digests-") as name,
        _servers(given, Path(name)) as found,
    ):
        for kind, server in found.items():
            measured = {}
            for size in given.sizes:
                url = _made(kind, server, size)
                measured[size] = asyncio.run(measure(url, given.sections))
                print(f"{kind}, {size:,} reports: {measured[size]['all']} ms", file=sys.stderr)
            figures[kind] = _with_growth(measured)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
