"""How fast the search is, and how much memory it takes, among many reports: made of a file's, mixed."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.duplicates_figures import latencies
from benchmarks.duplicates_product import WORKSPACE, Answer, Product, open_product
from benchmarks.duplicates_protocol import Past
from bot.duplicates import KnownReports

_ADDED = 50
_BETWEEN = timedelta(minutes=20)


def measure_scale(reports: list[Past], size: int, directory: Path, *, queries: int = 300) -> dict[str, Any]:
    """Fill a new SQLite file with `size` reports, build the index, and ask; run it in a process of its own."""
    return asyncio.run(_measure(reports, size, directory / f"scale-{size}.db", queries))


async def _measure(reports: list[Past], size: int, path: Path, queries: int) -> dict[str, Any]:
    chance = random.Random(size)
    product = await open_product(path)
    await product.add([(0, reports[0])])
    filled_until = _fill(path, reports, size, chance)
    services = replace(product.services, known=KnownReports())
    product = Product(services)
    before = _resident_mb()
    started = time.perf_counter()
    await services.known.warm(services.database, WORKSPACE)
    built_s = time.perf_counter() - started
    after = _resident_mb()
    asked = {view: await _ask(product, reports, filled_until, chance, queries, view) for view in ("full", "title")}
    adding = await _add(product, reports, filled_until, chance)
    await services.database.close()
    return {
        "reports": size,
        **_times(asked["full"]),
        "title": _times(asked["title"]),
        "add": latencies(adding),
        "memory_mb": round(after - before, 1),
        "built_s": round(built_s, 1),
    }


async def _ask(
    product: Product, reports: list[Past], now: datetime, chance: random.Random, queries: int, view: str
) -> list[Answer]:
    answers = []
    for _ in range(queries):
        asked = chance.choice(reports)
        answers.append(await product.ask(asked.title, asked.body if view == "full" else "", now, deep=False))
    return answers


def _times(answers: list[Answer]) -> dict[str, Any]:
    cpu = latencies([answer.cpu_ms for answer in answers])
    return {**latencies([answer.took_ms for answer in answers]), "cpu": cpu}


async def _add(product: Product, reports: list[Past], now: datetime, chance: random.Random) -> list[float]:
    """Time how much longer the first question after a new report takes: the index takes it in."""
    took = []
    for at in range(_ADDED):
        one = chance.choice(reports)
        new = Past(f"new-{at}", now, None, one.title, one.body, ())
        before = product.indexing_s
        await product.add([])
        nothing_new = product.indexing_s - before
        before = product.indexing_s
        await product.add([(10_000_000 + at, new)])
        took.append(max(0.0, 1000 * (product.indexing_s - before - nothing_new)))
    return took


def _fill(path: Path, reports: list[Past], size: int, chance: random.Random) -> datetime:
    """Copy the one report there is, with the texts of others; return when the last was made."""
    start = datetime.now(UTC) - size * _BETWEEN
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(report)")]
        changed = {"id": "?1", "number": "?1", "title": "?2", "what": "?3", "created_at": "?4"}
        chosen = ", ".join(changed.get(column, column) for column in columns)
        names = ", ".join(columns)
        connection.executemany(
            f"INSERT INTO report ({names}) SELECT {chosen} FROM report WHERE id = 1",
            _rows(reports, size, start, chance),
        )
        connection.execute("UPDATE counter SET value = ? WHERE name = 'report'", (size,))
        connection.execute(
            "INSERT INTO report_search(rowid, title, body, workspace)"
            " SELECT id, title, substr(what, 1, 2000), workspace FROM report WHERE id > 1"
        )
    return start + size * _BETWEEN


def _rows(
    reports: list[Past], size: int, start: datetime, chance: random.Random
) -> Iterator[tuple[int, str, str, str]]:
    """Give each report once as it is; after that half of one and half of another."""
    for number in range(2, size + 1):
        one = reports[number % len(reports)]
        title, body = one.title, one.body
        if number > len(reports):
            other = chance.choice(reports)
            title = f"{_half(one.title, first=True)} {_half(other.title, first=False)}"
            body = f"{_half(one.body, first=True)} {_half(other.body, first=False)}"
        created = (start + number * _BETWEEN).astimezone(UTC)
        yield number, title[:200] or "-", body, f"{created:%Y-%m-%d %H:%M:%S.%f}"


def _half(text: str, *, first: bool) -> str:
    middle = text.find(" ", len(text) // 2)
    return text[:middle] if first else text[middle + 1 :]


def _resident_mb() -> float:
    """Give the memory of this process; Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20
