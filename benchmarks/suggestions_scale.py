"""How long a suggestion takes among many made reports, all of them decided on."""

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.duplicates import Writer
from benchmarks.duplicates_figures import latencies
from benchmarks.duplicates_product import WORKSPACE
from bot.duplicates import KnownReports, Question
from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from bot.suggestions import PastWords, suggest
from bot.triage.intake import NewReport, report_bug
from storage import schema
from storage.database import Database, WorkspaceSession
from storage.models import Source, Via

COMPONENTS = 20
QUERIES = 300
_SETTINGS = "version: 1\nteams:\n  bugs: {channel: C0BUGS, people: [U0ANA]}\ncomponents:\n" + "".join(
    f"  c{at}: {{owner: bugs, name: Part {at}}}\n" for at in range(COMPONENTS)
)


def measure_scale(directory: Path, size: int) -> dict[str, Any]:
    """Fill a database with `size` decided reports, build the index, and ask."""
    path = directory / f"scale-{size}.db"
    schema.upgrade(f"sqlite:///{path}")
    asyncio.run(_first_report(path))
    _copy(path, size)
    return asyncio.run(_ask(path))


async def _first_report(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    settings = load_settings(_SETTINGS, "bench.yaml")
    services = Services(database, WORKSPACE, InForce(settings), {}, lambda: datetime.now(UTC))
    await database.write(WORKSPACE, lambda session: mirror.keep_settings(session, settings))
    await report_bug(services, NewReport("The first one", "U0ANA", Source.COMMAND, Via.MODAL))
    await database.close()


def _copy(path: Path, size: int) -> None:
    """Make the others like the first report, whatever columns there are, with words and a component of their own."""
    writer = Writer(1)
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(report)")]
        changed = {"id": "?1", "number": "?1", "title": "?2", "what": "?3", "component_key": "?4"}
        changed |= {"triaged_at": "created_at", "severity": "'S3'"}
        chosen = ", ".join(changed.get(column, column) for column in columns)
        rows = ((at, writer.text(5, 9), writer.text(20, 50), f"c{at % COMPONENTS}") for at in range(2, size + 1))
        connection.executemany(f"INSERT INTO report SELECT {chosen} FROM report WHERE id = 1", rows)


async def _ask(path: Path) -> dict[str, Any]:
    database, known, past_words, writer = Database(f"sqlite:///{path}"), KnownReports(), PastWords(), Writer(2)
    await known.warm(database, WORKSPACE)
    took_ms = []
    for _ in range(QUERIES + 1):
        question = Question(writer.text(5, 9), datetime.now(UTC), writer.text(20, 50))
        started = time.perf_counter()
        await database.read(WORKSPACE, _suggesting(known, past_words, question))
        took_ms.append(1000 * (time.perf_counter() - started))
    await database.close()
    # The first one reads the words of the newest reports.
    return {"first_ms": round(took_ms[0], 1), **latencies(took_ms[1:])}


def _suggesting(known: KnownReports, past_words: PastWords, question: Question) -> Any:
    def unit(session: WorkspaceSession) -> bool:
        return suggest(session, known, past_words, question).component is not None

    return unit
