"""What the engine asks of the table of jobs; each function is one step in a transaction of its caller."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import Job, JobState
from storage.queue.base import TakenJob

# A process that dies keeps its jobs from the others for so long; the one that works extends it.
LEASE = timedelta(seconds=60)
# A retry from Slack or a tracker may arrive hours later; its unique key must still be known.
KEEP_DONE = timedelta(days=3)
_OPEN_STATES = (JobState.READY, JobState.RUNNING)
# Names our advisory lock among those of other programs in the same PostgreSQL database.
_TAKING = 0x11A150


def is_any_due(session: WorkspaceSession, now: datetime) -> bool:
    """Say whether a job waits whose time has come, in whatever lane."""
    due = select(Job.id).where(Job.state == JobState.READY, Job.run_at <= now).limit(1)
    return session.exec(due).first() is not None


def is_any_takeable(session: WorkspaceSession, now: datetime, held: Collection[str], mine: Collection[int]) -> bool:
    """Say whether `take` would find anything: a job, or one whose worker died."""
    found = select(Job.id).where(or_(_takeable(now, held), _lost(now, mine))).limit(1)
    return session.exec(found).first() is not None


def take(session: WorkspaceSession, now: datetime, *, limit: int, held: Collection[str]) -> list[TakenJob]:
    """Lease due jobs, those first that are due longest: of each lane the first, of lanes that are `held` none.

    So jobs that come again and again, because whom they ask is busy, go behind those that were made meanwhile.
    """
    if session.get_bind().dialect.name == "postgresql":
        # One process at a time takes, so that two never take from one lane; the lock ends with the transaction.
        session.connection().execute(select(func.pg_advisory_xact_lock(_TAKING, func.hashtext(session.workspace))))
    due = select(Job).where(_takeable(now, held)).order_by(col(Job.run_at), col(Job.id)).limit(limit)
    return [_lease(job, now) for job in session.exec(due)]


def extend(session: WorkspaceSession, now: datetime, mine: Collection[int]) -> None:
    """Keep jobs that still run from being taken by others."""
    running = update(Job).where(col(Job.id).in_(mine), col(Job.state) == JobState.RUNNING)
    session.connection().execute(running.values(lease_until=now + LEASE))


def finish(session: WorkspaceSession, job: TakenJob, outcome: dict[str, Any]) -> None:
    """Write down what became of a job, unless its lease ran out and another worker has it now."""
    mine = update(Job).where(
        col(Job.id) == job.id, col(Job.attempts) == job.attempts, col(Job.state) == JobState.RUNNING
    )
    session.connection().execute(mine.values(lease_until=None, **outcome))


def recover(session: WorkspaceSession, now: datetime, mine: Collection[int] = ()) -> int:
    """Make jobs ready again whose worker died and whose lease ran out; never those that run here."""
    return _make_ready(session, _lost(now, mine))


def recover_all(session: WorkspaceSession) -> int:
    """Make every running job ready again; only where no other process can have any."""
    return _make_ready(session, col(Job.state) == JobState.RUNNING)


def give_back(session: WorkspaceSession, mine: Collection[int]) -> int:
    """Make jobs ready again that were called off here."""
    return _make_ready(session, and_(col(Job.id).in_(mine), col(Job.state) == JobState.RUNNING))


def purge(session: WorkspaceSession, now: datetime) -> int:
    """Delete done jobs, and with them the raw bodies from Slack, after `KEEP_DONE`."""
    old = delete(Job).where(col(Job.state) == JobState.DONE, col(Job.finished_at) < now - KEEP_DONE)
    return session.connection().execute(old.where(col(Job.workspace) == session.workspace)).rowcount


def retry_dead(session: WorkspaceSession, now: datetime, job_id: int | None = None) -> int:
    """Make dead letters ready again, all or the one; return how many."""
    dead = update(Job).where(col(Job.state) == JobState.DEAD, col(Job.workspace) == session.workspace)
    if job_id is not None:
        dead = dead.where(col(Job.id) == job_id)
    # Tried once, not never: what was done before it died must be looked for.
    values = dead.values(state=JobState.READY, attempts=1, run_at=now, finished_at=None)
    return session.connection().execute(values).rowcount


def next_run_at(session: WorkspaceSession, now: datetime) -> datetime | None:
    """Give the time of the next job that is not due yet."""
    later = select(func.min(Job.run_at)).where(Job.state == JobState.READY, Job.run_at > now)
    return session.exec(later).one()


def _takeable(now: datetime, held: Collection[str]) -> ColumnElement[bool]:
    earlier = aliased(Job)
    blocked = (
        select(earlier.id)
        .where(earlier.workspace == Job.workspace, earlier.lane == Job.lane)
        .where(col(earlier.id) < col(Job.id), col(earlier.state).in_(_OPEN_STATES))
        .exists()
    )
    is_free = or_(col(Job.lane).is_(None), ~blocked & col(Job.lane).not_in(held))
    return and_(col(Job.state) == JobState.READY, col(Job.run_at) <= now, is_free)


def _lost(now: datetime, mine: Collection[int]) -> ColumnElement[bool]:
    return and_(col(Job.state) == JobState.RUNNING, col(Job.lease_until) < now, col(Job.id).not_in(mine))


def _lease(job: Job, now: datetime) -> TakenJob:
    job.state = JobState.RUNNING
    job.attempts += 1
    job.lease_until = now + LEASE
    assert job.id is not None
    return TakenJob(job.id, job.workspace, job.kind, job.payload, job.lane, job.unique_key, job.attempts)


def _make_ready(session: WorkspaceSession, which: ColumnElement[bool]) -> int:
    ready = update(Job).where(which, col(Job.workspace) == session.workspace)
    return session.connection().execute(ready.values(state=JobState.READY, lease_until=None)).rowcount
