"""SIGTERM, as every deployment sends it, right after Slack heard "ok"."""

import asyncio
import random
import signal

import pytest

from tests.chaos.bot_process import BotProcess
from tests.chaos.team import Team
from tests.scenarios.harness import Workspace

pytestmark = pytest.mark.chaos
EVENTS = 3
# 100 rounds of killing go with 30 of these: 90 events.
ROUNDS_PER_TERM = 100 / 30


async def test_nothing_is_lost_when_stopped_right_after_the_acknowledgements(
    bot: BotProcess, people: Workspace, rounds: int
) -> None:
    terms = max(2, round(rounds / ROUNDS_PER_TERM))
    team = Team(people, random.Random(1))
    ends: list[tuple[int, float]] = []

    for _ in range(terms):
        await bot.start()
        for _ in range(EVENTS):
            await team.ticket()
        ends.append(await bot.terminate())
    await bot.start()
    await bot.until_done()

    assert {code for code, _ in ends} == {0}
    assert max(took_s for _, took_s in ends) < 10
    assert dict(await team.cards()) == dict.fromkeys(team.tickets, 1)
    assert len(team.tickets) == terms * EVENTS
    assert await team.unanswered() == []


async def test_second_process_is_refused_when_one_runs(bot: BotProcess, people: Workspace) -> None:
    await bot.start()

    second = await asyncio.create_subprocess_exec(
        *bot.command, cwd=bot.folder, env=bot.environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await second.communicate()

    assert second.returncode == 2
    assert said.decode() == (
        f"Liaison already runs on {bot.database}. Stop that one first, or set another DATABASE_URL.\n"
    )


async def test_settings_are_read_anew_and_it_runs_on_when_it_hangs_up(bot: BotProcess, people: Workspace) -> None:
    await bot.start()
    log = bot.folder / "bot.log"
    before = log.read_text().count("settings_reloaded")

    assert bot.process is not None
    bot.process.send_signal(signal.SIGHUP)
    await people.wait_for(lambda: log.read_text().count("settings_reloaded") > before)
    code, _ = await bot.terminate()

    assert (before, code) == (0, 0)
