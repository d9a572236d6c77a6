"""The whole bot in this process, against a real local Slack server; every payload sent is checked at the end.

Loaded as a plugin by tests/conftest.py: the fixture `world`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlmodel import select

from bot.app import Application, connect, serve
from bot.config import Config, Mode
from bot.demo.server import LocalSlack
from bot.routing.load import load_settings
from storage import schema
from storage.database import WorkspaceSession
from storage.models import Job, JobState
from storage.queue import table
from tests import blockkit
from tests.scenarios.harness import Workspace

T = TypeVar("T")
SETTINGS = """
version: 1
teams:
  checkout: {channel: C0CHECKOUT, name: Checkout, people: [U0BO, U0FINN]}
  web: {channel: C0WEB, name: Web, people: [U0ANA, U0BO]}
components:
  checkout: {owner: checkout, name: Checkout}
  search: {owner: web, name: Search}
channels:
  C0QA: checkout
roles:
  admin: [U0FINN]
"""


class RunningClock:
    """The injected clock: runs with the real one, and leaps when told."""

    def __init__(self) -> None:
        self._leap = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._leap

    def leap(self, by: timedelta) -> None:
        self._leap += by


@dataclass(frozen=True)
class World:
    """Slack, the bot, and what happens between them."""

    slack: Workspace
    bot: Application
    clock: RunningClock

    async def settle(self) -> None:
        """Wait until the queue has nothing due."""
        await self.slack.wait_for(self._is_idle, timeout_s=30)

    async def read(self, unit: Callable[[WorkspaceSession], T]) -> T:
        """Read from the bot's database."""
        services = self.bot.services
        return await services.database.read(services.workspace, unit)

    async def _is_idle(self) -> bool:
        running = select(Job.id).where(Job.state == JobState.RUNNING).limit(1)

        def is_idle(session: WorkspaceSession) -> bool:
            # What is due behind a job of its lane that waits for its time cannot be done yet.
            return session.exec(running).first() is None and not table.is_any_takeable(session, self.clock(), (), ())

        return await self.read(is_idle)


@pytest.fixture
def tracker_environment() -> dict[str, str]:
    """The variables of trackers; a test that needs some overrides this."""
    return {}


@pytest.fixture
def bot_config(local_slack: LocalSlack, tmp_path: Path, tracker_environment: dict[str, str]) -> Config:
    """The configuration of a bot in the local Slack server's workspace."""
    return Config.from_environment(
        {
            "SLACK_BOT_TOKEN": local_slack.bot_token,
            "SLACK_APP_TOKEN": local_slack.app_token,
            "SLACK_API_URL": local_slack.api_url,
            "DATABASE_URL": f"sqlite:///{tmp_path}/liaison.db",
            "LIAISON_SETTINGS": str(tmp_path / "liaison.yaml"),
            **tracker_environment,
        },
        mode=Mode.SOCKET,
    )


@pytest.fixture
def team_settings() -> str:
    """The settings file of the team; a test that needs another one overrides this."""
    return SETTINGS


@asynccontextmanager
async def serving(
    config: Config, settings: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> AsyncIterator[Application]:
    """Serve as one bot of several on a database that is there already; nothing it sends is checked."""
    application = await connect(config, load_settings(settings, "liaison.yaml"), now)
    stop, is_ready = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve(application, stop, is_ready.set))
    await is_ready.wait()
    try:
        yield application
    finally:
        stop.set()
        await running


@asynccontextmanager
async def running_bot(workspace: Workspace, config: Config, settings: str) -> AsyncIterator[World]:
    """Run a bot; at the end every message and view it sent is held to Slack's limits."""
    clock = RunningClock()
    if config.settings_required:
        config.settings_path.write_text(settings)
    schema.upgrade(config.database_url.get_secret_value())
    application = await connect(config, load_settings(settings, "liaison.yaml"), clock)
    stop = asyncio.Event()
    running = asyncio.create_task(serve(application, stop))
    try:
        await workspace.wait_for_bot()
        yield World(workspace, application, clock)
        for payload in await workspace.payloads():
            blockkit.assert_valid(payload.content, payload.surface)
    finally:
        stop.set()
        await running


@pytest.fixture
async def world(workspace: Workspace, bot_config: Config, team_settings: str) -> AsyncIterator[World]:
    """A running bot with its people."""
    async with running_bot(workspace, bot_config, team_settings) as running:
        yield running
