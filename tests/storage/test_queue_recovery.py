"""No job is lost or done twice when a process dies, stops, or shares the table with others."""

import asyncio
import random
import sqlite3
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from storage.database import Database, WorkspaceSession
from storage.models import JobState
from storage.queue import JobHandler, NewJob, TakenJob, embedded, table
from storage.queue.embedded import Worker
from storage.queue.table import LEASE
from tests.conftest import Clock
from tests.storage.jobs import WORKSPACE, Log, jobs_in, note, put, states, until, working


async def test_job_of_a_dead_process_is_taken_again_when_its_lease_ends(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    await put(database, note(clock, "a", lane="l"), note(clock, "b", lane="l"))
    await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))
    await worker._turn()
    while_leased = list(log.tries)

    clock.leap(LEASE + timedelta(seconds=1))
    await worker.drain()

    assert while_leased == []
    assert log.tries == [("a", 2), ("b", 1)]


async def test_restart_takes_running_jobs_again_where_one_process_works(
    sqlite_database: Database, clock: Clock, log: Log
) -> None:
    await put(sqlite_database, note(clock, "a"))
    await sqlite_database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))
    worker = Worker(sqlite_database, WORKSPACE, {"note": JobHandler(log.run)}, clock)

    async with working(worker):
        await until(lambda: bool(log.done))

    assert log.tries == [("a", 2)]


async def test_running_job_is_not_taken_a_second_time_when_the_clock_leaps(database: Database, clock: Clock) -> None:
    may_end = asyncio.Event()
    tries: list[int] = []

    async def run(job: TakenJob) -> None:
        tries.append(job.attempts)
        await may_end.wait()

    worker = Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock)
    await put(database, note(clock, "a"))
    async with working(worker):
        await until(lambda: bool(tries))
        clock.leap(timedelta(hours=2))
        await put(database, NewJob("other", run_at=clock()))
        await until(lambda: is_dead(database))
        may_end.set()

    assert tries == [1]
    assert await states(database) == ["done", "dead"]


async def test_late_answer_of_a_lost_worker_does_not_count(database: Database, clock: Clock) -> None:
    await put(database, note(clock, "a"))
    [lost] = await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))
    clock.leap(LEASE + timedelta(seconds=1))
    await database.write(WORKSPACE, lambda session: table.recover(session, clock()))
    await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))

    await database.write(WORKSPACE, lambda session: table.finish(session, lost, {"state": JobState.DEAD}))

    assert await states(database) == ["running"]


async def test_job_is_given_back_when_the_worker_stops_before_it_ends(database: Database, clock: Clock) -> None:
    started = asyncio.Event()

    async def run(_job: TakenJob) -> None:
        started.set()
        await asyncio.sleep(30)

    worker = Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock)
    await put(database, note(clock, "a"))
    running = asyncio.create_task(worker.run())
    await started.wait()

    await worker.stop(grace=timedelta(seconds=0.05))
    await running

    [job] = await jobs_in(database)
    assert (job.state, job.attempts, job.lease_until) == (JobState.READY, 1, None)


async def test_run_ends_with_the_error_when_the_worker_breaks(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_self: Worker) -> float:
        raise KeyError("a bug")

    monkeypatch.setattr(Worker, "_turn", broken)

    with pytest.raises(KeyError, match="a bug"):
        await asyncio.wait_for(worker.run(), timeout=5)


async def test_work_goes_on_when_the_database_is_back(
    sqlite_database: Database, clock: Clock, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome of a job that could not be written down is written later, and the job is not done twice."""
    monkeypatch.setattr(embedded, "DATABASE_AGAIN_S", 0.05)
    finish, failures = table.finish, [_full_disk() for _ in range(3)]

    def failing(session: WorkspaceSession, job: TakenJob, outcome: dict[str, Any]) -> None:
        if failures:
            raise failures.pop()
        finish(session, job, outcome)

    monkeypatch.setattr(table, "finish", failing)
    worker = Worker(sqlite_database, WORKSPACE, {"note": JobHandler(log.run)}, clock)
    await put(sqlite_database, note(clock, "a"))

    async with working(worker):
        await until(lambda: _is_done(sqlite_database))

    assert log.tries == [("a", 1)]
    assert await states(sqlite_database) == ["done"]


def _full_disk() -> Exception:
    return OperationalError("UPDATE job", None, sqlite3.OperationalError("database or disk is full"))


@pytest.mark.postgres
async def test_each_job_is_done_once_and_in_order_when_three_processes_share_the_table(
    postgres_database_url: str, clock: Clock
) -> None:
    databases = [Database(postgres_database_url) for _ in range(3)]
    done: list[str] = []

    async def run(job: TakenJob) -> None:
        await asyncio.sleep(random.uniform(0, 0.005))
        done.append(job.payload["name"])

    workers = [Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock) for database in databases]
    await put(databases[0], *(note(clock, f"{number % 7}:{number:03}", lane=str(number % 7)) for number in range(140)))
    await asyncio.gather(*(worker.drain() for worker in workers))
    for database in databases:
        await database.close()

    assert len(done) == len(set(done)) == 140
    for lane in range(7):
        in_lane = [name for name in done if name.startswith(f"{lane}:")]
        assert in_lane == sorted(in_lane)


@pytest.mark.postgres
async def test_start_of_a_second_process_leaves_the_firsts_jobs_alone(
    postgres_database: Database, clock: Clock, log: Log
) -> None:
    await put(postgres_database, note(clock, "a"))
    await postgres_database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))
    second = Worker(postgres_database, WORKSPACE, {"note": JobHandler(log.run)}, clock)

    async with working(second):
        with suppress(TimeoutError):
            await until(lambda: bool(log.tries), timeout_s=0.5)

    assert log.tries == []


async def is_dead(database: Database) -> bool:
    return "dead" in await states(database)


async def _is_done(database: Database) -> bool:
    return await states(database) == ["done"]
