"""A team with five audiences in two time zones, its GitHub and its Figma behind proxies, and what people do there."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlmodel import col, select

from bot.digests import schedule
from bot.digests.jobs import DigestJob
from storage.models import DigestRun, RunState
from storage.queue import NewJob, defer_alone
from tests.integrations.trackers.stages import Stage
from tests.rigs.faultproxy import FaultProxy, running_faultproxy
from tests.rigs.figma_server import COMPLETED, READY, TOKEN, Figma, days_ago, running_figma
from tests.scenarios.acting import CARDS
from tests.scenarios.tracker_world import SETTINGS, TrackerWorld

KEY = "aBcD1234efGH5678"
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
AUDIENCES = f"""
figma: {{files: {{{KEY}: checkout}}}}
audiences:
  qa: {{channel: C0QA, tz: Europe/Berlin, daily: "08:30", weekly: "thu 08:30"}}
  design: {{channel: C0DESIGN, tz: Europe/Berlin, weekly: "wed 10:00"}}
  engineering: {{channel: C0ENG, tz: America/New_York, daily: "09:30"}}
  marketing: {{channel: C0MARKETING, tz: America/New_York, weekly: "wed 10:00"}}
  leadership: {{channel: C0LEADS, tz: America/New_York, weekly: "wed 15:00", health_from: U0ANA}}
"""
REPORTS = (
    ("Card form clears on the back button", "S2"),
    ("Apple Pay spins for ever", "S2"),
    ("Export drops the last row", "S3"),
    ("Basket keeps its lamps", "S3"),
    ("Reset link opens a blank page", ""),
)
BEFORE = timedelta(minutes=5)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Slot:
    """Where and when an audience reads, and what only its text has."""

    channel: str
    zone: ZoneInfo
    at: time
    own: str


# In the order of the moments, all year long.
SLOTS = (
    Slot("qa", BERLIN, time(8, 30), "*Verify now*"),
    Slot("design", BERLIN, time(10), "*Hand-offs*"),
    Slot("engineering", NEW_YORK, time(9, 30), "*Needs a decision*"),
    Slot("marketing", NEW_YORK, time(10), "Do not promote *Apple Pay*"),
    Slot("leads", NEW_YORK, time(15), "*Delivery and quality*"),
)
QA, DESIGN, ENGINEERING, *_ = SLOTS


@dataclass(frozen=True)
class Team:
    """The bot between Slack, GitHub and Figma, each behind a proxy that breaks things."""

    tracked: TrackerWorld
    figma: Figma
    figma_proxy: FaultProxy

    async def read_sources(self) -> None:
        """Let the next reading of GitHub and of Figma come now."""
        services = self.tracked.world.bot.services
        payload = {"source": "figma", "project": KEY}
        await defer_alone(services.database, services.workspace, NewJob(DigestJob.POLL_SOURCE, payload))
        await self.tracked.poll()

    async def leap_to(self, moment: datetime) -> None:
        self.tracked.world.clock.leap(moment - self.tracked.world.clock())

    async def ring(self, slot: Slot, day: date) -> list[str]:
        """Let an audience's time come on a day; return where a digest was posted at it. None is before it."""
        due = datetime.combine(day, slot.at, slot.zone)
        before = Counter({one.channel: len(await self.digests(one.channel)) for one in SLOTS})
        await self.leap_to(due - BEFORE)
        await self.read_sources()
        await self.tick()
        assert Counter({one.channel: len(await self.digests(one.channel)) for one in SLOTS}) == before
        await self.leap_to(due + timedelta(seconds=1))
        await self.tick()
        after = Counter({one.channel: len(await self.digests(one.channel)) for one in SLOTS})
        return list((after - before).elements())

    async def digests(self, channel: str) -> list[dict[str, Any]]:
        """List the digests that stand in a channel, the newest last."""
        found = await self.tracked.world.slack.messages(channel)
        return [one for one in found if "liaison:digest:" in str((one.get("blocks") or [{}])[0].get("block_id"))]

    async def newest(self, channel: str) -> str:
        return shown((await self.digests(channel))[-1])

    async def tick(self) -> None:
        """Let the alarm ring, and what it calls be told or found to be no news; its thread comes a second later."""
        await schedule.tick(self.tracked.world.bot.services)
        await self.tracked.world.slack.wait_for(self._is_told)

    async def _is_told(self) -> bool:
        ended = (RunState.POSTED, RunState.SKIPPED, RunState.ABANDONED)
        going_on = select(DigestRun.id).where(col(DigestRun.state).not_in(ended))
        return await self.tracked.world.read(lambda session: session.exec(going_on).first()) is None


@pytest_asyncio.fixture
async def figma() -> AsyncIterator[Figma]:
    """A Figma in whose file a frame is ready, and one question waits."""
    async with running_figma() as server:
        file = server.make_file(KEY, "Shop")
        frame = server.draw(file, "Settings", "Team", status=READY)
        server.say(file, "Bo", "Is this the real max length?", at=days_ago(8), node_id=frame)
        yield server


@pytest_asyncio.fixture
async def figma_proxy(figma: Figma) -> AsyncIterator[FaultProxy]:
    async with running_faultproxy(figma.url) as proxy:
        yield proxy


@pytest.fixture
def tracker_environment(stage: Stage, tracker_proxy: FaultProxy, figma_proxy: FaultProxy) -> dict[str, str]:
    own = urlsplit(stage.url)
    through = {
        name: value.replace(f"{own.scheme}://{own.netloc}", tracker_proxy.url) for name, value in stage.values.items()
    }
    return {**through, "FIGMA_TOKEN": TOKEN, "FIGMA_API_URL": f"{figma_proxy.url}/"}


@pytest.fixture
def team_settings(stage: Stage) -> str:
    named = SETTINGS.format(tracker=stage.tracker.name, project=stage.project)
    promoted = "name: Checkout, promoted: true, public_name: Apple Pay, tracker"
    return named.replace("name: Checkout, tracker", promoted) + AUDIENCES


@pytest.fixture
def team(tracked: TrackerWorld, figma: Figma, figma_proxy: FaultProxy) -> Team:
    return Team(tracked, figma, figma_proxy)


async def work(team: Team) -> None:
    """Let one be fixed in Slack and one in GitHub, one be accepted and one declined, and one wait."""
    world = team.tracked.world
    for title, severity in REPORTS:
        await world.slack.command("eve", "/bug", title, "qa")
        rated = {"severity": severity} if severity else {}
        done = await world.slack.submit_view("eve", {"what": title, "component": "checkout", **rated})
        assert (done.errors, done.modals) == ({}, [])
    await world.settle()
    fixed, accepted, _, declined, _ = [str(card["ts"]) for card in await world.slack.messages(CARDS)]
    for card in (fixed, accepted):
        await world.slack.click("bo", CARDS, card, "report.accept")
    await world.settle()
    await world.slack.click("bo", CARDS, fixed, "report.fix")
    await world.slack.submit_view("bo", {"build": "2.4.0", "note": "Go back one page"})
    await world.slack.click("bo", CARDS, declined, "report.menu", choose="decline:4")
    await world.slack.submit_view("bo", {"resolution": "by_design", "note": "The help page says so."})
    await world.settle()
    await team.tracked.outside.close((await team.tracked.link(3)).external_id)
    await team.read_sources()


async def design_is_done(team: Team) -> None:
    file = team.figma.files[KEY]
    team.figma.mark(file, "Team", COMPLETED)
    team.figma.resolve(file, file.comments[0]["id"])
    await team.read_sources()


def next_wednesday(now: datetime) -> date:
    """Give the first Wednesday whose eve is still to come."""
    day = now.astimezone(BERLIN).date() + timedelta(days=2)
    return day + timedelta(days=(2 - day.weekday()) % 7)


def shown(message: dict[str, Any]) -> str:
    """Give the words of a message's blocks, one text a line."""
    found = []
    for block in message.get("blocks") or ():
        texts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
        found += [one["text"] for one in texts if isinstance(one, dict) and isinstance(one.get("text"), str)]
    return "\n".join(found)
