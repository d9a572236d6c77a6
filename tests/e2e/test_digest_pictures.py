"""Digests that are not on the first screen: a tester's week, one whose tracker is away, and a week without news.

With --pictures they are kept as docs/pictures.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from bot.app import connect, serve
from bot.config import Config, Mode
from bot.demo import seed
from bot.demo.server import LocalSlack
from bot.demo.sources import STAND_INS
from bot.digests import schedule
from bot.routing.load import load_settings
from storage import schema
from tests.e2e.browser import Browser, open_browser
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios import digest_world
from tests.scenarios.digest_world import BERLIN, WEEK, Team, design_is_done, figma, figma_proxy, team, work
from tests.scenarios.harness import Workspace
from tests.scenarios.tracker_world import tracked, tracker_proxy
from tests.scenarios.world import RunningClock, World

__all__ = ["figma", "figma_proxy", "servers", "stage", "team", "tracked", "tracker_proxy"]

pytestmark = pytest.mark.e2e
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
# A whole digest on one picture.
TALL_PX = 1600
tracker_environment, team_settings = digest_world.tracker_environment, digest_world.team_settings


@pytest.mark.parametrize("stage", ["github"], indirect=True)
async def test_dead_tracker_and_a_week_without_news_are_said(team: Team, tmp_path: Path, keep_pictures: bool) -> None:
    wednesday = digest_world.next_wednesday(team.tracked.world.clock())
    await come(team, wednesday - timedelta(days=1), time(18))
    await work(team)
    await design_is_done(team)
    await come(team, wednesday, time(10))
    thursday, friday = wednesday + timedelta(days=1), wednesday + timedelta(days=2)
    await come(team, thursday, time(8, 30))
    await come(team, thursday, time(17, 11))
    away = Fault(status=401, body='{"message": "Bad credentials"}')
    team.tracked.proxy.faults.append(away)
    await come(team, thursday, time(17, 12))
    await come(team, friday, time(8, 30))
    team.tracked.proxy.faults.remove(away)
    await come(team, wednesday + WEEK, time(10))

    kept = PICTURES if keep_pictures else tmp_path
    async with open_digests(team.tracked.world.slack.url) as browser:
        degraded = await newest(browser, "qa", "could not be read since")
        await degraded.screenshot(path=kept / "digest-degraded.png")
        silent = await newest(browser, "design", "nothing needs you and nothing changed since")
        await silent.screenshot(path=kept / "digest-heartbeat.png")


async def test_testers_see_their_week_on_monday(example: World, tmp_path: Path, keep_pictures: bool) -> None:
    example.clock.leap(timedelta(minutes=1))
    await schedule.tick(example.bot.services)
    await example.settle()

    async with open_digests(example.slack.url) as browser:
        week = await newest(browser, "qa", "Testing, in figures")
        await expect(week).to_contain_text("Escaped to production (28 d)")
        await week.screenshot(path=(PICTURES if keep_pictures else tmp_path) / "digest-qa-week.png")


@pytest.fixture
async def example(workspace: Workspace, local_slack: LocalSlack, tmp_path: Path) -> AsyncIterator[World]:
    """The example team of `liaison demo`, a moment before its digests of a Monday."""
    clock = RunningClock()
    clock.leap(_next_monday(clock()) - clock())
    settings = tmp_path / "liaison.yaml"
    settings.write_text(seed.SETTINGS)
    database = f"sqlite:///{tmp_path}/liaison.db"
    schema.upgrade(database)
    named = {
        "SLACK_BOT_TOKEN": local_slack.bot_token,
        "SLACK_APP_TOKEN": local_slack.app_token,
        "SLACK_API_URL": local_slack.api_url,
        "DATABASE_URL": database,
        "LIAISON_SETTINGS": str(settings),
    }
    config = Config.from_environment(named, mode=Mode.SOCKET)
    bot = await connect(config, load_settings(seed.SETTINGS, settings.name), clock, STAND_INS)
    await seed.seed(bot.services)
    stop = asyncio.Event()
    running = asyncio.create_task(serve(bot, stop))
    try:
        await workspace.wait_for_bot()
        yield World(workspace, bot, clock)
    finally:
        stop.set()
        await running


async def come(team: Team, day: date, at: time) -> None:
    """Let a moment in Berlin come, at which sources were read just now, and the alarm ring."""
    await team.leap_to(datetime.combine(day, at, BERLIN))
    await team.read_sources()
    await team.tick()


@asynccontextmanager
async def open_digests(url: str) -> AsyncIterator[Browser]:
    async with open_browser(url) as browser:
        await browser.page.set_viewport_size({"width": 1280, "height": TALL_PX})
        yield browser


async def newest(browser: Browser, channel: str, words: str) -> Locator:
    """Show a channel, and return the newest message in it that has these words."""
    await browser.open_channel(channel)
    found = browser.message(words)
    await expect(found).to_be_visible()
    return found


def _next_monday(now: datetime) -> datetime:
    """Give half past eight in Berlin, but for a few seconds, on the next Monday."""
    day = now.astimezone(BERLIN).date() + timedelta(days=1)
    monday = day + timedelta(days=-day.weekday() % 7)
    return datetime.combine(monday, time(8, 29, 15), BERLIN).astimezone(UTC)
