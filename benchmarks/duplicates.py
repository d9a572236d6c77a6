"""How good the search for likely duplicates is, and how long it takes.

`python -m benchmarks.duplicates --data FILE.jsonl.gz [--json OUT] [--scale 10000 100000]` streams a file of real
reports through the product (see `duplicates_protocol` for what is asked); `measure` is the part of `make bench`: the
time among 100,000 made reports.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.duplicates_protocol import read_stream
from benchmarks.duplicates_scale import measure_scale
from benchmarks.duplicates_stream import show, stream_file
from benchmarks.payloads import made_word
from bot.duplicates import KnownReports, Question, find_candidates
from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.settings import default_settings
from bot.services import Services
from bot.triage.intake import NewReport, report_bug
from storage import schema
from storage.database import Database, WorkspaceSession
from storage.models import Source, Via

REPORTS = 100_000
WORKSPACE = "T0BENCH"
_STOP_WORDS = ["the", "a", "is", "in", "on", "not", "to", "when", "of", "and", "does", "with", "for", "my", "after"]


def main() -> None:
    """Measure what was asked for; print it, and write it where told."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duplicates")
    parser.add_argument("--data", type=Path, required=True, help="reports, one JSON line each; may be gzipped")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--scale", type=int, nargs="*", default=[], metavar="N", help="also measure among N reports")
    given = parser.parse_args()
    stream = read_stream(given.data)
    with tempfile.TemporaryDirectory(prefix="duplicates-") as name:
        figures = stream_file(stream, Path(name))
        print("\n".join(show(figures)), flush=True)
        figures["scale"] = {}
        # A process of its own each, so that memory is that of the index alone.
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            for size in given.scale:
                print(f"{size} reports …", file=sys.stderr, flush=True)
                measured = pool.apply(measure_scale, (stream.reports, size, Path(name)))
                figures["scale"][str(size)] = measured
                print(f"among {size}: {json.dumps(measured)}", flush=True)
    if given.json:
        given.json.write_text(json.dumps({"data": given.data.name, **figures}, indent=1) + "\n", encoding="utf-8")


class Writer:
    """Makes texts with the shape of real ones: a fifth are small words, the others fall off as 1/rank."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        syllables = random.Random("the same words for every writer")
        made = dict.fromkeys(made_word(syllables) for _ in range(8000))
        weights = [1 / (rank + 3) for rank in range(len(made))]
        scale = 0.25 * sum(weights)
        self._words = [*made, *_STOP_WORDS]
        small = [scale / (len(_STOP_WORDS))] * len(_STOP_WORDS)
        total = 0.0
        self._cumulative = [total := total + weight for weight in (*weights, *small)]

    def text(self, least: int, most: int) -> str:
        """Write between `least` and `most` words."""
        count = self._chance.randint(least, most)
        return " ".join(self._chance.choices(self._words, cum_weights=self._cumulative, k=count))


def measure(directory: Path, *, queries: int, longest_s: float) -> dict[str, Any]:
    """Fill a database and look for `queries` new titles, one after the other, for `longest_s` at most."""
    path = directory / "duplicates.db"
    schema.upgrade(f"sqlite:///{path}")
    started = time.perf_counter()
    asyncio.run(_first_report(path))
    _copies(path, Writer(1))
    filled_s = time.perf_counter() - started
    writer = Writer(2)
    took = asyncio.run(_look(path, [writer.text(5, 9) for _ in range(queries + 1)], longest_s))
    # The first one opens the connection.
    ordered = sorted(took[1:])
    return {
        "value": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "p50_ms": statistics.median(ordered),
        "queries": len(ordered),
        "reports": REPORTS,
        "filled_s": filled_s,
    }


async def _first_report(path: Path) -> None:
    """File one report through the product; the others are made like it, whatever columns there are."""
    database = Database(f"sqlite:///{path}")
    settings = default_settings("#bugs")
    services = Services(database, WORKSPACE, InForce(settings), {}, lambda: datetime.now(UTC))
    await database.write(WORKSPACE, lambda session: mirror.keep_settings(session, settings))
    await report_bug(services, NewReport("The first one", "U0ANA", Source.COMMAND, Via.MODAL))
    await database.close()


def _copies(path: Path, writer: Writer) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(report)")]
        changed = {"id": "?1", "number": "?1", "title": "?2", "what": "?3"}
        chosen = ", ".join(changed.get(column, column) for column in columns)
        connection.executemany(f"INSERT INTO report SELECT {chosen} FROM report WHERE id = 1", _rows(writer))
        connection.execute(
            "INSERT INTO report_search(rowid, title, body, workspace)"
            " SELECT id, title, what || ' ' || expected, workspace FROM report WHERE id > 1"
        )


def _rows(writer: Writer) -> Iterator[tuple[int, str, str]]:
    for number in range(2, REPORTS + 1):
        yield number, writer.text(5, 9), writer.text(20, 50)


async def _look(path: Path, titles: list[str], longest_s: float) -> list[float]:
    database = Database(f"sqlite:///{path}")
    known = KnownReports()
    await known.warm(database, WORKSPACE)
    took: list[float] = []
    deadline = time.perf_counter() + longest_s
    for title in titles:
        started = time.perf_counter()
        await database.read(WORKSPACE, _looking_for(known, title))
        took.append((time.perf_counter() - started) * 1000)
        if time.perf_counter() > deadline and len(took) > 1:
            break
    await database.close()
    return took


def _looking_for(known: KnownReports, title: str) -> Any:
    def unit(session: WorkspaceSession) -> int:
        return len(find_candidates(session, known, Question(title, datetime.now(UTC))))

    return unit


if __name__ == "__main__":
    main()
