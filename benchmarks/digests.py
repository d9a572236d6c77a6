"""Measure what the facts of digests cost, and how that grows: `python -m benchmarks.digests`.

Each section is asked by itself, on SQLite and on PostgreSQL, among 10,000, 100,000 and 1,000,000 reports of a team that
goes on as it did: what grows is what is over. The histories are asked in turn, so that a busy machine is busy for all.
Printed as JSON, in ms (medians); `growth` is against the smallest history.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import make_url

from benchmarks.digests_history import NOW, fill
from benchmarks.paired import Ratio, middle_half
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


@dataclass(frozen=True)
class Cost:
    """What was asked cost in ms among each number of reports, and that against the least number of them."""

    ms: dict[int, float]
    growth: dict[int, Ratio]


def measure_growth(directory: Path, rounds: int) -> dict[str, Any]:
    """Compare the facts of all sections among the most reports with those among the fewest, on SQLite."""
    least, most = min(SIZES), max(SIZES)
    urls = {size: _made("sqlite", f"sqlite:///{directory}/", size) for size in (least, most)}
    cost = asyncio.run(measure(urls, SECTION_NAMES, rounds, alone=False))["all"]
    return {**asdict(cost.growth[most]), "ms_10k": cost.ms[least], "ms_1m": cost.ms[most]}


async def measure(
    urls: Mapping[int, str], names: Sequence[str], rounds: int = ROUNDS, *, alone: bool = True
) -> dict[str, Cost]:
    """Give the cost of all these sections in one transaction, and of each `alone`; `urls` by number of reports."""
    databases = {size: Database(url) for size, url in sorted(urls.items())}
    asked = {name: [sections()[name]] for name in names if alone} | {"all": [sections()[name] for name in names]}
    try:
        return {name: await _cost(databases, found, rounds) for name, found in asked.items()}
    finally:
        for database in databases.values():
            await database.close()


async def _cost(databases: Mapping[int, Database], asked: list[Section], rounds: int) -> Cost:
    """Ask one database after the other, over and over: the machine is as busy for each of them."""
    took: dict[int, list[float]] = {size: [] for size in databases}
    for turn in range(rounds + 1):
        for size, database in databases.items():
            found = await _ask(database, asked)
            # The first time, statements are compiled.
            took[size] += [found] if turn else []
    least = min(took)
    growth = {size: [one / other for one, other in zip(took[size], took[least], strict=True)] for size in took}
    return Cost(
        {size: round(statistics.median(found), 2) for size, found in took.items()},
        {size: middle_half(found) for size, found in growth.items() if size != least},
    )


async def _ask(database: Database, asked: list[Section]) -> float:
    """Return how long the sections took, without the wait for a thread."""
    scope = _scope()

    def unit(session: WorkspaceSession) -> float:
        started = time.perf_counter()
        for section in asked:
            section.collect(session, scope)
        return 1000 * (time.perf_counter() - started)

    return await database.read(WORKSPACE, unit)


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
        url, is_there = postgres.new_database(server), False
    if not is_there:
        fill(url, size)
    return url


def _told(costs: Mapping[str, Cost], sizes: Sequence[int]) -> dict[str, Any]:
    """Make a table by number of reports of what the sections cost, and of its growth."""
    ms = {str(size): {name: cost.ms[size] for name, cost in costs.items()} for size in sizes}
    growth = {
        str(size): {name: round(cost.growth[size].value, 2) for name, cost in costs.items()}
        for size in sizes
        if size != min(sizes)
    }
    return {"ms": ms, "growth": growth}


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
            urls = {size: _made(kind, server, size) for size in given.sizes}
            print(f"{kind}: {', '.join(f'{size:,}' for size in urls)} reports are there", file=sys.stderr)
            figures[kind] = _told(asyncio.run(measure(urls, given.sections)), given.sizes)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
