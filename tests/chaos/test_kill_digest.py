"""Kill -9 at each step of a digest: exactly one stands in its channel."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.bot_process import BotProcess
from tests.rigs.faultproxy import Fault, FaultProxy, running_faultproxy
from tests.scenarios.harness import Workspace
from tests.scenarios.world import SETTINGS

pytestmark = pytest.mark.chaos
AUDIENCES = """
audiences:
  qa: {channel: C0QA, weekly: "mon 08:30", sections: [new_bugs]}
"""
DAILY = """
working_hours: {tz: UTC, days: [mon, tue, wed, thu, fri, sat, sun]}
audiences:
  qa: {channel: C0QA, daily: "08:30", sections: [new_bugs]}
"""
POST = r"chat\.postMessage"
# What Slack does while the bot is killed: after the run is kept, while it is sent, after Slack has it.
MOMENTS = {
    "before Slack has it": Fault(POST, times=1, holds="digest:", delay_s=3, drop="before"),
    "after Slack has it": Fault(POST, times=1, holds="digest:", drop="after"),
    "while Slack answers": Fault(POST, times=1, holds="digest:", bytes_per_s=1),
}


@pytest.fixture
def digest_bot(bot: BotProcess) -> BotProcess:
    (bot.folder / "liaison.yaml").write_text(SETTINGS + AUDIENCES)
    return bot


async def test_one_digest_stands_there_when_killed_at_any_step(
    digest_bot: BotProcess, people: Workspace, rounds: int
) -> None:
    async with running_faultproxy(people.url) as proxy:
        digest_bot.environment["SLACK_API_URL"] = f"{proxy.url}/api/"
        await digest_bot.start()
        # Each moment once, and again as often as it is asked for.
        for name, fault in list(MOMENTS.items()) * max(1, rounds // len(MOMENTS)):
            proxy.faults[:] = [_fresh(fault)]
            await people.command("finn", "/liaison", "digest qa now", "qa")
            await _until_sending(digest_bot, people, proxy, name)
            await digest_bot.kill()
            proxy.faults.clear()
            await digest_bot.start()
            await digest_bot.until_done()

            asked = digest_bot.rows("SELECT state FROM digestrun ORDER BY id")
            assert [state for (state,) in asked] == ["posted"] * len(asked), name
            assert await _standing(people) == len(asked), name


async def test_one_digest_stands_there_when_killed_at_random(
    digest_bot: BotProcess, people: Workspace, rounds: int
) -> None:
    await digest_bot.start()
    for number in range(rounds):
        await people.command("finn", "/liaison", "digest qa now", "qa")
        await asyncio.sleep(0.06 * number)
        await digest_bot.kill()
        await digest_bot.start()
        await digest_bot.until_done()

    asked = digest_bot.rows("SELECT state FROM digestrun")
    assert asked
    assert {state for (state,) in asked} == {"posted"}
    assert await _standing(people) == len(asked)
    assert digest_bot.rows("SELECT kind, error FROM job WHERE state = 'dead'") == []


async def test_one_digest_stands_there_marked_late_when_killed_a_second_before_and_started_20_minutes_later(
    digest_bot: BotProcess, people: Workspace
) -> None:
    (digest_bot.folder / "liaison.yaml").write_text(SETTINGS + DAILY)
    due = (datetime.now(UTC) + timedelta(days=1)).replace(hour=8, minute=30, second=0, microsecond=0)
    await _start_at(digest_bot, due - timedelta(hours=1))
    await people.command("eve", "/bug", "Basket is empty", "qa")
    await people.submit_view("eve")
    await digest_bot.kill()

    start_at = datetime.now(UTC)
    await _start_at(digest_bot, due - timedelta(seconds=15))
    await asyncio.sleep(14 - (datetime.now(UTC) - start_at).total_seconds())
    await digest_bot.kill()
    assert digest_bot.rows("SELECT id FROM digestrun") == []
    assert await _standing(people) == 0

    for minutes in (20, 21):
        await _start_at(digest_bot, due + timedelta(minutes=minutes))
        await people.wait_for(lambda: digest_bot.rows("SELECT id FROM digestrun WHERE state = 'posted'"), timeout_s=30)
        await digest_bot.kill()

    (posted,) = await _digests(people)
    assert "posted late: was due 08:30" in str(posted["blocks"])
    assert digest_bot.rows("SELECT state, is_late FROM digestrun") == [("posted", 1)]


async def _start_at(bot: BotProcess, moment: datetime) -> None:
    """Start the bot with a clock that shows this moment."""
    ahead = (moment - datetime.now(UTC)).total_seconds()
    bot.command = [sys.executable, "-m", "tests.chaos.shifted_bot", str(ahead)]
    await bot.start()


def _fresh(fault: Fault) -> Fault:
    return Fault(
        fault.path,
        times=fault.times,
        holds=fault.holds,
        delay_s=fault.delay_s,
        drop=fault.drop,
        bytes_per_s=fault.bytes_per_s,
    )


async def _until_sending(bot: BotProcess, people: Workspace, proxy: FaultProxy, name: str) -> None:
    before = len(bot.rows("SELECT id FROM digestrun"))
    await people.wait_for(lambda: bot.rows("SELECT id FROM digestrun WHERE state IN ('posting', 'checking')"))
    assert before, name
    await asyncio.sleep(0.3)
    assert proxy.faults, name


async def _standing(people: Workspace) -> int:
    return len(await _digests(people))


async def _digests(people: Workspace) -> list[dict[str, Any]]:
    found = await people.messages("qa")
    return [one for one in found if "liaison:digest:" in str((one.get("blocks") or [{}])[0].get("block_id"))]
