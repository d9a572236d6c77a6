"""Jobs that note what they did, and ways to wait for them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from storage.database import Database
from storage.models import Job
from storage.queue import NewJob, TakenJob, defer
from storage.queue.embedded import Worker
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


def note(clock: Clock, name: str, **more: Any) -> NewJob:
    return NewJob("note", {"name": name}, **{"run_at": clock(), **more})


async def put(database: Database, *jobs: NewJob, workspace: str = WORKSPACE) -> list[bool]:
    return await database.write(workspace, lambda session: [defer(session, job) for job in jobs])


async def jobs_in(database: Database, workspace: str = WORKSPACE) -> list[Job]:
    return list(await database.read(workspace, lambda session: session.exec(select(Job).order_by(col(Job.id))).all()))


async def states(database: Database) -> list[str]:
    return [job.state.value for job in await jobs_in(database)]


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop()
        await running


async def until(condition: Callable[[], bool | Awaitable[bool]], timeout_s: float = 5) -> None:
    async with asyncio.timeout(timeout_s):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)


async def work(worker: Worker) -> None:
    """Do what can be done now; unlike `drain` without waiting for jobs that stand behind a later one."""
    idle_turns = 0
    while idle_turns < 2:
        await worker._turn()
        idle_turns = 0 if worker._running else idle_turns + 1
        await asyncio.gather(*worker._running.values())
