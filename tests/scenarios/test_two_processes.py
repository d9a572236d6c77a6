"""Two bots on one PostgreSQL database, as behind a load balancer or while one replaces the other."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlmodel import col, select

from bot.app import Application
from bot.config import Config, Mode
from bot.demo.server import LocalSlack
from storage import schema
from storage.models import AuditEvent, Job, JobState
from tests.rigs import postgres
from tests.scenarios.harness import Workspace
from tests.scenarios.world import SETTINGS, serving

pytestmark = pytest.mark.postgres
TICKETS = 8
CHANNEL = "checkout-bugs"


@pytest.fixture
def config(local_slack: LocalSlack, postgres_url: str) -> Config:
    """The configuration of both bots."""
    url = postgres.new_database(postgres_url)
    schema.upgrade(url)
    return Config.from_environment(
        {
            "SLACK_BOT_TOKEN": local_slack.bot_token,
            "SLACK_APP_TOKEN": local_slack.app_token,
            "SLACK_API_URL": local_slack.api_url,
            "DATABASE_URL": url,
        },
        mode=Mode.SOCKET,
    )


async def test_each_thing_is_done_once_when_two_processes_share_the_work(config: Config, workspace: Workspace) -> None:
    async with AsyncExitStack() as stack:
        first, _second = [await stack.enter_async_context(serving(config, SETTINGS)) for _ in range(2)]
        messages = [await workspace.message("eve", "qa", f"Number {number} breaks") for number in range(TICKETS)]
        for ts in messages:
            await workspace.react("eve", "qa", ts, "ticket")
        await workspace.wait_for(lambda: _is_done(first), timeout_s=60)
        cards = await workspace.messages(CHANNEL)
        await asyncio.gather(
            *(workspace.click(user, CHANNEL, cards[0]["ts"], "report.take") for user in ("bo", "finn", "bo"))
        )
        await workspace.wait_for(lambda: _is_done(first), timeout_s=60)
        actions = await first.services.database.read(
            first.services.workspace, lambda session: session.exec(select(AuditEvent.action)).all()
        )

    assert len({card["text"].split(" · ")[1] for card in cards}) == len(cards) == TICKETS
    assert actions.count("file") == TICKETS
    ticked = [one for one in await workspace.messages("qa") if "white_check_mark" in str(one)]
    assert len(ticked) == TICKETS


async def _is_done(application: Application) -> bool:
    services = application.services
    open_states = col(Job.state).in_([JobState.READY, JobState.RUNNING])
    left = select(Job.id).where(open_states, Job.run_at <= services.now()).limit(1)
    return await services.database.read(services.workspace, lambda session: session.exec(left).first()) is None
