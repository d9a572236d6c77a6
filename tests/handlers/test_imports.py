"""An import whose tracker is not well waits and goes on; one that is refused says why, where its progress is shown."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_plus

import aiohttp
import pytest_asyncio
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.triage import importing
from bot.triage.jobs import JobKind
from handlers.imports import AGAIN_AFTER, read_page
from handlers.slack.feature import Task
from handlers.slack.outbox import Outbox
from integrations.trackers.base import TrackerError
from storage.models import ImportState, Job, JobState
from storage.queue import JobHandler, TakenJob
from storage.queue.embedded import Worker
from tests.bot.triage.acting import ADMIN, jobs_of
from tests.bot.triage.at_work import Desk, desk
from tests.bot.triage.paper_tracker import DOWN, PAGE, PROJECT, REFUSED

__all__ = ["desk"]

CHANNEL, TS = "D0ADA", "1700000000.000100"


@dataclass(frozen=True)
class Import:
    """An import that has begun, and what its message in Slack was drawn as."""

    desk: Desk
    run_id: int
    outbox: Outbox
    drawn: list[str]

    async def work(self, wait: timedelta = timedelta()) -> None:
        """Do what is due after so long."""
        self.desk.clock.leap(wait)
        handlers = {kind: JobHandler(self._nothing) for kind in JobKind}
        handlers[JobKind.IMPORT_PAGE] = JobHandler(self._read)
        worker = Worker(self.desk.services.database, self.desk.services.workspace, handlers, self.desk.clock)
        for _page in range(2):
            # Jobs are made at the real time.
            self.desk.clock.now = max(self.desk.clock.now, datetime.now(UTC))
            await worker.drain()

    async def progress(self) -> importing.Progress:
        (found,) = await importing.all_runs(self.desk.services)
        return found

    async def jobs(self) -> list[Job]:
        return await jobs_of(self.desk.services, JobKind.IMPORT_PAGE)

    async def _read(self, job: TakenJob) -> None:
        await read_page(Task(job, self.desk.services, self.outbox))

    async def _nothing(self, job: TakenJob) -> None:
        """Leave the rest."""


@pytest_asyncio.fixture
async def begun(desk: Desk) -> AsyncIterator[Import]:
    """An import of two pages, whose progress is shown in Slack."""
    drawn: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.match_info["method"] == "chat.update"
        drawn.append(unquote_plus(await request.text()))
        return web.json_response({"ok": True, "ts": TS})

    for number in range(PAGE + 2):
        desk.paper.make(f"Issue number {number}")
    run = await importing.begin(desk.services, ADMIN, "github", PROJECT)
    await importing.remember_message(desk.services, run.run_id, CHANNEL, TS)
    app = web.Application()
    app.router.add_route("*", "/{method}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token="xoxb-1", base_url=url, session=session, retry_handlers=[])
        yield Import(desk, run.run_id, Outbox(client), drawn)
    await runner.cleanup()


async def test_import_waits_and_goes_on_when_the_tracker_is_down_for_long(begun: Import) -> None:
    begun.desk.paper.failures = [DOWN] * 20
    await begun.work()
    (waiting,) = await begun.jobs()
    early = await begun.progress()

    await begun.work(AGAIN_AFTER / 2)
    asked_early = begun.desk.paper.calls.count("list")
    for _ in range(21):
        await begun.work(AGAIN_AFTER)

    assert (waiting.state, early.state, early.error, asked_early) == (JobState.READY, ImportState.RUNNING, "", 1)
    late = await begun.progress()
    assert (late.state, late.done, late.error) == (ImportState.DONE, PAGE + 2, "")
    assert {job.state for job in await begun.jobs()} == {JobState.DONE}
    assert "is done" in begun.drawn[-1]


async def test_import_comes_again_when_the_tracker_said_so(begun: Import) -> None:
    wait = timedelta(minutes=7)
    begun.desk.paper.failures = [TrackerError("Paper takes no more now.", retryable=True, retry_after=wait)]
    await begun.work()

    await begun.work(wait / 2)
    early = begun.desk.paper.calls.count("list")
    await begun.work(wait / 2)

    assert early == 1
    assert (await begun.progress()).state is ImportState.DONE


async def test_progress_says_why_when_the_tracker_refuses_for_good(begun: Import) -> None:
    begun.desk.paper.failures = [REFUSED]

    await begun.work()

    found = await begun.progress()
    assert (found.state, found.error, found.done) == (ImportState.FAILED, str(REFUSED), 0)
    (drawn,) = begun.drawn
    assert "was refused" in drawn
    assert str(REFUSED) in drawn
    assert "Go on" in drawn
    # It is told where the administrator looks, so no dead letter is needed.
    assert [job.state for job in await begun.jobs()] == [JobState.DONE]


async def test_refused_import_goes_on_when_told_to(begun: Import) -> None:
    begun.desk.paper.failures = [REFUSED]
    await begun.work()

    await importing.resume(begun.desk.services, ADMIN, begun.run_id)
    await begun.work()

    found = await begun.progress()
    assert (found.state, found.error, found.done) == (ImportState.DONE, "", PAGE + 2)


async def test_waiting_import_asks_no_more_when_stopped(begun: Import) -> None:
    begun.desk.paper.failures = [DOWN] * 5
    await begun.work()

    await importing.stop(begun.desk.services, ADMIN, begun.run_id)
    await begun.work(AGAIN_AFTER)

    assert (await begun.progress()).state is ImportState.STOPPED
    assert begun.desk.paper.calls.count("list") == 1
