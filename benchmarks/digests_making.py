"""Weekly digests, one audience after the other, one each second, in the bot's process: `serve_ours --digests`."""

import asyncio
import itertools
import signal
import time
from dataclasses import replace
from zoneinfo import ZoneInfo

from benchmarks.digests_history import NOW
from bot.digests import build, snapshot
from bot.digests.audiences import DEFAULTS, Reader
from bot.digests.facts import Digest
from bot.routing.settings import Audience
from bot.services import Services
from handlers.views import digest as view
from storage.database import WorkspaceSession
from storage.models import Slot
from tests.conftest import WORKSPACE

EVERY_S = 1.0


async def make_each_second(services: Services) -> None:
    """Make digests from SIGUSR1 to SIGUSR2, until it is called off; of the history's workspace, posted nowhere."""
    wanted = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, wanted.set)
    loop.add_signal_handler(signal.SIGUSR2, wanted.clear)
    of_history = replace(services, workspace=WORKSPACE)
    for reader in itertools.cycle(_readers()):
        await wanted.wait()
        started = time.monotonic()
        await _make(of_history, reader)
        await asyncio.sleep(max(0.0, started + EVERY_S - time.monotonic()))


def _readers() -> list[Reader]:
    """Give the audiences that need no settings, each with all its sections."""
    zone = "Europe/Berlin"
    audience = Audience(channel="C0ALL", tz=zone, weekly="mon 08:30")
    return [Reader(key, audience, ZoneInfo(zone), names, known_since=NOW) for key, names in DEFAULTS.items()]


async def _make(services: Services, reader: Reader) -> None:
    """Do all that a run does but for its steps in the database and the post."""

    def unit(session: WorkspaceSession) -> Digest:
        return build.collect(session, services, reader, Slot.WEEKLY, NOW)

    digest = await services.database.read(services.workspace, unit)
    await asyncio.to_thread(view.draw, snapshot.read(snapshot.write(digest)), charts=True)
