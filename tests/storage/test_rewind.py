"""A copy brought back to a moment is, in what digests tell, the database of that moment."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlmodel import Session, col, select

from bot.services import Services
from bot.triage import intake, workflow
from bot.triage.decisions import Order
from storage import copying, people, record
from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    ChangeState,
    Decision,
    DigestRun,
    Health,
    HealthWord,
    Job,
    Release,
    ReleaseChange,
    Report,
    ReportState,
    Slot,
    SourceItem,
    SyncCursor,
    Via,
)
from storage.models.activity import ItemKind
from storage.rewind import rewind
from tests.bot.triage.test_random_life import ACTS, PEOPLE, attempt
from tests.conftest import Clock, report

# What a digest reads of a report. `due_at` is made anew by whoever knows the settings, `private` only ever grows.
BROUGHT_BACK = (
    "number",
    "state",
    "resolution",
    "severity",
    "component_key",
    "owner_id",
    "duplicate_of_id",
    "snooze_until",
    "hits",
    "came_back",
    "created_at",
    "first_answer_at",
    "triaged_at",
    "started_at",
    "fixed_at",
    "verified_at",
    "closed_at",
)
Kept = dict[int | None, dict[str, Any]]


@pytest.mark.parametrize("seed", range(4))
async def test_random_life_is_as_it_was_at_any_moment_when_it_is_brought_back(
    services: Services, clock: Clock, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    moments: list[tuple[datetime, Kept, list[tuple[int | None, int | None]]]] = []
    for step in range(80):
        clock.leap(timedelta(minutes=random.randint(1, 300)))
        if step % 12 == 0:
            await report(services, f"Report {step}")
        name = random.choice((*ACTS, "join"))
        order = Order(random.randint(1, 6), random.choice(PEOPLE), Via.BUTTON, f"action:{step}")
        await attempt(services, ACTS.get(name, lambda s, o, r: intake.join(s, o)), order, random)
        if step % 20 == 19:
            moments.append((clock.now, await _kept(services), await _decisions(services)))

    for place, (moment, reports, decisions) in enumerate(moments):
        copy = _copy(services, tmp_path / f"{place}.db")
        with Session(create_engine(copy)) as session:
            rewind(session, moment)
            assert _reports(session) == reports
            assert _standing(session) == decisions


async def test_original_is_as_before_when_its_copy_is_brought_back(services: Services, tmp_path: Path) -> None:
    await report(services, "Checkout is empty")
    before = await _kept(services)

    with Session(create_engine(_copy(services, tmp_path / "copy.db"))) as session:
        rewind(session, services.now() - timedelta(days=1))
        session.commit()
        assert session.exec(select(Report)).all() == []

    assert await _kept(services) == before


async def test_decision_that_was_undone_later_stands_again(services: Services, clock: Clock, tmp_path: Path) -> None:
    filed = await report(services, "Checkout is empty")
    clock.leap(timedelta(minutes=1))
    await workflow.withdraw(services, Order(filed.report_id, "U0EVE", Via.BUTTON))
    moment = clock.now
    clock.leap(timedelta(minutes=1))
    await workflow.undo(services, Order(filed.report_id, "U0EVE", Via.BUTTON))

    with Session(create_engine(_copy(services, tmp_path / "copy.db"))) as session:
        changed = rewind(session, moment)

        assert changed == [filed.report_id]
        assert _standing(session) == [(filed.report_id, None)]
        [found] = session.exec(select(Report))
        assert (found.state, found.closed_at) == (ReportState.CLOSED, moment)
        assert session.exec(select(AuditEvent).where(col(AuditEvent.at) > moment)).all() == []


async def test_report_that_is_private_now_stays_private(services: Services, clock: Clock, tmp_path: Path) -> None:
    filed = await report(services, "Password is in the log")
    moment = clock.now
    clock.leap(timedelta(hours=1))
    order = Order(filed.report_id, "U0BO", Via.BUTTON)
    await ACTS["make_private"](services, order, Random(1))

    with Session(create_engine(_copy(services, tmp_path / "copy.db"))) as session:
        rewind(session, moment)

        assert [one.private for one in session.exec(select(Report))] == [True]


async def test_what_came_from_elsewhere_is_as_it_was(services: Services, clock: Clock, tmp_path: Path) -> None:
    moment = clock.now
    await services.database.write(services.workspace, lambda session: _keep_news(session, moment))

    with Session(create_engine(_copy(services, tmp_path / "copy.db"))) as session:
        rewind(session, moment)

        assert [one.tag for one in session.exec(select(Release))] == ["2.13.0"]
        [pull] = session.exec(select(SourceItem))
        assert (pull.external_id, pull.state, pull.closed_at, pull.data) == ("1", "open", None, {"number": 1})
        [change] = session.exec(select(ReleaseChange))
        assert (change.state, change.decided_at) == (ChangeState.DRAFTED, None)
        assert [run.period for run in session.exec(select(DigestRun))] == ["2026-11-20"]
        [word] = session.exec(select(HealthWord))
        assert (word.health, word.text, word.answered_at) == (None, "", None)
        [cursor] = session.exec(select(SyncCursor))
        assert (cursor.polled_at, cursor.failing_since, cursor.error) == (moment, None, "")
        assert session.exec(select(Job)).all() == []


def _keep_news(session: WorkspaceSession, moment: datetime) -> None:
    before, after = moment - timedelta(days=3), moment + timedelta(hours=2)
    person_id = people.meet(session, "U0ANA").id or 0
    for tag, at in (("2.13.0", before), ("2.14.0", after)):
        session.add(Release(source="github", repo="acme/web", tag=tag, published_at=at))
    for name, opened in (("1", before), ("2", after)):
        item = SourceItem(
            source="github",
            kind=ItemKind.PULL_REQUEST,
            external_id=name,
            state="merged",
            data={"number": int(name), "merged_at": after.isoformat()},
            opened_at=opened,
            updated_at=after,
            closed_at=after,
        )
        session.add(item)
    session.flush()
    for release_id in (1, 2):
        change = ReleaseChange(release_id=release_id, item_id=1, announce_text="Faster", state=ChangeState.APPROVED)
        change.decided_at = after
        session.add(change)
    for period, due in (("2026-11-20", before), ("2026-11-23", moment)):
        session.add(DigestRun(audience_key="qa", slot=Slot.DAILY, period=period, due_at=due))
    word = HealthWord(audience_key="leadership", period="2026-11-23", person_id=person_id, asked_at=before)
    word.health, word.text, word.answered_at = Health.ON_TRACK, "All is well", after
    session.add(word)
    cursor = SyncCursor(tracker="github", project="acme/web", polled_at=after, failing_since=after, error="401")
    session.add(cursor)


def _copy(services: Services, target: Path) -> str:
    return copying.copy_database(services.database.url.render_as_string(hide_password=False), target)


async def _kept(services: Services) -> Kept:
    return await services.database.read(services.workspace, _reports)


async def _decisions(services: Services) -> list[tuple[int | None, int | None]]:
    return await services.database.read(services.workspace, _standing)


def _reports(session: Session) -> Kept:
    return {one.id: {name: getattr(one, name) for name in BROUGHT_BACK} for one in session.exec(select(Report))}


def _standing(session: Session) -> list[tuple[int | None, int | None]]:
    found = select(Decision).where(Decision.subject_type == record.REPORT).order_by(col(Decision.id))
    return [(one.subject_id, one.undone_by_id) for one in session.exec(found)]
