"""`liaison digest`: a digest in the terminal, of now or of any day past; nothing is posted and nothing changes."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine
from sqlmodel import Session, col, select

from bot.command_line.database import require_newest, workspaces
from bot.command_line.upkeep import NOBODY
from bot.config import Config
from bot.demo import seed
from bot.digests import audiences, build, marks, overview, runs, words
from bot.digests.audiences import Reader
from bot.digests.facts import Digest
from bot.digests.slots import Occurrence, Timetable, due_at, following, occurrences, timetable_of
from bot.errors import UserError
from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings, read_settings
from bot.routing.problems import hint
from bot.routing.settings import Settings
from bot.routing.terms import terms_of
from bot.services import Services
from handlers.views.digest_text import draw_text
from integrations.connections import Connections, Sources
from integrations.sources import SOURCES
from integrations.trackers import TRACKERS
from storage import copying, digests, record, schema
from storage.database import Database, WorkspaceSession
from storage.models import AuditEvent, Report, ReportState, RunState, Slot
from storage.rewind import rewind

DEMO_WORKSPACE = "T0DEMO"
_DAY = timedelta(days=1)
# When an audience has no time of its own.
_USUAL_TIME = time(9)


@dataclass(frozen=True)
class Asked:
    """Which digest is wanted: that of now without a `day`; `slot` and `workspace` where there are more than one."""

    name: str
    day: date | None = None
    slot: Slot | None = None
    workspace: str = ""


def tell(config: Config, asked: Asked, now: datetime) -> str:
    """Give the text of a digest from the database of this installation.

    Raises:
        SettingsError, SchemaError, UserError: it cannot be told; the text says what to do.
    """
    settings = read_settings(config.settings_path, config.channel, required=config.settings_required)
    if not config.settings_path.exists():
        raise UserError(
            f"There is no settings file at {config.settings_path}, so there are no digests. Name `audiences` in one"
            " (docs/digests.md shows how), or see those of the example team with --demo."
        )
    _require_known(settings, asked)
    url = config.database_url.get_secret_value()
    require_newest(url)
    found = replace(asked, workspace=_workspace(url, asked.workspace))
    return asyncio.run(_tell(url, settings, config.tracker_values(), found, now))


def tell_demo(asked: Asked, now: datetime) -> str:
    """Give the text of a digest of the example team, as if its weeks had just passed.

    Raises:
        UserError: there is no such audience.
    """
    settings = load_settings(seed.SETTINGS, "the demo's settings")
    _require_known(settings, asked)
    with tempfile.TemporaryDirectory(prefix="liaison-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        schema.upgrade(url)
        return asyncio.run(_tell_demo(url, settings, asked, now))


async def _tell_demo(url: str, settings: Settings, asked: Asked, now: datetime) -> str:
    services = _services(url, settings, {}, DEMO_WORKSPACE, now)
    try:
        await services.database.write(DEMO_WORKSPACE, lambda session: mirror.keep_settings(session, settings))
        occurrence = await services.database.read(DEMO_WORKSPACE, lambda session: _wanted(session, services, asked))
        then = replace(services, now=lambda: occurrence.due_at)
        await seed.seed(then)
        digest = await then.database.read(
            DEMO_WORKSPACE, lambda session: _collect(session, then, asked.name, occurrence)
        )
    finally:
        await services.database.close()
    return draw_text(digest)


async def _tell(url: str, settings: Settings, values: Mapping[str, str], asked: Asked, now: datetime) -> str:
    services = _services(url, settings, values, asked.workspace, now)
    try:
        if asked.day is None and asked.slot is None:
            digest = await services.database.read(
                asked.workspace, lambda session: overview.preview(session, services, asked.name)
            )
            return draw_text(digest)
        occurrence = await services.database.read(asked.workspace, lambda session: _wanted(session, services, asked))
        kept = await services.database.read(
            asked.workspace, lambda session: _kept(session, services, asked, occurrence)
        )
    finally:
        await services.database.close()
    if kept:
        return kept
    with tempfile.TemporaryDirectory(prefix="liaison-") as folder:
        copy = copying.copy_database(url, Path(folder) / "copy.db")
        _bring_back(copy, settings, occurrence.due_at)
        return await _tell_again(copy, settings, values, asked, occurrence)


async def _tell_again(
    url: str, settings: Settings, values: Mapping[str, str], asked: Asked, occurrence: Occurrence
) -> str:
    services = _services(url, settings, values, asked.workspace, occurrence.due_at)
    try:
        digest = await services.database.read(
            asked.workspace, lambda session: _collect(session, services, asked.name, occurrence)
        )
    finally:
        await services.database.close()
    when = words.moment(occurrence.due_at, ZoneInfo(digest.zone))
    return f"{draw_text(digest)}\nMade now, from what the record says of {when}."


def _services(url: str, settings: Settings, values: Mapping[str, str], workspace: str, now: datetime) -> Services:
    """Put together what digests are made with; no tracker is asked, and the clock stands."""
    database = Database(url)
    trackers = Connections(TRACKERS, values, workspace=workspace, database=database, now=lambda: now)
    sources = Sources(SOURCES, values, now=lambda: now)
    return Services(database, workspace, InForce(settings), trackers, lambda: now, sources=sources)


def _wanted(session: WorkspaceSession, services: Services, asked: Asked) -> Occurrence:
    """Find the digest that was due on the day that is asked for; where none was, at the usual time."""
    found = _reader(session, services, asked.name)
    now = services.now()
    timetable = timetable_of(services.settings, found)
    day = asked.day or now.astimezone(found.zone).date()
    begins = due_at(found.zone, day, time())
    if begins > now:
        raise UserError(f"{day} is still to come. Name a day that has begun.")
    due = [one for one in _on(timetable, begins) if asked.slot in (None, one.slot)]
    one = due[0] if due else _unscheduled(found, timetable, day, asked.slot)
    return replace(one, due_at=min(one.due_at, now))


def _on(timetable: Timetable, begins: datetime) -> Sequence[Occurrence]:
    day = begins.astimezone(timetable.zone).date()
    found = occurrences(timetable, begins, begins + 2 * _DAY)
    return [one for one in found if one.due_at.astimezone(timetable.zone).date() == day]


def _unscheduled(found: Reader, timetable: Timetable, day: date, slot: Slot | None) -> Occurrence:
    usual = Slot.DAILY if timetable.daily else Slot.WEEKLY if timetable.weekly else Slot.RELEASE
    weekly = timetable.weekly[1] if timetable.weekly else None
    clock = (weekly if (slot or usual) is Slot.WEEKLY else timetable.daily) or weekly or _USUAL_TIME
    return Occurrence(slot or usual, day.isoformat(), due_at(found.zone, day, clock))


def _kept(session: WorkspaceSession, services: Services, asked: Asked, occurrence: Occurrence) -> str:
    """Give the digest that was made then; empty if there is none."""
    run = digests.find(session, asked.name, occurrence.slot, occurrence.period)
    if run is None or not run.snapshot or run.snapshot.get("heartbeat"):
        return ""
    try:
        digest = marks.as_it_may_be_told(session, runs.read(run))
    except ValueError:
        # It was kept by a version that knew other values: it is made anew.
        return ""
    when = words.moment(run.posted_at or run.due_at, _reader(session, services, asked.name).zone)
    what = "As it was posted" if run.state is RunState.POSTED else f"Not posted ({run.skip_reason or run.state}); made"
    return f"{draw_text(digest)}\n{what} on {when}."


def _collect(session: WorkspaceSession, services: Services, name: str, occurrence: Occurrence) -> Digest:
    found = _reader(session, services, name)
    last = digests.last_posted(session, name, occurrence.due_at)
    digest = build.collect(session, services, found, occurrence.slot, occurrence.due_at, last)
    coming = following(timetable_of(services.settings, found), occurrence.due_at)
    return replace(digest, next_at=coming.due_at if coming else None)


def _bring_back(url: str, settings: Settings, moment: datetime) -> None:
    engine = create_engine(url, hide_parameters=True)
    try:
        with Session(engine) as session:
            for report_id in rewind(session, moment):
                _promise_again(session, settings, session.get(Report, report_id))
            session.commit()
    finally:
        engine.dispose()


def _promise_again(session: Session, settings: Settings, report: Report | None) -> None:
    """Tell anew until when a report that waited for triage was to be decided on."""
    terms = terms_of(settings, report) if report is not None and report.state is ReportState.NEW else None
    if report is None or terms is None:
        return
    events = select(AuditEvent).where(
        AuditEvent.subject_type == record.REPORT, AuditEvent.subject_id == report.id, AuditEvent.action != "join"
    )
    since = report.created_at
    for event in session.exec(events.order_by(col(AuditEvent.at), col(AuditEvent.id))):
        is_back = event.after.get("state") == ReportState.NEW and event.before.get("state", ReportState.NEW)
        since = event.at if is_back not in (False, ReportState.NEW) else since
    report.due_at = terms.ends(since, terms.length)
    session.add(report)


def _reader(session: WorkspaceSession, services: Services, name: str) -> Reader:
    found = audiences.reader(session, services.settings, name, services.now())
    assert found is not None
    return found


def _require_known(settings: Settings, asked: Asked) -> None:
    if asked.name in settings.audiences:
        return
    if not settings.audiences:
        raise UserError("The settings file names no `audiences`, so there are no digests. docs/digests.md shows how.")
    more = hint(asked.name, settings.audiences) or f"there are: {', '.join(settings.audiences)}"
    raise UserError(f"There is no digest called {asked.name}; {more}.")


def _workspace(url: str, named: str) -> str:
    known = workspaces(url)
    if not known:
        raise UserError(NOBODY)
    if named and named not in known:
        raise UserError(f"There is no workspace {named} in the database; there are: {', '.join(known)}.")
    if not named and len(known) > 1:
        raise UserError(f"Name one of the workspaces with --workspace: {', '.join(known)}.")
    return named or known[0]
