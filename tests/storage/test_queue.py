"""What every engine of the queue promises, on SQLite and on PostgreSQL."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from storage.database import Database, WorkspaceSession
from storage.models import JobState
from storage.queue import GiveUp, JobHandler, NewJob, NotYet, RetryLater, TakenJob, defer, embedded, table
from storage.queue.embedded import Worker, backoff_s, purge, retry_dead
from tests.conftest import Clock
from tests.storage.jobs import WORKSPACE, Log, jobs_in, note, put, states, until, work, working


async def test_job_is_not_there_when_the_callers_transaction_fails(database: Database, clock: Clock) -> None:
    def unit(session: WorkspaceSession) -> None:
        defer(session, note(clock, "a"))
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await database.write(WORKSPACE, unit)

    assert await jobs_in(database) == []


async def test_job_is_made_once_when_its_key_is_the_same(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    made = await put(database, *(note(clock, "a", unique_key="k") for _ in range(2)))
    await worker.drain()

    made += await put(database, note(clock, "a", unique_key="k"), note(clock, "b"), note(clock, "b"))
    await worker.drain()

    assert made == [True, False, False, True, True]
    assert log.done == ["a", "b", "b"]


async def test_same_key_is_another_one_in_another_workspace(database: Database, clock: Clock) -> None:
    made = [await put(database, note(clock, "a", unique_key="k"), workspace=workspace) for workspace in ("T0A", "T0B")]

    assert made == [[True], [True]]
    assert len(await jobs_in(database, "T0A")) == 1


async def test_one_of_eight_is_made_when_all_come_at_the_same_instant(database: Database, clock: Clock) -> None:
    made = await asyncio.gather(*(put(database, note(clock, "a", unique_key="event:1")) for _ in range(8)))

    assert sorted(made) == [[False]] * 7 + [[True]]


async def test_lane_is_in_order_and_one_at_a_time(database: Database, clock: Clock) -> None:
    spans: dict[str, list[tuple[int, float, float]]] = {"a": [], "b": [], "c": []}

    async def run(job: TakenJob) -> None:
        started = time.monotonic()
        await asyncio.sleep(random.uniform(0, 0.01))
        spans[str(job.lane)].append((int(job.payload["name"]), started, time.monotonic()))

    jobs = [note(clock, str(number), lane="abc"[number % 3]) for number in range(30)]
    await put(database, *jobs)
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

    await put(database, *(note(clock, str(number), lane=str(number)) for number in range(40)))
    await Worker(database, WORKSPACE, {"note": JobHandler(run)}, clock).drain()

    assert most == embedded.AT_ONCE


async def test_failing_job_holds_up_its_lane_only(database: Database, clock: Clock, worker: Worker, log: Log) -> None:
    log.fails["a1"] = [OSError("down")]
    names = ("a1", "a2", "b1", "b2")

    await put(database, *(note(clock, name, lane=name[0]) for name in names), note(clock, "free"))
    await work(worker)
    before = list(log.done)
    clock.leap(timedelta(seconds=2))
    await work(worker)

    assert sorted(before) == ["b1", "b2", "free"]
    assert log.done[3:] == ["a1", "a2"]
    assert [attempt for name, attempt in log.tries if name == "a1"] == [1, 2]


async def test_lane_is_paced_and_the_others_are_not(database: Database, clock: Clock) -> None:
    at: dict[str, float] = {}

    async def run(job: TakenJob) -> None:
        at[job.payload["name"]] = time.monotonic()

    await put(database, *(note(clock, name, lane=name[0]) for name in ("a1", "b1", "a2", "b2")))
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
    await put(database, *(note(clock, name, lane="a") for name in "123"))
    async with working(worker):
        await until(lambda: len(done) == 3)

    assert turns < 20


async def test_job_comes_again_when_told_to_and_it_is_no_failure(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["a"] = [*(RetryLater(timedelta(seconds=30)) for _ in range(5)), OSError("down")]
    await put(database, note(clock, "a"))
    await work(worker)

    for _ in range(6):
        clock.leap(timedelta(seconds=29))
        await work(worker)
        tried = len(log.tries)
        clock.leap(timedelta(seconds=1))
        await work(worker)
        assert len(log.tries) == tried + 1 or log.done

    assert log.done == ["a"]
    # The first try differs from all others, in which something may have been done already.
    assert [attempt for _, attempt in log.tries] == [1, 2, 2, 2, 2, 2, 3]


async def test_job_is_as_new_when_it_was_not_its_turn(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    """However often it was taken: it may not look for what it never did, nor give up."""
    log.fails["a"] = [NotYet(timedelta(seconds=5)) for _ in range(5)]
    await put(database, note(clock, "a"))
    waited = []

    for _ in range(6):
        await work(worker)
        waited += await jobs_in(database)
        clock.leap(timedelta(seconds=4))
        await work(worker)
        clock.leap(timedelta(seconds=1))

    assert log.tries == [("a", 1)] * 6
    assert [(job.state.value, job.attempts) for job in waited] == [("ready", 0)] * 5 + [("done", 1)]
    assert log.done == ["a"]


async def test_job_may_still_have_run_when_it_was_not_its_turn_later(
    database: Database, clock: Clock, log: Log
) -> None:
    may_have_run: list[bool] = []

    async def run(job: TakenJob) -> None:
        may_have_run.append(job.may_have_run)
        await log.run(job)

    wait = timedelta(seconds=5)
    log.fails["a"] = [NotYet(wait), RetryLater(wait), NotYet(wait), NotYet(wait), OSError("down"), NotYet(wait)]
    await put(database, note(clock, "a"))
    for _ in range(7):
        await work(Worker(database, WORKSPACE, {"note": JobHandler(run, max_attempts=3)}, clock))
        clock.leap(wait)

    assert may_have_run == [False, False, True, True, True, True, True]
    # Only what failed is counted.
    assert [attempt for _, attempt in log.tries] == [1, 1, 2, 2, 2, 3, 3]
    assert log.done == ["a"]


async def test_job_keeps_its_place_when_it_was_not_its_turn(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["a1"] = [NotYet(timedelta(seconds=5))]
    await put(database, *(note(clock, name, lane=name[0]) for name in ("a1", "a2", "b1")))

    await work(worker)
    before = list(log.done)
    clock.leap(timedelta(seconds=5))
    await work(worker)

    assert before == ["b1"]
    assert log.done == ["b1", "a1", "a2"]


async def test_draining_ends_when_it_is_not_a_jobs_turn(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["a1"] = [NotYet(timedelta(seconds=5))]
    await put(database, *(note(clock, name, lane=name[0]) for name in ("a1", "a2", "b1")))

    await worker.drain(timeout_s=2)

    assert log.done == ["b1"]
    assert await states(database) == ["ready", "ready", "done"]


async def test_job_gives_up_after_its_last_try_and_can_be_tried_again(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["a"] = [OSError(f"down {number}") for number in range(3)]
    await put(database, note(clock, "a", lane="l"), note(clock, "b", lane="l"))
    for _ in range(3):
        await work(worker)
        clock.leap(timedelta(seconds=10))
    dead = await jobs_in(database)

    counts = [await database.write(WORKSPACE, retry(clock, job_id)) for job_id in (dead[1].id, dead[0].id)]
    await work(worker)

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
    await put(database, NewJob(kind, {"name": "a"}, run_at=clock()))

    await worker.drain()

    [job] = await jobs_in(database)
    wanted = "channel_not_found" if kind == "note" else "nothing here does jobs of kind unheard_of"
    assert (job.state, job.attempts, job.error) == (JobState.DEAD, 1, wanted)


@pytest.mark.parametrize(("attempts", "usual_s"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (60, 300)])
def test_backoff_doubles_up_to_five_minutes_and_varies_by_half(attempts: int, usual_s: float) -> None:
    assert backoff_s(attempts, 0) == usual_s * 0.5
    assert backoff_s(attempts, 1) == usual_s * 1.5
    assert usual_s * 0.5 <= backoff_s(attempts, random.random()) <= usual_s * 1.5


async def test_job_waits_for_its_time(database: Database, clock: Clock, worker: Worker, log: Log) -> None:
    await put(database, note(clock, "later", run_at=clock() + timedelta(hours=1)), note(clock, "now"))

    await worker.drain()
    clock.leap(timedelta(hours=1))
    await worker.drain()

    assert log.done == ["now", "later"]


async def test_running_worker_does_a_job_at_once_when_it_is_deferred(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    async with working(worker):
        await asyncio.sleep(0.2)
        started = time.monotonic()
        await put(database, note(clock, "a"))
        await until(lambda: log.done == ["a"])

    assert time.monotonic() - started < 1


async def test_done_jobs_are_deleted_after_three_days_and_others_kept(
    database: Database, clock: Clock, worker: Worker, log: Log
) -> None:
    log.fails["dead"] = [GiveUp("no")]
    await put(database, note(clock, "done"), note(clock, "dead"))
    await worker.drain()
    await put(database, note(clock, "waiting", run_at=clock() + timedelta(days=9)))

    counts = []
    for days in (2, 2):
        clock.leap(timedelta(days=days))
        counts.append(await database.write(WORKSPACE, lambda session: purge(session, clock())))

    assert counts == [0, 1]
    assert [job.payload["name"] for job in await jobs_in(database)] == ["dead", "waiting"]


async def test_upkeep_leaves_other_workspaces_alone(database: Database, clock: Clock) -> None:
    await put(database, note(clock, "a"), workspace="T0OTHER")
    await database.write("T0OTHER", lambda session: table.take(session, clock(), limit=9, held=()))
    clock.leap(timedelta(days=9))

    for step in (table.recover_all, lambda s: table.recover(s, clock()), lambda s: retry_dead(s, clock())):
        assert await database.write(WORKSPACE, step) == 0
    assert await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=9, held=())) == []

    assert [job.state.value for job in await jobs_in(database, "T0OTHER")] == ["running"]


def retry(clock: Clock, job_id: int | None) -> Callable[[WorkspaceSession], int]:
    return lambda session: retry_dead(session, clock(), job_id)


async def test_job_that_comes_again_and_again_is_taken_after_those_made_meanwhile(
    database: Database, clock: Clock
) -> None:
    await put(database, note(clock, "again", run_at=clock() + timedelta(seconds=5)), note(clock, "new"))
    clock.leap(timedelta(seconds=10))

    taken = await database.write(WORKSPACE, lambda session: table.take(session, clock(), limit=1, held=()))

    assert [job.payload["name"] for job in taken] == ["new"]
