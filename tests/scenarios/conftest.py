"""The whole bot in this process, against a real local Slack server; every payload sent is checked at the end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import Application, connect, serve
from bot.config import Config, Mode
from bot.demo import install, server, workspace
from bot.demo.server import APP_TOKEN, BOT_TOKEN, LaunchOptions, LocalSlack
from bot.routing.load import load_settings
from storage import schema
from tests import blockkit
from tests.scenarios.harness import Workspace, open_workspace

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


class Clock:
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
    clock: Clock

    async def settle(self) -> None:
        """Wait until the queue has nothing due."""
        await self.slack.wait_for(self._is_idle, timeout_s=30)

    async def _is_idle(self) -> bool:
        from sqlmodel import select

        from storage.models import Job, JobState

        due = (
            select(Job.id)
            .where(Job.state.in_([JobState.READY, JobState.RUNNING]), Job.run_at <= self.clock())  # type: ignore[attr-defined]
            .limit(1)
        )
        found = await self.bot.services.database.read(self.bot.services.workspace, lambda one: one.exec(due).first())
        return found is None

    async def read(self, unit: Any) -> Any:
        """Read from the bot's database."""
        return await self.bot.services.database.read(self.bot.services.workspace, unit)


@pytest.fixture
async def slack_server(tmp_path: Path) -> AsyncIterator[LocalSlack]:
    binary = await install.install(print, install.default_cache())
    config = tmp_path / "slack.yaml"
    config.write_text(workspace.workspace_config())
    options = LaunchOptions(config, tmp_path / "slack.log", server.free_port(21700), strict=True)
    running = await server.start(binary, options)
    yield running
    await running.stop()


@pytest.fixture
def config(slack_server: LocalSlack, tmp_path: Path) -> Config:
    return Config.from_environment(
        {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": slack_server.api_url,
            "DATABASE_URL": f"sqlite:///{tmp_path}/liaison.db",
        },
        mode=Mode.SOCKET,
    )


@pytest.fixture
async def world(slack_server: LocalSlack, config: Config) -> AsyncIterator[World]:
    clock = Clock()
    schema.upgrade(config.database_url.get_secret_value())
    application = await connect(config, load_settings(SETTINGS, "liaison.yaml"), clock)
    stop = asyncio.Event()
    running = asyncio.create_task(serve(application, stop))
    async with open_workspace(slack_server.ui_url) as slack:
        await slack.wait_for_bot()
        yield World(slack, application, clock)
        for payload in await slack.payloads():
            blockkit.assert_valid(payload.content, payload.surface)
    stop.set()
    await running
