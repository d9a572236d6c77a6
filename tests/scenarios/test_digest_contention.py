"""Digests while others are at the database at the due moment: a second bot, or somebody who holds it."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import select

from bot import app
from bot.app import Application
from bot.config import Config, Mode
from bot.demo.server import LocalSlack
from bot.digests import schedule
from storage import schema
from storage.engines import LOCK_TIMEOUT_MS
from storage.models import METADATA, DigestRun, RunState
from tests.conftest import report
from tests.rigs import postgres
from tests.rigs.faultproxy import Fault, FaultProxy
from tests.scenarios.harness import Workspace
from tests.scenarios.world import SETTINGS, RunningClock, World, serving

CHANNELS = {"qa": "C0QA", "web-bugs": "C0WEB", "general": "C0GENERAL", "leads": "C0LEADS"}
AUDIENCES = "audiences:\n" + "".join(
    f'  {name}: {{channel: {key}, tz: Europe/Berlin, daily: "08:30", sections: [new_bugs]}}\n'
    for name, key in CHANNELS.items()
)
DUE_MOMENTS = 5
MOST_RINGS = 10
# Longer than any of our connections waits for a lock, and longer than the clock rests between two rings.
HELD_S = LOCK_TIMEOUT_MS / 1000 + 1
# Promised from the moment at which the database can be written again.
PROMISED_S = 30
POST = r"chat\.postMessage"


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.scenario),
        pytest.param("postgresql", marks=pytest.mark.postgres),
    ]
)
def config(request: pytest.FixtureRequest, local_slack: LocalSlack, slack_proxy: FaultProxy, tmp_path: Path) -> Config:
    """The configuration of each bot: they share a database, and Slack stands behind a proxy."""
    url = f"sqlite:///{tmp_path}/liaison.db"
    if request.param == "postgresql":
        url = postgres.new_database(request.getfixturevalue("postgres_url"))
    schema.upgrade(url)
    return Config.from_environment(
        {
            "SLACK_BOT_TOKEN": local_slack.bot_token,
            "SLACK_APP_TOKEN": local_slack.app_token,
            "SLACK_API_URL": f"{slack_proxy.url}/api/",
            "DATABASE_URL": url,
        },
        mode=Mode.SOCKET,
    )


@dataclass(frozen=True)
class Bots:
    """Bots on one database, each with connections, queue and alarm clock of its own, under one wall clock."""

    slack: Workspace
    clock: RunningClock
    each: tuple[Application, ...]

    @property
    def world(self) -> World:
        return World(self.slack, self.each[0], self.clock)

    async def ring(self) -> None:
        """Ring for all at once, and for each twice."""
        await asyncio.gather(*(schedule.tick(one.services) for one in (*self.each, *self.each)))

    async def ring_on(self) -> None:
        """Ring as `ring`, and again for whoever found the database held by another, as the alarm does."""
        await asyncio.gather(*(self._ring_on(one) for one in (*self.each, *self.each)))

    async def _ring_on(self, bot: Application) -> None:
        for _ in range(MOST_RINGS):
            with suppress(OperationalError):
                await schedule.tick(bot.services)
                return
        raise AssertionError("the database was held all the time")

    async def standing(self) -> dict[str, int]:
        """Count the digests that stand in each channel."""
        return {name: await self._standing(name) for name in CHANNELS}

    async def are_sent(self) -> bool:
        """Say whether a digest stands in every channel."""
        return all((await self.standing()).values())

    async def _standing(self, channel: str) -> int:
        found = await self.slack.messages(channel)
        return sum("liaison:digest:" in str((one.get("blocks") or [{}])[0].get("block_id")) for one in found)

    async def until_posted(self, count: int, timeout_s: float) -> None:
        """Wait until so many runs are known to stand in their channels."""
        await self.slack.wait_for(lambda: self._is_posted(count), timeout_s)

    async def _is_posted(self, count: int) -> bool:
        posted = select(DigestRun.id).where(DigestRun.state == RunState.POSTED)
        return len(await self.world.read(lambda session: list(session.exec(posted)))) == count


@asynccontextmanager
async def running_bots(workspace: Workspace, config: Config, count: int) -> AsyncIterator[Bots]:
    """Run bots whose clock stands at a little before the audiences' time on a working day."""
    clock = RunningClock()
    async with AsyncExitStack() as stack:
        each = [await stack.enter_async_context(serving(config, SETTINGS + AUDIENCES, clock)) for _ in range(count)]
        bots = Bots(workspace, clock, tuple(each))
        await bots.ring_on()
        leap_to_due(clock, minutes=-5)
        yield bots


def leap_to_due(clock: RunningClock, minutes: float = 0.1) -> None:
    """Let the clock leap so many minutes past the next 08:30 in Berlin on a working day that is not Monday."""
    due = _due_after(clock())
    clock.leap(due + timedelta(minutes=minutes) - clock())


def _due_after(now: datetime) -> datetime:
    due = now.replace(hour=7, minute=30, second=0, microsecond=0)
    while due <= now or due.weekday() > 4:
        due += timedelta(days=1)
    return due


async def test_one_digest_stands_in_each_channel_when_two_bots_ring_at_the_same_second(
    config: Config, workspace: Workspace
) -> None:
    async with running_bots(workspace, config, count=2) as bots:
        for number in range(1, DUE_MOMENTS + 1):
            await report(bots.each[0].services, f"Basket is empty, {number}")
            await bots.world.settle()
            leap_to_due(bots.clock)

            await bots.ring_on()
            await bots.until_posted(number * len(CHANNELS), timeout_s=30)
            await bots.world.settle()

            assert await bots.standing() == dict.fromkeys(CHANNELS, number)


@contextmanager
def held(config: Config) -> Iterator[None]:
    """Hold the database from outside: on SQLite nobody else can write, on PostgreSQL nobody can even read."""
    url = make_url(config.database_url.get_secret_value())
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "", isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")
        return
    engine = create_engine(url)
    with engine.connect() as held_by_us:
        held_by_us.exec_driver_sql(f"LOCK TABLE {', '.join(METADATA.tables)} IN ACCESS EXCLUSIVE MODE")
        yield
    engine.dispose()


async def test_digest_is_posted_once_when_the_database_was_held_at_the_due_moment(
    config: Config, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings_every_s = app.DIGESTS_EVERY_S
    monkeypatch.setattr(app, "DIGESTS_EVERY_S", 1)
    async with running_bots(workspace, config, count=1) as bots:
        await report(bots.each[0].services, "Basket is empty")
        await bots.world.settle()
        with held(config):
            leap_to_due(bots.clock)
            with pytest.raises(SQLAlchemyError):
                await bots.ring()
            await asyncio.sleep(HELD_S - LOCK_TIMEOUT_MS / 1000)
            assert await bots.standing() == dict.fromkeys(CHANNELS, 0)

        released = time.monotonic()
        await bots.until_posted(len(CHANNELS), timeout_s=PROMISED_S - rings_every_s)
        assert time.monotonic() - released < PROMISED_S - rings_every_s
        await bots.world.settle()
        await bots.ring()
        await bots.world.settle()

        assert await bots.standing() == dict.fromkeys(CHANNELS, 1)


async def test_digest_is_posted_once_when_the_database_was_held_while_it_was_sent(
    config: Config, workspace: Workspace, slack_proxy: FaultProxy
) -> None:
    async with running_bots(workspace, config, count=1) as bots:
        await report(bots.each[0].services, "Basket is empty")
        await bots.world.settle()
        leap_to_due(bots.clock)
        slow = Fault(POST, times=len(CHANNELS), holds="liaison:digest:", delay_s=0.5)
        slack_proxy.faults.append(slow)
        await bots.ring()
        await workspace.wait_for(lambda: slow.seen == len(CHANNELS))
        with held(config):
            await workspace.wait_for(bots.are_sent)
            await asyncio.sleep(HELD_S)

        released = time.monotonic()
        await bots.until_posted(len(CHANNELS), timeout_s=PROMISED_S)
        assert time.monotonic() - released < PROMISED_S
        await bots.world.settle()

        assert await bots.standing() == dict.fromkeys(CHANNELS, 1)
