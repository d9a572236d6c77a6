"""Two bots on one PostgreSQL database, as behind a load balancer or while one replaces the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import create_engine, make_url
from sqlmodel import col, select

from bot.app import Application, connect, serve
from bot.config import Config, Mode
from bot.demo.server import LocalSlack
from bot.routing.load import load_settings
from storage import schema
from storage.models import AuditEvent, Job, JobState
from tests.scenarios.harness import Workspace
from tests.scenarios.world import SETTINGS

pytestmark = pytest.mark.postgres
TICKETS = 8
CHANNEL = "checkout-bugs"


@pytest.fixture
def config(local_slack: LocalSlack, postgres_url: str) -> Config:
    """The configuration of both bots."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE two_processes")
    engine.dispose()
    url = make_url(postgres_url).set(database="two_processes").render_as_string(hide_password=False)
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


@asynccontextmanager
async def _running(config: Config) -> AsyncIterator[Application]:
    application = await connect(config, load_settings(SETTINGS, "liaison.yaml"))
    stop, is_ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(application, stop, is_ready.set))
    await is_ready.wait()
    try:
        yield application
    finally:
        stop.set()
        await serving


async def test_each_thing_is_done_once_when_two_processes_share_the_work(config: Config, workspace: Workspace) -> None:
    async with AsyncExitStack() as stack:
        first, _second = [await stack.enter_async_context(_running(config)) for _ in range(2)]
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
