"""The whole bot between a real Slack server and a real tracker, with a proxy before the tracker that breaks things."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from bot.triage.jobs import JobKind
from bot.triage.tracker_health import Place
from integrations.trackers.base import Comment, Issue
from storage import reports
from storage.models import IssueLink, Report
from storage.queue import NewJob, defer_alone
from tests.integrations.trackers.stages import Outside, Stage
from tests.rigs.faultproxy import FaultProxy, running_faultproxy
from tests.scenarios.acting import CARDS
from tests.scenarios.world import World

SETTINGS = """
version: 1
teams:
  checkout: {{channel: C0CHECKOUT, name: Checkout, people: [U0BO, U0FINN]}}
  web: {{channel: C0WEB, name: Web, people: [U0ANA, U0BO]}}
components:
  checkout: {{owner: checkout, name: Checkout, tracker: {{{tracker}: {project}}}}}
  search: {{owner: web, name: Search}}
channels:
  C0QA: checkout
roles:
  admin: [U0FINN]
"""


@dataclass(frozen=True)
class TrackerWorld:
    """What happens between people in Slack, the bot, and other people in the tracker."""

    world: World
    stage: Stage
    proxy: FaultProxy

    @property
    def outside(self) -> Outside:
        assert self.stage.outside is not None
        return self.stage.outside

    @property
    def place(self) -> Place:
        return Place(self.stage.tracker.name, self.stage.project)

    async def poll(self) -> None:
        """Let the minute's poll come now, and all that it brings be done."""
        services = self.world.bot.services
        payload = {"tracker": self.place.tracker, "project": self.place.project}
        await defer_alone(services.database, services.workspace, NewJob(JobKind.POLL_TRACKER, payload))
        await self.world.settle()

    async def leap(self, by: timedelta) -> None:
        """Let time pass, and all be done that is due then."""
        self.world.clock.leap(by)
        services = self.world.bot.services
        # The worker looks at the clock every five seconds, and after each commit.
        await services.database.write(services.workspace, lambda _: None)
        await self.world.settle()

    async def filed(self, title: str = "Cart is empty") -> str:
        """File a report by its form; return the ts of its card once it has its issue."""
        await self.begun(title)
        await self.world.settle()
        return str((await self.world.slack.messages(CARDS))[-1]["ts"])

    async def begun(self, title: str, component: str = "checkout") -> None:
        """File a report by its form, and wait for nothing but Slack's answer."""
        await self.world.slack.command("eve", "/bug", title, "qa")
        values = {"severity": "S3", "what": "I see nothing.", "component": component}
        await self.world.slack.submit_view("eve", values)

    async def accept(self, ts: str) -> None:
        await self.world.slack.click("bo", CARDS, ts, "report.accept")
        await self.world.settle()

    async def report(self, report_id: int = 1) -> Report:
        found = await self.world.read(lambda session: reports.get(session, report_id))
        assert found is not None
        return found

    async def link(self, report_id: int = 1) -> IssueLink:
        found = await self.world.read(lambda session: reports.issue(session, report_id))
        assert found is not None
        return found

    async def issue(self) -> Issue:
        found = await self.stage.tracker.get_issue((await self.link()).external_id)
        assert found is not None
        return found

    async def comments(self) -> tuple[Comment, ...]:
        return await self.stage.tracker.list_comments((await self.link()).external_id)

    async def shown(self, ts: str) -> list[str]:
        """List what the bot shows in a card's thread of what people say in the tracker."""
        messages = await self.world.slack.thread(CARDS, ts)
        return [one["text"] for one in messages if _marker(one).startswith("liaison:comment:")]


def _marker(message: dict[str, Any]) -> str:
    blocks = message.get("blocks") or [{}]
    return str(blocks[0].get("block_id") or "")


@pytest_asyncio.fixture
async def tracker_proxy(stage: Stage) -> AsyncIterator[FaultProxy]:
    """A proxy between the bot and the tracker."""
    own = urlsplit(stage.url)
    async with running_faultproxy(f"{own.scheme}://{own.netloc}") as proxy:
        yield proxy


@pytest.fixture
def tracker_environment(stage: Stage, tracker_proxy: FaultProxy) -> dict[str, str]:
    """The tracker's variables, with the proxy's address for the server's own."""
    own = urlsplit(stage.url)
    return {
        name: value.replace(f"{own.scheme}://{own.netloc}", tracker_proxy.url) for name, value in stage.values.items()
    }


@pytest.fixture
def team_settings(stage: Stage) -> str:
    return SETTINGS.format(tracker=stage.tracker.name, project=stage.project)


@pytest_asyncio.fixture
async def tracked(world: World, stage: Stage, tracker_proxy: FaultProxy) -> TrackerWorld:
    """The bot, whose first poll is done."""
    made = TrackerWorld(world, stage, tracker_proxy)
    await made.poll()
    return made
