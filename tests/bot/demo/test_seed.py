"""What the demo tells of the past could have happened: every report by the rules, every digest worth reading."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.demo import seed, told
from bot.demo.lives import lives
from bot.demo.past_bugs import past_bugs
from bot.demo.shipping import VERSIONS, published_at
from bot.demo.sources import STAND_INS
from bot.demo.stories import STORIES
from bot.digests import audiences, build, source_polling
from bot.digests.facts import Digest, Facts
from bot.routing import mirror
from bot.routing.in_force import InForce
from bot.routing.load import load_settings
from bot.services import Services
from bot.triage import states
from bot.triage.states import Action
from integrations.connections import Connections, Sources
from integrations.trackers import local
from storage import digests, links, record, reports
from storage.database import Database, WorkspaceSession
from storage.models import (
    AuditEvent,
    IssueLink,
    Job,
    Release,
    ReleaseChange,
    Report,
    ReportState,
    Resolution,
    Slot,
    SourceItem,
)
from tests.conftest import WORKSPACE, read

_FIXED = {Resolution.FIXED, Resolution.FIXED_NOT_VERIFIED}
# Of computing, whatever else the machine does. Telling the past takes less than two; with more a newcomer waits.
SECONDS = 20


@dataclass(frozen=True)
class Past:
    """A database that was seeded at a moment, and how long that took."""

    file: Path
    now: datetime
    seconds: float


def open_shop(file: Path, now: datetime) -> Services:
    """Open the demo's workspace in a database file; the clock stands at the moment it is seeded."""
    database, settings = Database(f"sqlite:///{file}"), load_settings(seed.SETTINGS, "liaison.yaml")
    connections = Connections({"local": local.KIND}, {}, workspace=WORKSPACE, database=database, now=lambda: now)
    sources = Sources(STAND_INS, {}, now=lambda: now)
    return Services(database, WORKSPACE, InForce(settings), connections, lambda: now, sources=sources)


@pytest.fixture(scope="module")
def past(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Past:
    """A database as the demo's first start leaves it, made once: telling the past takes longer than most tests."""
    file = Path(shutil.copy(empty_database, tmp_path_factory.mktemp("demo") / "liaison.db"))
    # The stories look at the real clock for the day a snooze ends.
    now = datetime.now(UTC)
    began = time.process_time()

    async def tell() -> None:
        shop = open_shop(file, now)
        await shop.database.write(shop.workspace, lambda session: mirror.keep_settings(session, shop.settings))
        await seed.seed(shop)
        await shop.database.close()

    asyncio.run(tell())
    return Past(file, now, time.process_time() - began)


@pytest.fixture
async def seeded(past: Past, tmp_path: Path) -> AsyncIterator[Services]:
    """The demo's workspace after its first start, in a database of the test's own."""
    shop = open_shop(Path(shutil.copy(past.file, tmp_path / "liaison.db")), past.now)
    yield shop
    await shop.database.close()


async def every_report(services: Services) -> list[Report]:
    return await read(services, lambda session: list(session.exec(select(Report).order_by(col(Report.id)))))


async def test_newcomer_does_not_wait_for_the_past(past: Past, seeded: Services) -> None:
    assert past.seconds < SECONDS
    assert len(await every_report(seeded)) == len(past_bugs()) + len(STORIES)


async def test_every_report_is_where_its_decisions_lead(seeded: Services) -> None:
    for report in await every_report(seeded):
        decisions = await read(seeded, lambda session, one=report: record.decisions(session, one.id)[::-1])  # type: ignore[misc]

        state = ReportState.NEW
        for decision in decisions:
            transition = states.find(Action(decision.kind), state)
            assert transition is not None, (report.key, decision.kind, state)
            state = transition.target

        assert (report.key, report.state) == (report.key, state)
        assert report.came_back == sum(one.kind in {"fail", "reopen"} for one in decisions)
        assert report.version == 1 + len(decisions) + await _merged_into(seeded, report)
        moments = [report.created_at, *(one.at for one in decisions), seeded.now()]
        assert moments == sorted(moments), report.key


async def test_every_time_and_resolution_fits_the_state(seeded: Services) -> None:
    for report in await every_report(seeded):
        wrong = [name for name, is_right in _promises(report).items() if not is_right]

        assert (report.key, wrong) == (report.key, [])


async def test_every_step_is_in_the_audit_log(seeded: Services) -> None:
    def unit(session: WorkspaceSession) -> dict[int, list[AuditEvent]]:
        return {report.id or 0: record.timeline(session, report.id or 0) for report in session.exec(select(Report))}

    logs = await read(seeded, unit)

    for report in await every_report(seeded):
        log = [one for one in logs[report.id or 0] if "state" in one.after]
        assert (log[0].action, log[0].after["state"]) == ("file", "new")
        assert log[-1].after["state"] == report.state
        assert log[-1].after.get("resolution") == report.resolution
        told_states = [
            (before.after["state"], after.before["state"]) for before, after in pairwise(log) if after.before
        ]
        assert all(was == then for was, then in told_states), report.key


async def test_only_one_report_is_private(seeded: Services) -> None:
    private = [report.title for report in await every_report(seeded) if report.private]

    assert private == ["Address book of one customer is shown to another"]


async def test_every_report_has_its_issue_and_its_number(seeded: Services) -> None:
    found = await every_report(seeded)
    of_reports = select(IssueLink.subject_id).where(IssueLink.subject_type == record.REPORT)
    linked = await read(seeded, lambda session: Counter(session.exec(of_reports)))

    assert linked == Counter(report.id for report in found)
    assert [report.number for report in found] == list(range(1, len(found) + 1))
    unfiled = await read(seeded, lambda session: reports.without_issue(session, created_before=seeded.now()))
    assert unfiled == []


async def test_every_change_is_in_the_first_version_after_its_merge(seeded: Services) -> None:
    def unit(session: WorkspaceSession) -> list[tuple[datetime, datetime]]:
        joined = (
            select(SourceItem.closed_at, Release.published_at)
            .join(ReleaseChange, col(ReleaseChange.item_id) == SourceItem.id)
            .join(Release, col(Release.id) == ReleaseChange.release_id)
        )
        return [(merged, published) for merged, published in session.exec(joined) if merged is not None]

    changes = await read(seeded, unit)
    versions = await read(seeded, lambda session: list(session.exec(select(Release).where(~col(Release.prerelease)))))

    assert len(changes) > 60
    for merged, published in changes:
        assert published == min(one.published_at for one in versions if one.published_at > merged)


@pytest.mark.parametrize("day", range(7))
def test_past_is_the_same_but_for_the_date_whatever_the_day(day: int) -> None:
    now = datetime(2026, 11, 23 + day, 9, 30, tzinfo=UTC)

    told_now = lives(past_bugs(), now)

    assert told_now == lives(past_bugs(), now)
    assert {one.bug for one in told_now} == set(past_bugs())
    for life in told_now:
        moments = [life.created_at, *(step.at for step in life.steps), now]
        assert moments == sorted(moments), life.bug.title
        # Whoever looks at the demo finds it decided on, but for the stories.
        assert life.steps, life.bug.title


async def test_nobody_is_told_of_the_past(seeded: Services) -> None:
    ready = await read(seeded, lambda session: Counter(session.exec(select(Job.kind).where(Job.state == "ready"))))

    assert ready["post_card"] == len(STORIES)
    assert not {"tell_decision", "note_decision", "confirm_report", "sync_issue", "ask_health"} & set(ready)


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("qa", {"verify_now"}),
        ("design", {"needs_designer", "hand_offs", "figma_comments"}),
        ("marketing", {"announcements"}),
        ("engineering", {"needs_decision", "reviews"}),
        ("leadership", {"health", "delivery_figures", "decided"}),
    ],
)
async def test_every_digest_is_worth_a_look(seeded: Services, audience: str, expected: set[str]) -> None:
    def unit(session: WorkspaceSession) -> Digest:
        now = seeded.now()
        found = audiences.reader(session, seeded.settings, audience, now)
        assert found is not None
        return build.collect(session, seeded, found, Slot.ASKED, now, digests.last_posted(session, audience))

    digest = await read(seeded, unit)

    full = {facts.section for facts in digest.facts if _says(facts)}
    assert expected <= full
    assert [facts.stale for facts in digest.facts if facts.stale] == []
    assert [one.name for one in digest.sources if one.failing_since] == []


async def test_sources_stay_read_without_an_account(seeded: Services) -> None:
    later = seeded.now() + timedelta(hours=2)
    services = replace(seeded, now=lambda: later)
    before = await read(services, lambda session: session.exec(select(SourceItem.id, SourceItem.state)).all())

    await source_polling.poll(services, "figma", "ACMEshopDesign")
    await services.database.write(services.workspace, lambda session: told.read_sources(session, later))

    cursors = await read(services, links.cursors)
    read_at = {(one.tracker, one.polled_at, one.failing_since) for one in cursors}
    assert read_at == {("github", later, None), ("figma", later, None)}
    assert await read(services, lambda session: session.exec(select(SourceItem.id, SourceItem.state)).all()) == before


async def test_cards_are_posted_again_only_where_there_were_some(seeded: Services) -> None:
    def stand(session: WorkspaceSession) -> None:
        newest = session.exec(select(Report).order_by(col(Report.id).desc())).first()
        assert newest is not None
        newest.card_channel, newest.card_ts = "C0WEB", "1.2"
        session.add(newest)

    await seeded.database.write(seeded.workspace, stand)

    await seed.post_all_again(seeded)

    again = await read(seeded, lambda session: Counter(session.exec(select(Job.kind).where(Job.state == "ready"))))
    assert again["post_card"] == len(STORIES) + 1


async def _merged_into(services: Services, report: Report) -> int:
    """Count what changed a report without a decision on it: those that joined it, and those that repeat it."""

    def unit(session: WorkspaceSession) -> int:
        joined = [event for event in record.timeline(session, report.id or 0) if event.action == "join"]
        repeats = session.exec(select(Report.id).where(Report.duplicate_of_id == report.id)).all()
        return len(joined) + len(repeats)

    return await read(services, unit)


def _promises(report: Report) -> dict[str, bool]:
    """Say what must hold of a report that followed the table."""
    is_closed, was_fixed = report.state is ReportState.CLOSED, report.resolution in _FIXED
    is_triaged = report.state in {ReportState.ACCEPTED, ReportState.IN_PROGRESS, ReportState.FIXED} or was_fixed
    return {
        "resolution only if closed": (report.resolution is not None) == is_closed,
        "closed_at only if closed": (report.closed_at is not None) == is_closed,
        "fixed_at only if fixed": (report.fixed_at is not None) == (report.state is ReportState.FIXED or was_fixed),
        "verified_at only if verified": (report.verified_at is not None) == (report.resolution is Resolution.FIXED),
        "triaged_at if accepted": report.triaged_at is not None or not is_triaged,
        "severity and part if accepted": not is_triaged or bool(report.severity and report.component_key),
        "owner if worked on": report.state is not ReportState.IN_PROGRESS or report.owner_id is not None,
        "original only if a duplicate": (report.duplicate_of_id is not None)
        == (report.resolution is Resolution.DUPLICATE),
        "build if fixed": report.fixed_at is None or bool(report.fixed_in and report.how_to_check),
        "promise only in triage": report.due_at is None or report.state is ReportState.NEW,
        "answered if decided": report.state is ReportState.NEW or report.first_answer_at is not None,
    }


def _says(facts: Facts) -> bool:
    return bool(facts.items or facts.figures or facts.lead)


@pytest.mark.parametrize("days", range(7))
def test_versions_come_out_in_their_order_and_on_no_weekend(days: int) -> None:
    now = datetime(2026, 11, 23, 8, 30, 15, tzinfo=UTC) + timedelta(days=days)

    released = [published_at(version, now) for version in VERSIONS]

    assert released == sorted(set(released))
    assert [one for one in released if one.weekday() > 4 or one > now] == []
