"""Measure the import of many issues and the sync of many changes: `python -m benchmarks.trackers`.

The tracker is a sheet of paper in this process, so what is measured is Liaison's own part. Figures are printed as
JSON: `per_change` is in bare transactions of one row, measured in the same run.
"""

import argparse
import asyncio
import json
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from bot.triage import importing, sync
from bot.triage.jobs import JobKind
from integrations.connections import Connections
from integrations.trackers import local
from integrations.trackers.base import Changes
from storage import links, schema
from storage.database import Database, WorkspaceSession
from storage.models import IssueLink, IssueState
from storage.queue import NewJob, defer
from tests.bot.triage import paper_tracker
from tests.bot.triage.paper_tracker import PROJECT, Paper
from tests.conftest import SETTINGS, WORKSPACE

ADMIN = "U0ADA"
BARE = 200


async def measure(issues: int, changes: int, folder: Path) -> dict[str, Any]:
    """Import so many issues, then let so many of them change; give seconds, rates, MiB and the ratio."""
    url = f"sqlite:///{folder}/liaison.db"
    schema.upgrade(url)
    services, paper = await _services(Database(url))
    for number in range(issues):
        paper.make(f"Issue number {number} of part {number % 97}")
    try:
        found = await _import(services, issues)
        return {**found, **await _sync(services, paper, changes)}
    finally:
        await services.database.close()


async def _services(database: Database) -> tuple[Services, Paper]:
    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=len(paper.calls) * 1e-6)

    paper = Paper(now)
    text = f"{SETTINGS}tracker: {{github: {PROJECT}}}\n"
    settings = load_settings(text, "liaison.yaml")
    await database.write(WORKSPACE, lambda session: mirror.keep_settings(session, settings))
    kinds = {"local": local.KIND, "github": paper.kind()}
    trackers = Connections(kinds, {}, workspace=WORKSPACE, database=database, now=now)
    return Services(database, WORKSPACE, InForce(settings), trackers, now), paper


async def _import(services: Services, issues: int) -> dict[str, float]:
    run = await importing.begin(services, ADMIN, "github", PROJECT)
    started, early_mib, done = time.perf_counter(), 0.0, 0
    while (progress := await importing.read_page(services, run.run_id)) is not None:
        done = progress.done
        if not early_mib and done >= issues / 5:
            early_mib = _peak_mib()
    seconds = time.perf_counter() - started
    return {
        "imported": done,
        "import_s": seconds,
        "issues_per_s": done / seconds,
        "growth_mib": _peak_mib() - early_mib,
    }


async def _sync(services: Services, paper: Paper, count: int) -> dict[str, float]:
    """Close so many issues in the tracker, hear of it, and let each report follow."""
    await asyncio.sleep(0.01)
    changed = [paper.change(external_id, state=IssueState.DONE) for external_id in list(paper.issues)[:count]]
    started = time.perf_counter()
    news = Changes(issues=tuple(changed))
    heard = await services.database.write(WORKSPACE, lambda session: sync.take_in(session, services, "github", news))
    known = await services.database.read(WORKSPACE, lambda session: _ids(session, changed))
    for link_id in known:
        await sync.refresh(services, link_id)
    seconds = time.perf_counter() - started
    bare_s = await _bare_transaction_s(services)
    return {"changes": heard, "sync_s": seconds, "per_change": seconds / max(heard, 1) / bare_s}


def _ids(session: WorkspaceSession, changed: list[Any]) -> list[int]:
    found = links.by_external(session, "github", PROJECT, [issue.external_id for issue in changed])
    return [link.id for link in found.values() if isinstance(link, IssueLink) and link.id is not None]


async def _bare_transaction_s(services: Services) -> float:
    """Time a transaction that inserts one row."""
    started = time.perf_counter()
    for number in range(BARE):
        job = NewJob(JobKind.PUBLISH_HOME, {}, None, f"bare:{number}")
        await services.database.write(WORKSPACE, lambda session, job=job: defer(session, job))  # type: ignore[misc]
    return (time.perf_counter() - started) / BARE


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=1_000)
    options = parser.parse_args()
    paper_tracker.PAGE = 100
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(options.issues, options.changes, Path(folder))), indent=2))


if __name__ == "__main__":
    main()
