"""The embedded engine: a leased job table, one worker process. Kill it at any moment: nothing is lost."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from storage.database import Database, WorkspaceSession
from storage.models import Job, JobState
from storage.queue.base import GiveUp, JobHandler, RetryLater, TakenJob

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
AT_ONCE = 16
# The wall clock may leap: look at it at least this often.
LONGEST_SLEEP_S = 5.0
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 300.0
# A retry from Slack or a tracker may arrive hours later; its unique key must still be known.
KEEP_DONE = timedelta(days=3)
OPEN_STATES = (JobState.READY, JobState.RUNNING)


class Worker:
    """Takes jobs of one workspace and does them, up to `AT_ONCE` at a time."""

    def __init__(
        self,
        database: Database,
        workspace: str,
        handlers: Mapping[str, JobHandler],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.beat_at = time.monotonic()
        self._database = database
        self._workspace = workspace
        self._handlers = handlers
        self._now = now
        self._wake = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._lane_free_at: dict[str, float] = {}
        self._stopping = False
        self._extend_at = 0.0
        database.after_commit(self._wake.set)

    async def run(self) -> None:
        """Work until `stop`. Whatever a process that died had taken is taken again first."""
        await self._database.write(self._workspace, lambda session: recover(session, self._now(), every=True))
        while not self._stopping:
            self.beat_at = time.monotonic()
            self._wake.clear()
            try:
                pause_s = await self._turn()
            except SQLAlchemyError as failure:
                # A full disk or a lock held from outside passes; the worker must still be there when it does.
                log.error("queue_turn_failed", error=type(failure).__name__)
                pause_s = 1.0
            await _sleep_or_wake(self._wake, pause_s)

    async def stop(self, grace: timedelta = timedelta(seconds=6)) -> None:
        """Take nothing new and let running jobs end within `grace`; the rest is taken again at the next start."""
        self._stopping = True
        self._wake.set()
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def drain(self, timeout_s: float = 20.0) -> None:
        """Work until nothing is due, and say so by returning; for tests and seeding."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._wake.clear()
            pause_s = await self._turn()
            if not self._running and not await self._database.read(self._workspace, self._is_any_due):
                return
            await _sleep_or_wake(self._wake, min(pause_s, 0.05))
        raise TimeoutError("jobs are still due")

    async def _turn(self) -> float:
        """Start what can be started; return how long nothing else will be due, in seconds."""
        await self._extend_leases()
        free = AT_ONCE - len(self._running)
        if free > 0 and await self._database.read(self._workspace, self._is_any_due):
            taken = await self._database.write(self._workspace, lambda session: self._take(session, free))
            for job in taken:
                self._running[job.id] = asyncio.create_task(self._do(job), name=f"job:{job.kind}:{job.id}")
        return await self._pause_s()

    async def _pause_s(self) -> float:
        held = [free_at - time.monotonic() for free_at in self._lane_free_at.values()]
        next_run_at = await self._database.read(self._workspace, lambda session: _next_run_at(session, self._now()))
        waits = [wait for wait in held if wait > 0]
        if next_run_at is not None:
            waits.append(max(0.0, (next_run_at - self._now()).total_seconds()))
        return min([LONGEST_SLEEP_S, *waits])

    def _is_any_due(self, session: WorkspaceSession) -> bool:
        due = select(Job.id).where(Job.state == JobState.READY, Job.run_at <= self._now()).limit(1)
        return session.exec(due).first() is not None

    def _take(self, session: WorkspaceSession, limit: int) -> list[TakenJob]:
        recover(session, self._now())
        earlier = aliased(Job)
        blocked = (
            select(earlier.id)
            .where(earlier.lane == Job.lane, earlier.id < Job.id, col(earlier.state).in_(OPEN_STATES))  # type: ignore[operator]
            .exists()
        )
        held = [lane for lane, free_at in self._lane_free_at.items() if free_at > time.monotonic()]
        statement = (
            select(Job)
            .where(Job.state == JobState.READY, Job.run_at <= self._now())
            .where(or_(col(Job.lane).is_(None), ~blocked & col(Job.lane).not_in(held)))
            .order_by(col(Job.id))
            .limit(limit)
        )
        return [self._lease(job) for job in session.exec(statement)]

    def _lease(self, job: Job) -> TakenJob:
        job.state = JobState.RUNNING
        job.attempts += 1
        job.lease_until = self._now() + LEASE
        assert job.id is not None
        return TakenJob(job.id, job.workspace, job.kind, job.payload, job.lane, job.unique_key, job.attempts)

    async def _extend_leases(self) -> None:
        ids = [job_id for job_id, task in self._running.items() if not task.done()]
        if not ids or time.monotonic() < self._extend_at:
            return
        self._extend_at = time.monotonic() + LEASE.total_seconds() / 3
        until = self._now() + LEASE
        statement = update(Job).where(col(Job.id).in_(ids)).values(lease_until=until)
        await self._database.write(self._workspace, lambda session: session.connection().execute(statement))

    async def _do(self, job: TakenJob) -> None:
        handler = self._handlers.get(job.kind)
        outcome: dict[str, Any] = {"state": JobState.DONE, "finished_at": self._now(), "error": ""}
        try:
            if handler is None:
                raise GiveUp(f"nothing here does jobs of kind {job.kind}")
            await handler.run(job)
        except RetryLater as later:
            outcome = {"state": JobState.READY, "run_at": self._now() + later.after, "error": str(later)}
        except GiveUp as reason:
            outcome = self._dead(job, str(reason))
        # The boundary of the queue: whatever a job fails with is kept beside it, and the others go on.
        except Exception as failure:  # noqa: BLE001
            outcome = self._after_failure(job, handler, failure)
        if handler is not None and handler.pace and job.lane:
            self._lane_free_at[job.lane] = time.monotonic() + handler.pace.total_seconds()
        await self._finish(job, outcome)

    async def _finish(self, job: TakenJob, outcome: dict[str, Any]) -> None:
        statement = update(Job).where(col(Job.id) == job.id).values(lease_until=None, **outcome)
        try:
            await self._database.write(self._workspace, lambda session: session.connection().execute(statement))
        except SQLAlchemyError as failure:
            # The lease runs out and the job is taken again; its handler looks whether it was done.
            log.error("job_outcome_not_saved", job=job.id, kind=job.kind, error=type(failure).__name__)
        finally:
            self._running.pop(job.id, None)
            self._wake.set()

    def _after_failure(self, job: TakenJob, handler: JobHandler | None, failure: Exception) -> dict[str, Any]:
        error = f"{type(failure).__name__}: {failure}"[:500]
        if handler is None or job.attempts >= handler.max_attempts:
            return self._dead(job, error)
        wait = timedelta(seconds=backoff_s(job.attempts, random.random()))  # noqa: S311  # jitter is no secret
        log.warning("job_failed", job=job.id, kind=job.kind, attempts=job.attempts, error=type(failure).__name__)
        return {"state": JobState.READY, "run_at": self._now() + wait, "error": error}

    def _dead(self, job: TakenJob, error: str) -> dict[str, Any]:
        log.error("job_dead", job=job.id, kind=job.kind, attempts=job.attempts)
        return {"state": JobState.DEAD, "finished_at": self._now(), "error": error[:500]}


def backoff_s(attempts: int, chance: float) -> float:
    """Give the wait before the next try: 1, 2, 4 … 300 s, times 0.5 to 1.5 as `chance` (0 to 1) falls."""
    return float(min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (attempts - 1)) * (0.5 + chance))


def recover(session: WorkspaceSession, now: datetime, *, every: bool = False) -> int:
    """Make jobs ready again whose worker died: those with a lease run out, or `every` one at start."""
    lost = update(Job).where(col(Job.state) == JobState.RUNNING, col(Job.workspace) == session.workspace)
    if not every:
        lost = lost.where(col(Job.lease_until) < now)
    return session.connection().execute(lost.values(state=JobState.READY, lease_until=None)).rowcount


def purge(session: WorkspaceSession, now: datetime) -> int:
    """Delete done jobs, and with them the raw bodies from Slack, after `KEEP_DONE`."""
    old = delete(Job).where(col(Job.state) == JobState.DONE, col(Job.finished_at) < now - KEEP_DONE)
    return session.connection().execute(old.where(col(Job.workspace) == session.workspace)).rowcount


def retry_dead(session: WorkspaceSession, now: datetime, job_id: int | None = None) -> int:
    """Make dead letters ready again, all or the one; return how many."""
    dead = update(Job).where(col(Job.state) == JobState.DEAD, col(Job.workspace) == session.workspace)
    if job_id is not None:
        dead = dead.where(col(Job.id) == job_id)
    values = dead.values(state=JobState.READY, attempts=0, run_at=now, finished_at=None)
    return session.connection().execute(values).rowcount


def _next_run_at(session: WorkspaceSession, now: datetime) -> datetime | None:
    later = select(func.min(Job.run_at)).where(Job.state == JobState.READY, Job.run_at > now)
    return session.exec(later).one()


async def _sleep_or_wake(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), timeout=seconds)
    except TimeoutError:
        return
