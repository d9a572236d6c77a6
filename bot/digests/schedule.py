"""The alarm: what is due is written down once, whoever's clock rings and however often.

Each ring looks at the wall clock anew, so that a clock that leaps neither loses nor repeats a digest. After downtime
there is one digest for the whole gap, or none if the next comes soon.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import IntegrityError

from bot.digests import announcing, audiences, health, jobs, releases
from bot.digests.audiences import Reader
from bot.digests.runs import TOO_LATE, is_past_half
from bot.digests.slots import Occurrence, latest, timetable_of
from bot.services import Services
from storage import digests
from storage.database import WorkspaceSession
from storage.models import DigestRun, RunState, Slot

# A digest that comes later than this says so.
LATE = timedelta(minutes=5)


async def tick(services: Services) -> None:
    """Write down every digest that is due and not known yet; each audience by itself, so that none waits for another.

    Raises:
        SQLAlchemyError: the database cannot be written now; the next ring finds what this one left.
    """
    now = services.now()
    await services.database.write(services.workspace, lambda session: _prepare(session, services, now))
    for key in services.settings.audiences:
        if not await services.database.read(services.workspace, partial(_is_due, services, key)):
            continue
        # Another process may have written it down meanwhile: then it is known, and that is all that was wanted.
        with suppress(IntegrityError):
            await services.database.write(services.workspace, partial(_call, services, key))


async def ask(services: Services, key: str, request_key: str) -> int | None:
    """Have a digest posted now, once per request; return its run, None if there is no such audience."""

    def unit(session: WorkspaceSession) -> int | None:
        now = services.now()
        found = audiences.reader(session, services.settings, key, now)
        if found is None:
            return None
        known = digests.find(session, key, Slot.ASKED, request_key)
        if known is not None:
            return known.id
        run = DigestRun(
            audience_key=key, slot=Slot.ASKED, period=request_key, due_at=now, channel_id=found.audience.channel
        )
        return _keep(session, run)

    return await services.database.write(services.workspace, unit)


def _prepare(session: WorkspaceSession, services: Services, now: datetime) -> None:
    releases.detect(session, services, now)
    announcing.settle(session, services, now)
    health.ask_due(session, services, now)
    audiences.meet(session, services.settings, now)


def _is_due(services: Services, key: str, session: WorkspaceSession) -> bool:
    found = audiences.reader(session, services.settings, key, services.now())
    return found is not None and bool(_due(session, services, found))


def _call(services: Services, key: str, session: WorkspaceSession) -> None:
    """Write down what is due for an audience, and have it posted."""
    now = services.now()
    found = audiences.reader(session, services.settings, key, now)
    for one in _due(session, services, found) if found else ():
        assert found is not None
        run = DigestRun(
            audience_key=key,
            slot=one.slot,
            period=one.period,
            due_at=one.due_at,
            is_late=now - one.due_at > LATE,
            channel_id=found.audience.channel,
        )
        if one.slot is not Slot.RELEASE and is_past_half(
            timetable_of(services.settings, found), one.slot, one.due_at, now
        ):
            run.state, run.skip_reason = RunState.ABANDONED, TOO_LATE
        _keep(session, run)


def _due(session: WorkspaceSession, services: Services, found: Reader) -> list[Occurrence]:
    """List what is due and not known, the earlier first."""
    now = services.now()
    if found.is_paused(now):
        return []
    # What was due before an audience was known, or while it was paused, is not made up for.
    begins = max(found.known_since, found.paused_until or found.known_since)
    rung = [one for one in latest(timetable_of(services.settings, found), now) if one.due_at >= begins]
    scheduled = [one for one in rung if not digests.is_known(session, found.key, one.slot, one.period, one.due_at)]
    released = releases.to_post(session, services, found, now) if found.audience.on == "release" else []
    known = [one for one in released if digests.find(session, found.key, Slot.RELEASE, one.period) is None]
    return [*scheduled, *known]


def _keep(session: WorkspaceSession, run: DigestRun) -> int:
    """Write a run down, and have it posted if it is due."""
    session.add(run)
    session.flush()
    if run.state is RunState.DUE:
        jobs.post(session, run)
    return run.id or 0
