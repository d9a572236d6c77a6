"""What every engine of the queue promises, on SQLite and on PostgreSQL."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from storage.database import Database, WorkspaceSession
from storage.models import Job, JobState
from storage.queue import GiveUp, JobHandler, NewJob, RetryLater, TakenJob, defer, embedded, table
from storage.queue.embedded import Worker, backoff_s, purge, retry_dead
from storage.queue.table import LEASE
from tests.conftest import Clock

WORKSPACE = "T0ACME"


@dataclass
class Log:
    """Handlers that note what they did; `fails` names what the next tries of a job raise."""

    done: list[str] = field(default_factory=list)
    tries: list[tuple[str, int]] = field(default_factory=list)
    fails: dict[str, list[Exception]] = field(default_factory=dict)

    async def run(self, job: TakenJob) -> None:
        name = str(job.payload["name"])
        self.tries.append((name, job.attempts))
        failures = self.fails.get(name)
        if failures:
            raise failures.pop(0)
        self.done.append(name)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def worker(database: Database, clock: Clock, log: Log) -> Worker:
    return Worker(database, WORKSPACE, {"note": JobHandler(log.run, max_attempts=3)}, clock)


def _note(clock: Clock, name: str, **more: Any) -> NewJob:
    return NewJob("note", {"name": name}, **{"run_at": clock(), **more})


async def _defer(database: Database, *jobs: NewJob, workspace: str = WORKSPACE) -> list[bool]:
    return await database.write(workspace, lambda session: [defer(session, job) for job in jobs])


async def _jobs(database: Database, workspace: str = WORKSPACE) -> list[Job]:
    return list(await database.read(workspace, lambda session: session.exec(select(Job).order_by(col(Job.id))).all()))


async def _states(database: Database) -> list[str]:
    return [job.state.value for job in await _jobs(database)]


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop()
        await running


async def _until(condition: Callable[[], bool | Awaitable[bool]], timeout_s: float = 5) -> None:
    async with asyncio.timeout(timeout_s):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)


async def test_job_is_not_there_when_the_callers_transaction_fails(database: Database, clock: Clock) -> None:
    def unit(session: WorkspaceSession) -> None:
        defer(session, _note(clock, "a"))
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await database.write(WORKSPACE, unit)

    assert await _jobs(database) == []


async def test_job_is_made_once_when_its_key_is_the_same(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    made = await _defer(database, *(_note(clock, "a", unique_key="k") for _ in range(2)))
    await worker.drain()

    made += await _defer(database, _note(clock, "a", unique_key="k"), _note(clock, "b"), _note(clock, "b"))
    await worker.drain()

    assert made == [True, False, False, True, True]
    assert log.done == ["a", "b", "b"]


async def test_same_key_is_another_one_in_another_workspace(database: Database, clock: Clock) -> None:
    made = [
        await _defer(database, _note(clock, "a", unique_key="k"), workspace=workspace) for workspace in ("T0A", "T0B")
    ]

    assert made == [[True], [True]]
    assert len(await _jobs(database, "T0A")) == 1


async def test_one_of_eight_is_made_when_all_come_at_the_same_instant(database: Database, clock: Clock) -> None:
    made = await asyncio.gather(*(_defer(database, _note(clock, "a", unique_key="event:1")) for _ in range(8)))

    assert sorted(made) == [[False]] * 7 + [[True]]


async def test_lane_is_in_order_and_one_at_a_time(database: Database, clock: Clock) -> None:
    spans: dict[str, list[tuple[int, float, float]]] = {"a": [], "b": [], "c": []}

    async def run(job: TakenJob) -> None:
        started = time.monotonic()
        await asyncio.sleep(random.uniform(0, 0.01))
        spans[str(job.lane)].append((int(job.payload["name"]), started, time.monotonic()))

    jobs = [_note(clock, str(number), lane="abc"[number % 3]) for number in range(30)]
    await _defer(database, *jobs)
    await Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock).drain()

    for lane, first in zip("abc", range(3), strict=True):
        assert [number for number, _, _ in spans[lane]] == list(range(first, 30, 3))
        ends_before_next = [
            end <= start for (_, _, end), (_, start, _) in zip(spans[lane], spans[lane][1:], strict=False)
        ]
        assert all(ends_before_next)


async def test_many_lanes_run_side_by_side(database: Database, clock: Clock) -> None:
    running, most = 0, 0

    async def run(_job: TakenJob) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.03)
        running -= 1

    await _defer(database, *(_note(clock, str(number), lane=str(number)) for number in range(40)))
    await Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock).drain()

    assert most == embedded.AT_ONCE


async def test_failing_job_holds_up_its_lane_only(database: Database, clock: Clock, worker: Worker, log: Log) -> None:
    log.fails["a1"] = [OSError("down")]
    names = ("a1", "a2", "b1", "b2")

    await _defer(database, *(_note(clock, name, lane=name[0]) for name in names), _note(clock, "free"))
    await _work(worker)
    before = list(log.done)
    clock.leap(timedelta(seconds=2))
    await _work(worker)

    assert sorted(before) == ["b1", "b2", "free"]
    assert log.done[3:] == ["a1", "a2"]
    assert [attempt for name, attempt in log.tries if name == "a1"] == [1, 2]


async def test_lane_is_paced_and_the_others_are_not(database: Database, clock: Clock) -> None:
    at: dict[str, float] = {}

    async def run(job: TakenJob) -> None:
        at[job.payload["name"]] = time.monotonic()

    await _defer(database, *(_note(clock, name, lane=name[0]) for name in ("a1", "b1", "a2", "b2")))
    await Worker(database, WORKSPACE, {"note": JobHandler(run, pace=timedelta(seconds=0.2))}, clock).drain()

    assert at["a2"] - at["a1"] >= 0.2
    assert at["b2"] - at["b1"] >= 0.2
    assert at["b1"] - at["a1"] < 0.2


async def test_worker_is_quiet_when_a_paced_lane_has_to_wait(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each commit wakes the worker, so taking nothing, in a transaction, woke it again without end."""
    turns = 0
    turn = Worker._turn

    async def counted(self: Worker) -> float:
        nonlocal turns
        turns += 1
        return await turn(self)

    monkeypatch.setattr(Worker, "_turn", counted)
    done: list[TakenJob] = []

    async def run(job: TakenJob) -> None:
        done.append(job)

    worker = Worker(database, WORKSPACE, {"note": JobHandler(run, pace=timedelta(seconds=0.3))}, clock)
    await _defer(database, *(_note(clock, name, lane="a") for name in "123"))
    async with _working(worker):
        await _until(lambda: len(done) == 3)

    assert turns < 20


async def test_job_comes_again_when_told_to_and_it_is_no_failure(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["a"] = [*(RetryLater(timedelta(seconds=30)) for _ in range(5)), OSError("down")]
    await _defer(database, _note(clock, "a"))
    await _work(worker)

    for _ in range(6):
        clock.leap(timedelta(seconds=29))
        await _work(worker)
        tried = len(log.tries)
        clock.leap(timedelta(seconds=1))
        await _work(worker)
        assert len(log.tries) == tried + 1 or log.done

    assert log.done == ["a"]
    # The first try differs from all others, in which something may have been done already.
    assert [attempt for _, attempt in log.tries] == [1, 2, 2, 2, 2, 2, 3]


async def test_job_gives_up_after_its_last_try_and_can_be_tried_again(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["a"] = [OSError(f"down {number}") for number in range(3)]
    await _defer(database, _note(clock, "a", lane="l"), _note(clock, "b", lane="l"))
    for _ in range(3):
        await _work(worker)
        clock.leap(timedelta(seconds=10))
    dead = await _jobs(database)

    counts = [await database.write(WORKSPACE, _retry(clock, job_id)) for job_id in (dead[1].id, dead[0].id)]
    await _work(worker)

    assert [(job.state.value, job.attempts, job.error) for job in dead] == [
        ("dead", 3, "OSError: down 2"),
        ("done", 1, ""),
    ]
    assert counts == [0, 1]
    assert log.done == ["b", "a"]
    # What its tries did before it died must be looked for, so it is not a first try.
    assert log.tries[-1] == ("a", 2)


@pytest.mark.parametrize("kind", ["note", "unheard_of"])
async def test_job_is_dead_at_once_when_no_try_can_help(
    database: Database, clock: Clock, worker: Worker, log: Log, kind: str
) -> None:
    log.fails["a"] = [GiveUp("channel_not_found")]
    await _defer(database, NewJob(kind, {"name": "a"}, run_at=clock()))

    await worker.drain()

    [job] = await _jobs(database)
    wanted = "channel_not_found" if kind == "note" else "nothing here does jobs of kind unheard_of"
    assert (job.state, job.attempts, job.error) == (JobState.DEAD, 1, wanted)


@pytest.mark.parametrize(("attempts", "usual_s"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (60, 300)])
def test_backoff_doubles_up_to_five_minutes_and_varies_by_half(attempts: int, usual_s: float) -> None:
    assert backoff_s(attempts, 0) == usual_s * 0.5
    assert backoff_s(attempts, 1) == usual_s * 1.5
    assert usual_s * 0.5 <= backoff_s(attempts, random.random()) <= usual_s * 1.5


async def test_job_waits_for_its_time(database: Database, clock: Clock, worker: Worker, log: Log) -> None:
    await _defer(database, _note(clock, "later", run_at=clock() + timedelta(hours=1)), _note(clock, "now"))

    await worker.drain()
    clock.leap(timedelta(hours=1))
    await worker.drain()

    assert log.done == ["now", "later"]


async def test_running_worker_does_a_job_at_once_when_it_is_deferred(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    async with _working(worker):
        await asyncio.sleep(0.2)
        started = time.monotonic()
        await _defer(database, _note(clock, "a"))
        await _until(lambda: log.done == ["a"])

    assert time.monotonic() - started < 1


async def test_job_of_a_dead_process_is_taken_again_when_its_lease_ends(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    await _defer(database, _note(clock, "a", lane="l"), _note(clock, "b", lane="l"))
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
    await _defer(sqlite_database, _note(clock, "a"))
    await sqlite_database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))
    worker = Worker(sqlite_database, WORKSPACE, {"note": JobHandler(log.run)}, clock)

    async with _working(worker):
        await _until(lambda: bool(log.done))

    assert log.tries == [("a", 2)]


async def test_running_job_is_not_taken_a_second_time_when_the_clock_leaps(database: Database, clock: Clock) -> None:
    may_end = asyncio.Event()
    tries: list[int] = []

    async def run(job: TakenJob) -> None:
        tries.append(job.attempts)
        await may_end.wait()

    worker = Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock)
    await _defer(database, _note(clock, "a"))
    async with _working(worker):
        await _until(lambda: bool(tries))
        clock.leap(timedelta(hours=2))
        await _defer(database, NewJob("other", run_at=clock()))
        await _until(lambda: _is_dead(database))
        may_end.set()

    assert tries == [1]
    assert await _states(database) == ["done", "dead"]


async def test_late_answer_of_a_lost_worker_does_not_count(database: Database, clock: Clock) -> None:
    await _defer(database, _note(clock, "a"))
    [lost] = await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))
    clock.leap(LEASE + timedelta(seconds=1))
    await database.write(WORKSPACE, lambda session: table.recover(session, clock()))
    await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))

    await database.write(WORKSPACE, lambda session: table.finish(session, lost, {"state": JobState.DEAD}))

    assert await _states(database) == ["running"]


async def test_job_is_given_back_when_the_worker_stops_before_it_ends(database: Database, clock: Clock) -> None:
    started = asyncio.Event()

    async def run(_job: TakenJob) -> None:
        started.set()
        await asyncio.sleep(30)

    worker = Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock)
    await _defer(database, _note(clock, "a"))
    running = asyncio.create_task(worker.run())
    await started.wait()

    await worker.stop(grace=timedelta(seconds=0.05))
    await running

    [job] = await _jobs(database)
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
    await _defer(sqlite_database, _note(clock, "a"))

    await worker.drain()

    assert log.tries == [("a", 1)]
    assert await _states(sqlite_database) == ["done"]


def _full_disk() -> Exception:
    return OperationalError("UPDATE job", None, sqlite3.OperationalError("database or disk is full"))


async def test_done_jobs_are_deleted_after_three_days_and_others_kept(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["dead"] = [GiveUp("no")]
    await _defer(database, _note(clock, "done"), _note(clock, "dead"))
    await worker.drain()
    await _defer(database, _note(clock, "waiting", run_at=clock() + timedelta(days=9)))

    counts = []
    for days in (2, 2):
        clock.leap(timedelta(days=days))
        counts.append(await database.write(WORKSPACE, lambda session: purge(session, clock())))

    assert counts == [0, 1]
    assert [job.payload["name"] for job in await _jobs(database)] == ["dead", "waiting"]


async def test_upkeep_leaves_other_workspaces_alone(database: Database, clock: Clock) -> None:
    await _defer(database, _note(clock, "a"), workspace="T0OTHER")
    await database.write("T0OTHER", lambda session: table.take(session, clock(), limit=9, held=()))
    clock.leap(timedelta(days=9))

    for step in (table.recover_all, lambda s: table.recover(s, clock()), lambda s: retry_dead(s, clock())):
        assert await database.write(WORKSPACE, step) == 0
    assert await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=9, held=())) == []

    assert [job.state.value for job in await _jobs(database, "T0OTHER")] == ["running"]


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
    await _defer(
        databases[0], *(_note(clock, f"{number % 7}:{number:03}", lane=str(number % 7)) for number in range(140))
    )
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
    await _defer(postgres_database, _note(clock, "a"))
    await postgres_database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))
    second = Worker(postgres_database, WORKSPACE, {"note": JobHandler(log.run)}, clock)

    async with _working(second):
        with suppress(TimeoutError):
            await _until(lambda: bool(log.tries), timeout_s=0.5)

    assert log.tries == []


def _retry(clock: Clock, job_id: int | None) -> Callable[[WorkspaceSession], int]:
    return lambda session: retry_dead(session, clock(), job_id)


async def _work(worker: Worker) -> None:
    """Do what can be done now; unlike `drain` without waiting for jobs that stand behind a later one."""
    idle_turns = 0
    while idle_turns < 2:
        await worker._turn()
        idle_turns = 0 if worker._running else idle_turns + 1
        await asyncio.gather(*worker._running.values())


async def _is_dead(database: Database) -> bool:
    return "dead" in await _states(database)
