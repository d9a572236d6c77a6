"""The product as a stream of reports sees it: filed, asked and closed through the same functions that Slack reaches."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.duplicates_protocol import Past
from bot.duplicates import IN_FORM, LIKELY, Candidate, Question, find_candidates
from bot.errors import UserError
from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from bot.triage.decisions import Order
from bot.triage.intake import NewReport, report_bug
from bot.triage.workflow import mark_duplicate
from storage import schema
from storage.database import Database, WorkspaceSession
from storage.models import Source, Via

WORKSPACE = "T0BENCH"
ANYBODY = "U0ANA"
# So many ranks are looked at; the form shows fewer.
DEPTH = 20
_SETTINGS = """
version: 1
teams:
  bugs: {channel: C0BUGS, name: Bugs, people: [U0ANA]}
components:
  product: {owner: bugs, name: Product}
"""


@dataclass(frozen=True)
class Answer:
    """What was found: places in the stream, best first; the likelihood of the best; what the form shows; how long.

    `cpu_ms` is the work in it, without waiting for a processor that others use.
    """

    ranked: list[int]
    best: float
    shown: list[int]
    took_ms: float
    cpu_ms: float


class Product:
    """Liaison on an SQLite file, without Slack and without its queue running."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ids: dict[int, int] = {}
        self._places: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        self.adding_s = 0.0
        self.indexing_s = 0.0

    @property
    def services(self) -> Services:
        """Give what the domain works with."""
        return self._services

    async def add(self, batch: Sequence[tuple[int, Past]]) -> None:
        """File reports, each at its own time, in few commits; then have the index take them in."""
        started = time.perf_counter()
        kept = await asyncio.gather(*(report_bug(self._at(one.created), _as_new(one)) for _, one in batch))
        self.adding_s += time.perf_counter() - started
        for (place, _), intake in zip(batch, kept, strict=True):
            self._ids[place] = intake.report_id
            self._places[intake.report_id] = place
            self._numbers[place] = int(intake.key.partition("-")[2])
        started = time.perf_counter()
        await self._read(Question("", datetime.now(UTC)), least=1.0, limit=1)
        self.indexing_s += time.perf_counter() - started

    async def close(self, place: int, target: int, when: datetime) -> None:
        """Close a report as a duplicate, as a person does on its card; what the rules refuse stays as it is."""
        order = Order(self._ids[place], ANYBODY, Via.BUTTON)
        try:
            await mark_duplicate(self._at(when), order, of_number=self._numbers[target])
        except UserError:
            # Closed before, or its own original by way of another: a second link between the same reports.
            return

    async def ask(self, title: str, body: str, when: datetime, *, deep: bool) -> Answer:
        """Ask as the form does, on the clock; then, not on the clock, for the ranks behind what it shows."""
        question = Question(title, when, body)
        started, worked = time.perf_counter(), time.process_time()
        shown = await self._read(question, least=LIKELY, limit=IN_FORM)
        took_ms, cpu_ms = 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - worked)
        ranked = await self._read(question, least=0.0, limit=DEPTH if deep else 1)
        best = ranked[0].score if ranked else 0.0
        return Answer(self._found(ranked), best, self._found(shown), took_ms, cpu_ms)

    async def _read(self, question: Question, *, least: float, limit: int) -> list[Candidate]:
        known = self._services.known

        def unit(session: WorkspaceSession) -> list[Candidate]:
            return find_candidates(session, known, question, least=least, limit=limit)

        return await self._services.database.read(WORKSPACE, unit)

    def _found(self, candidates: Sequence[Candidate]) -> list[int]:
        return [self._places[one.report_id] for one in candidates if one.report_id in self._places]

    def _at(self, when: datetime) -> Services:
        return replace(self._services, now=lambda: when)


async def open_product(path: Path) -> Product:
    """Make a product on a new SQLite file."""
    schema.upgrade(f"sqlite:///{path}")
    settings = load_settings(_SETTINGS, "bench.yaml")
    database = Database(f"sqlite:///{path}")
    await database.write(WORKSPACE, lambda session: mirror.keep_settings(session, settings))
    return Product(Services(database, WORKSPACE, InForce(settings), {}, lambda: datetime.now(UTC)))


def _as_new(report: Past) -> NewReport:
    title = report.title if report.title.strip() else "(no title)"
    return NewReport(title, ANYBODY, Source.COMMAND, Via.MODAL, what=report.body, source_channel="C0BUGS")
