"""Kill -9 at random moments of a report's life."""

import asyncio
import random

import pytest

from tests.chaos.bot_process import BotProcess
from tests.chaos.team import Team
from tests.scenarios.harness import Workspace

pytestmark = pytest.mark.chaos
LONGEST_LIFE_S = 2.5


async def test_nothing_is_lost_doubled_or_unanswered_when_killed_again_and_again(
    bot: BotProcess, people: Workspace, rounds: int
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    team = Team(people, random.Random(seed))
    await bot.start()

    for _ in range(rounds):
        living = asyncio.create_task(team.live())
        await asyncio.sleep(team.chance.uniform(0, LONGEST_LIFE_S))
        await bot.kill()
        await bot.start()
        await living
    await bot.until_done()

    reports = {*team.tickets, *team.forms}
    cards = await team.cards()
    assert sorted(reports - cards.keys()) == [], "lost"
    assert {title: count for title, count in cards.items() if count > 1} == {}, "doubled"
    assert await team.unanswered() == []
    assert len(bot.rows("SELECT id FROM report")) == len(reports)
    assert bot.rows("SELECT id, kind, error FROM job WHERE state = 'dead'") == []
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]


async def test_each_decision_is_told_once_when_killed_right_after_it(
    bot: BotProcess, people: Workspace, rounds: int
) -> None:
    """The moment between a post and its note in the database is the one that doubles messages."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    team = Team(people, random.Random(seed))
    await bot.start()

    for _ in range(rounds):
        await team.form()
        await people.wait_for(lambda: _is_posted(team))
        await team.accept()
        await asyncio.sleep(team.chance.uniform(0, 0.3))
        await bot.kill()
        await bot.start()
    await bot.until_done()

    decisions = [row[0] for row in bot.rows("SELECT id FROM decision WHERE kind = 'accept'")]
    told = {f"liaison:note:{decision}": 1 for decision in decisions}
    told |= {f"liaison:tell:{decision}:U0EVE": 1 for decision in decisions}
    assert decisions
    assert dict(await team.notes()) == told


async def _is_posted(team: Team) -> bool:
    return len(await team.cards()) == len(team.forms)
