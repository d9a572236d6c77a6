"""The product as it makes suggestions: reports filed by its intake, asked about as on a card, then decided."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from benchmarks.duplicates_product import ANYBODY, WORKSPACE
from benchmarks.suggestions_protocol import FIELDS, Case
from bot.duplicates import Question
from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from bot.suggestions import WORTH_SHOWING, Ranking, Suggested, rank
from bot.triage.intake import NewReport, report_bug
from storage import people, record, reports, schema
from storage.database import Database, WorkspaceSession
from storage.models import AuditEvent, Severity, Source, Via


@dataclass(frozen=True)
class Answer:
    """For each field the values ranked with their likelihood, whether a card would show the first, and how long."""

    ranked: dict[str, list[tuple[str, float]]]
    shown: dict[str, bool]
    took_ms: float


class Product:
    """Liaison on an SQLite file, without Slack and without its queue running."""

    def __init__(self, services: Services, components: Sequence[str]) -> None:
        self._services = services
        self._keys = {name: f"c{at}" for at, name in enumerate(components)}
        self._names = {key: name for name, key in self._keys.items()}
        self._owners: dict[str, str] = {}

    async def ask(self, title: str, body: str, when: datetime) -> Answer:
        """Ask as a card does."""
        services, question = self._services, Question(title, when, body)

        def unit(session: WorkspaceSession) -> Ranking:
            return rank(session, services.known, services.past_words, question)

        started = time.perf_counter()
        ranking = await services.database.read(WORKSPACE, unit)
        took_ms = 1000 * (time.perf_counter() - started)
        found: dict[str, Sequence[Suggested]] = {field: getattr(ranking, field) for field in FIELDS}
        names = {"component": self._names, "owner": self._owners}
        ranked = {
            field: [(names.get(field, {}).get(one.value, one.value), one.confidence) for one in values]
            for field, values in found.items()
        }
        shown = {
            field: bool(values) and bool(values[0].keys) and _is_shown(values[0]) for field, values in found.items()
        }
        return Answer(ranked, shown, took_ms)

    async def learn(self, batch: Sequence[Case]) -> None:
        """File reports, each at its own time, and keep what people finally set on them."""
        kept = await asyncio.gather(*(report_bug(self._at(one.past.created), _as_new(one)) for one in batch))

        def unit(session: WorkspaceSession) -> None:
            for case, intake in zip(batch, kept, strict=True):
                self._settle(session, case, intake.report_id)

        await self._services.database.write(WORKSPACE, unit)

    async def close(self) -> None:
        """Close the database."""
        await self._services.database.close()

    def _settle(self, session: WorkspaceSession, case: Case, report_id: int) -> None:
        """Set what accepting, assigning and labelling would; a file may have one without the others."""
        values = case.values
        report = reports.get(session, report_id)
        assert report is not None
        report.component_key = self._keys[case.learnt_component] if case.learnt_component else None
        report.severity = Severity(values["severity"][0]) if values["severity"] else None
        report.labels = list(values["labels"])
        report.triaged_at = case.past.created
        if values["owner"]:
            owner = people.meet(session, f"U{values['owner'][0]}".upper())
            report.owner_id = owner.id
            self._owners[str(owner.id)] = values["owner"][0]
        session.add(report)
        event = {"subject_type": record.REPORT, "subject_id": report_id, "action": "accept"}
        session.add(AuditEvent(at=case.past.created, via=Via.BUTTON, **event))

    def _at(self, when: datetime) -> Services:
        return replace(self._services, now=lambda: when)


async def open_product(path: Path, cases: Sequence[Case]) -> Product:
    """Make a product on a new SQLite file whose settings have the components of the file."""
    schema.upgrade(f"sqlite:///{path}")
    components = sorted({name for case in cases for name in case.values["component"]}) or ["Product"]
    settings = load_settings(_settings(components), "bench.yaml")
    database = Database(f"sqlite:///{path}")
    await database.write(WORKSPACE, lambda session: mirror.keep_settings(session, settings))
    services = Services(database, WORKSPACE, InForce(settings), {}, lambda: datetime.now(UTC))
    return Product(services, components)


def _settings(components: Sequence[str]) -> str:
    made: dict[str, Any] = {
        "version": 1,
        "teams": {"bugs": {"channel": "C0BUGS", "name": "Bugs", "people": [ANYBODY]}},
        "components": {f"c{at}": {"owner": "bugs", "name": f"Part {at}"} for at in range(len(components))},
    }
    return yaml.safe_dump(made)


def _is_shown(suggested: Suggested) -> bool:
    return suggested.confidence >= WORTH_SHOWING


def _as_new(case: Case) -> NewReport:
    title = case.past.title if case.past.title.strip() else "(no title)"
    return NewReport(title, ANYBODY, Source.COMMAND, Via.MODAL, what=case.past.body, source_channel="C0BUGS")
