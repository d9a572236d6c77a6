"""A team whose reports are filed on paper, and a worker that does the tracker's jobs."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.routing.load import load_settings
from bot.services import Services
from bot.triage import comments_in, polling, sync
from bot.triage.comments_in import Shown
from bot.triage.comments_out import Reply, keep_reply
from bot.triage.jobs import JobKind
from bot.triage.tracker_health import Place
from handlers import tracker_jobs
from handlers.slack.feature import Task
from integrations.connections import Connections
from integrations.markup import markdown
from integrations.trackers import local
from integrations.trackers.base import Changes, File
from storage import links, reports
from storage.database import WorkspaceSession
from storage.models import IssueComment, IssueLink, Report
from storage.queue import JobHandler, TakenJob
from storage.queue.embedded import Worker
from tests.bot.triage.acting import accepted
from tests.bot.triage.paper_tracker import PROJECT, Paper
from tests.conftest import SETTINGS, Clock, read

CARD = ("C0CHECKOUT", "1700000000.000100")
_SLACK = {JobKind.SHOW_COMMENT, JobKind.TELL_TRACKER, JobKind.TELL_FILE}


@dataclass
class Shelf:
    """The files in Slack by their ids, or what keeps one from being read; and how often any was asked for."""

    files: dict[str, File | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def file(self, slack_file_id: str) -> File:
        self.asked.append(slack_file_id)
        found = self.files[slack_file_id]
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Desk:
    """The services, the paper, and what was shown in Slack."""

    services: Services
    paper: Paper
    clock: Clock
    shown: list[str]
    told: list[dict[str, Any]]
    shelf: Shelf = field(default_factory=Shelf)

    async def work(self, *, for_s: int = 0) -> None:
        """Do all that is due now, and what becomes due in so many seconds."""
        handlers = {kind: JobHandler(self._nothing) for kind in JobKind}
        for kind, spec in tracker_jobs.FEATURE.jobs.items():
            if kind not in _SLACK:
                handlers[JobKind(kind)] = JobHandler(self._does(spec.run))
        handlers[JobKind.SHOW_COMMENT] = JobHandler(self._show)
        handlers[JobKind.TELL_TRACKER] = handlers[JobKind.TELL_FILE] = JobHandler(self._tell)
        worker = Worker(self.services.database, self.services.workspace, handlers, self.clock)
        for passed in range(for_s + 2):
            # Jobs are made at the real time.
            self.clock.now = max(self.clock.now + timedelta(seconds=passed > 1), datetime.now(UTC))
            await worker.drain()

    def _does(self, run: Any) -> Any:
        async def do(job: TakenJob) -> None:
            await run(Task(job, self.services, outbox=self.shelf))  # type: ignore[arg-type]  # of Slack only its files

        return do

    async def _nothing(self, job: TakenJob) -> None:
        """Leave to Slack what is Slack's."""

    async def _show(self, job: TakenJob) -> None:
        comment = await comments_in.shown(self.services, int(job.payload["comment_id"]))
        if comment is not None:
            self.shown.append(_line(comment))
            await comments_in.mark_shown(self.services, comment, comment.ts or f"17.{comment.comment_id}")

    async def _tell(self, job: TakenJob) -> None:
        self.told.append(job.payload)

    async def filed(self, title: str = "Checkout button is dead") -> int:
        """File a report whose card stands, and have its issue made."""
        report_id = await accepted(self.services, title)
        await self.post_card(report_id)
        await self.work()
        return report_id

    async def post_card(self, report_id: int) -> None:
        def unit(session: WorkspaceSession) -> None:
            report = session.get_one(Report, report_id)
            report.card_channel, report.card_ts = CARD
            report.card_permalink = "https://acme.slack.com/archives/C0CHECKOUT/p1700000000000100"
            session.add(report)

        await self.services.database.write(self.services.workspace, unit)

    async def link(self, report_id: int) -> IssueLink:
        found = await read(self.services, lambda session: reports.issue(session, report_id))
        assert found is not None
        return found

    async def rows(self, report_id: int) -> list[IssueComment]:
        link = await self.link(report_id)
        return await read(self.services, lambda session: links.comments(session, link.id or 0))

    async def hear(self, changes: Changes) -> int:
        """Take in what a delivery tells."""
        return await self.services.database.write(
            self.services.workspace, lambda session: sync.take_in(session, self.services, "github", changes)
        )

    async def poll(self) -> None:
        await polling.poll(self.services, Place("github", PROJECT))
        await self.work()

    async def reply(self, words: str, ts: str = "1700000001.000100", *, by: str = "U0BO", edited: str = "") -> None:
        await keep_reply(self.services, Reply(*CARD[:1], ts, CARD[1], by, markdown.read(words), edited))


def _line(comment: Shown) -> str:
    what = "gone" if comment.deleted else markdown.write(comment.text).strip()
    return f"{'edit ' if comment.ts else ''}{comment.author}: {what}"


@pytest.fixture
async def desk(services: Services, clock: Clock) -> Desk:
    """A team that files its reports on paper."""
    clock.now = datetime.now(UTC)
    paper = Paper(clock)
    kinds = {"local": local.KIND, "github": paper.kind()}
    connections = Connections(kinds, {}, workspace=services.workspace, database=services.database, now=services.now)
    text = f"{SETTINGS}tracker: {{github: {PROJECT}}}\npeople:\n  U0ANA: {{accounts: {{github: ana}}}}\n"
    services.in_force.replace(load_settings(text, "liaison.yaml"), text)
    return Desk(replace(services, trackers=connections), paper, clock, [], [])
