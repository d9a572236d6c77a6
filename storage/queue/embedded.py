"""The embedded engine: a leased job table and a worker in the bot's own process.

Kill it at any moment: nothing is lost. On SQLite one process works; on PostgreSQL any number share the table.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database, WorkspaceSession
from storage.models import JobState
from storage.queue import table
from storage.queue.base import GiveUp, JobHandler, NotYet, RetryLater, TakenJob
from storage.queue.table import LEASE, purge, retry_dead

__all__ = ["LEASE", "Worker", "backoff_s", "purge", "retry_dead"]

T = TypeVar("T")
log = structlog.get_logger(__name__)

AT_ONCE = 16
# The wall clock may leap: look at it at least this often.
LONGEST_SLEEP_S = 5.0
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 300.0
# A full disk or a lock held from outside passes; so often we look whether it has.
DATABASE_AGAIN_S = 1.0


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
        """Work until `stop`. Whatever a process that died had taken is taken again."""
        if self._database.is_sqlite:
            # Nobody else works on the file, so none of the leases is alive.
            await self._database.write(self._workspace, table.recover_all)
        while not self._stopping:
            self.beat_at = time.monotonic()
            self._wake.clear()
            try:
                pause_s = await self._turn()
            except SQLAlchemyError as failure:
                # The worker must still be there when the database is back.
                log.error("queue_turn_failed", error=type(failure).__name__)
                pause_s = DATABASE_AGAIN_S
            await _sleep_or_wake(self._wake, pause_s)

    async def stop(self, grace: timedelta = timedelta(seconds=6)) -> None:
        """Take nothing new and let running jobs end within `grace`; the rest is given back to be taken again."""
        self._stopping = True
        self._wake.set()
        if not self._running:
            return
        _, late = await asyncio.wait(self._running.values(), timeout=grace.total_seconds())
        called_off = [job_id for job_id, task in self._running.items() if task in late]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if called_off:
            await self._give_back(called_off)

    async def drain(self, timeout_s: float = 20.0) -> None:
        """Work until nothing can be done now, and say so by returning; for tests and seeding.

        What is due behind a job of its lane that waits for its time cannot.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._wake.clear()
            pause_s = await self._turn()
            if not self._running and not await self._read(
                lambda session: table.is_any_takeable(session, self._now(), (), ())
            ):
                return
            await _sleep_or_wake(self._wake, min(pause_s, 0.05))
        raise TimeoutError("jobs are still due")

    async def _turn(self) -> float:
        """Start what can be started; return how long nothing else will be due, in seconds."""
        await self._extend_leases()
        free = AT_ONCE - len(self._running)
        now, held, mine = self._now(), self._held_lanes(), list(self._running)
        # Read before write: each commit wakes us, so a write that takes nothing would wake us for ever.
        if free > 0 and await self._read(lambda session: table.is_any_takeable(session, now, held, mine)):
            for job in await self._database.write(self._workspace, lambda session: self._take(session, free)):
                self._running[job.id] = asyncio.create_task(self._do(job), name=f"job:{job.kind}:{job.id}")
        return await self._pause_s()

    def _take(self, session: WorkspaceSession, limit: int) -> list[TakenJob]:
        now = self._now()
        table.recover(session, now, list(self._running))
        return table.take(session, now, limit=limit, held=self._held_lanes())

    def _held_lanes(self) -> list[str]:
        return [lane for lane, free_at in self._lane_free_at.items() if free_at > time.monotonic()]

    async def _pause_s(self) -> float:
        self._lane_free_at = {lane: self._lane_free_at[lane] for lane in self._held_lanes()}
        waits = [max(0.0, free_at - time.monotonic()) for free_at in self._lane_free_at.values()]
        now = self._now()
        next_run_at = await self._read(lambda session: table.next_run_at(session, now))
        if next_run_at is not None:
            waits.append(max(0.0, (next_run_at - now).total_seconds()))
        return min([LONGEST_SLEEP_S, *waits])

    async def _extend_leases(self) -> None:
        mine = list(self._running)
        if mine and time.monotonic() < self._extend_at:
            return
        if mine:
            await self._database.write(self._workspace, lambda session: table.extend(session, self._now(), mine))
        # What is taken from here on has a whole lease.
        self._extend_at = time.monotonic() + LEASE.total_seconds() / 3

    async def _do(self, job: TakenJob) -> None:
        handler = self._handlers.get(job.kind)
        try:
            if handler is None:
                raise GiveUp(f"nothing here does jobs of kind {job.kind}")
            await handler.run(job)
            outcome: dict[str, Any] = {"state": JobState.DONE, "finished_at": self._now(), "error": ""}
        except RetryLater as later:
            outcome = self._again(later.after, str(later))
            # Not a failure, so not counted; but never back to "not tried", for something may have been done.
            outcome["attempts"] = max(1, job.attempts - 1)
        except NotYet as busy:
            outcome = {**self._again(busy.after, str(busy)), "attempts": job.attempts - 1}
        except GiveUp as reason:
            outcome = self._dead(job, str(reason))
        # The boundary of the queue: whatever a job fails with is kept beside it, and the others go on.
        except Exception as failure:  # noqa: BLE001
            outcome = self._after_failure(job, handler, failure)
        if handler is not None and handler.pace and job.lane:
            self._lane_free_at[job.lane] = time.monotonic() + handler.pace.total_seconds()
        await self._finish(job, outcome)

    async def _finish(self, job: TakenJob, outcome: dict[str, Any]) -> None:
        try:
            while not await self._is_saved(job, outcome):
                if self._stopping:
                    # The next start takes the job again, and its handler looks what was done.
                    return
        finally:
            self._running.pop(job.id, None)
            self._wake.set()

    async def _is_saved(self, job: TakenJob, outcome: dict[str, Any]) -> bool:
        try:
            await self._database.write(self._workspace, lambda session: table.finish(session, job, outcome))
        except SQLAlchemyError as failure:
            log.error("job_outcome_not_saved", job=job.id, kind=job.kind, error=type(failure).__name__)
            await asyncio.sleep(DATABASE_AGAIN_S)
            return False
        return True

    async def _give_back(self, called_off: list[int]) -> None:
        try:
            await self._database.write(self._workspace, lambda session: table.give_back(session, called_off))
        except SQLAlchemyError as failure:
            # Their leases run out, and they are taken again.
            log.error("jobs_not_given_back", jobs=called_off, error=type(failure).__name__)

    async def _read(self, unit: Callable[[WorkspaceSession], T]) -> T:
        return await self._database.read(self._workspace, unit)

    def _after_failure(self, job: TakenJob, handler: JobHandler | None, failure: Exception) -> dict[str, Any]:
        error = f"{type(failure).__name__}: {failure}"[:500]
        if handler is None or job.attempts >= handler.max_attempts:
            return self._dead(job, error)
        log.warning("job_failed", job=job.id, kind=job.kind, attempts=job.attempts, error=type(failure).__name__)
        wait_s = backoff_s(job.attempts, random.random())  # noqa: S311  # jitter is no secret
        return self._again(timedelta(seconds=wait_s), error)

    def _again(self, wait: timedelta, error: str) -> dict[str, Any]:
        return {"state": JobState.READY, "run_at": self._now() + wait, "error": error}

    def _dead(self, job: TakenJob, error: str) -> dict[str, Any]:
        log.error("job_dead", job=job.id, kind=job.kind, attempts=job.attempts)
        return {"state": JobState.DEAD, "finished_at": self._now(), "error": error[:500]}


def backoff_s(attempts: int, chance: float) -> float:
    """Give the wait before the next try: 1, 2, 4 … 300 s, times 0.5 to 1.5 as `chance` (0 to 1) falls."""
    return float(min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (attempts - 1)) * (0.5 + chance))


async def _sleep_or_wake(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), timeout=seconds)
    except TimeoutError:
        return
