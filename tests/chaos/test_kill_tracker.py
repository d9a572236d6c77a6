"""Kill -9 between "made there" and "known here", and changes that nobody heard of: nothing twice, nothing missed."""

import asyncio
import random
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from integrations.trackers.base import Issue
from tests.chaos.bot_process import BotProcess
from tests.chaos.team import Team
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.stages import Stage
from tests.rigs.faultproxy import Fault, FaultProxy, running_faultproxy
from tests.scenarios.harness import Workspace
from tests.scenarios.tracker_world import SETTINGS

__all__ = ["servers", "stage"]

pytestmark = [pytest.mark.chaos, pytest.mark.parametrize("stage", ["github"], indirect=True)]
MAKE = r"/issues$"
MISSED = 20
LOST = partial(Fault, MAKE, "POST", times=1, drop="after")
SLOW = partial(Fault, MAKE, "POST", times=1, bytes_per_s=1)


@pytest_asyncio.fixture
async def proxy(stage: Stage) -> AsyncIterator[FaultProxy]:
    own = urlsplit(stage.url)
    async with running_faultproxy(f"{own.scheme}://{own.netloc}") as running:
        yield running


@pytest.fixture
def filing_bot(bot: BotProcess, stage: Stage, proxy: FaultProxy) -> BotProcess:
    """The bot, which files in the tracker behind the proxy."""
    own = urlsplit(stage.url)
    values = {name: value.replace(f"{own.scheme}://{own.netloc}", proxy.url) for name, value in stage.values.items()}
    bot.environment |= values
    text = SETTINGS.format(tracker=stage.tracker.name, project=stage.project)
    (bot.folder / "liaison.yaml").write_text(text)
    return bot


async def issues(stage: Stage) -> list[Issue]:
    found: list[Issue] = []
    page = await stage.tracker.list_issues("")
    found += page.issues
    while page.cursor:
        page = await stage.tracker.list_issues(page.cursor)
        found += page.issues
    return found


async def test_one_issue_is_made_and_linked_when_killed_before_its_answer(
    filing_bot: BotProcess, people: Workspace, stage: Stage, proxy: FaultProxy, rounds: int
) -> None:
    team = Team(people, random.Random(1))
    await filing_bot.start()

    for number in range(1, rounds + 1):
        # Made there; here its answer is lost, or still on its way.
        proxy.faults.append(LOST() if number % 2 else SLOW())
        await team.form()
        await people.wait_for(lambda made=number: _is_made(stage, made), timeout_s=30)
        await filing_bot.kill()
        await filing_bot.start()
        await people.wait_for(lambda known=number: len(_linked(filing_bot)) == known, timeout_s=60)

    there = sorted(issue.external_id for issue in await issues(stage))
    assert sorted(_linked(filing_bot)) == there
    assert len(there) == rounds


async def test_every_change_is_seen_within_one_poll_when_nobody_was_here(
    filing_bot: BotProcess, people: Workspace, stage: Stage
) -> None:
    team = Team(people, random.Random(2))
    await filing_bot.start()
    for _ in range(MISSED):
        await team.form()
    await people.wait_for(lambda: len(_linked(filing_bot)) == MISSED, timeout_s=90)
    await people.wait_for(lambda: filing_bot.rows("SELECT id FROM synccursor WHERE cursor != ''"), timeout_s=90)
    await filing_bot.terminate()
    # GitHub gives times in whole seconds.
    await asyncio.sleep(1.1)
    assert stage.outside is not None
    for external_id in _linked(filing_bot):
        await stage.outside.close(external_id)

    await filing_bot.start()
    # The start asks; the minute's own poll would come later.
    await people.wait_for(lambda: len(_fixed(filing_bot)) == MISSED, timeout_s=45)

    assert {issue.state for issue in await issues(stage)} == {"done"}
    assert filing_bot.rows("SELECT COUNT(*) FROM decision WHERE kind = 'fix'") == [(MISSED,)]


async def _is_made(stage: Stage, count: int) -> bool:
    return len(await issues(stage)) >= count


def _linked(bot: BotProcess) -> list[str]:
    return [
        row[0] for row in bot.rows("SELECT external_id FROM issuelink WHERE external_id != '' AND tracker = 'github'")
    ]


def _fixed(bot: BotProcess) -> list[int]:
    return [row[0] for row in bot.rows("SELECT id FROM report WHERE state = 'fixed'")]
