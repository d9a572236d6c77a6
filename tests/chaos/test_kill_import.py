"""Kill -9 in the middle of an import: it goes on where it was, and every issue is known once."""

from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.chaos.bot_process import BotProcess
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.stages import Stage
from tests.rigs.faultproxy import Fault, FaultProxy, running_faultproxy
from tests.scenarios.harness import Workspace
from tests.scenarios.tracker_world import SETTINGS

__all__ = ["servers", "stage"]

pytestmark = [pytest.mark.chaos, pytest.mark.parametrize("stage", ["github"], indirect=True)]
# Four pages of a hundred.
MANY = 330
LIST = r"/issues\?.*sort=created"


@pytest_asyncio.fixture
async def proxy(stage: Stage) -> AsyncIterator[FaultProxy]:
    own = urlsplit(stage.url)
    async with running_faultproxy(f"{own.scheme}://{own.netloc}") as running:
        yield running


@pytest.fixture
def importing_bot(bot: BotProcess, stage: Stage, proxy: FaultProxy) -> BotProcess:
    """The bot, whose tracker stands behind the proxy."""
    own = urlsplit(stage.url)
    values = {name: value.replace(f"{own.scheme}://{own.netloc}", proxy.url) for name, value in stage.values.items()}
    bot.environment |= values
    text = SETTINGS.format(tracker=stage.tracker.name, project=stage.project)
    (bot.folder / "liaison.yaml").write_text(text)
    return bot


async def test_every_issue_is_known_once_when_killed_again_and_again(
    importing_bot: BotProcess, people: Workspace, stage: Stage, proxy: FaultProxy
) -> None:
    bot = importing_bot
    assert stage.outside is not None
    for number in range(MANY):
        await stage.outside.make_issue(f"Known issue {number}")
    # Killed while a page is on its way, and while one is kept.
    slow = Fault(LIST, times=MANY, delay_s=0.5)
    proxy.faults.append(slow)
    await bot.start()
    await people.command("finn", "/liaison", f"import github {stage.project}")

    for killed_at in (1, 201):
        await people.wait_for(partial(_has, bot, killed_at), timeout_s=60)
        await bot.kill()
        assert state(bot) == "running"
        await bot.start()
    await people.wait_for(lambda: state(bot) == "done", timeout_s=60)
    await bot.until_done()

    assert sorted(known(bot), key=int) == [str(number) for number in range(1, MANY + 1)]
    assert bot.rows("SELECT COUNT(*), COUNT(DISTINCT number) FROM report") == [(MANY, MANY)]
    assert bot.rows("SELECT done, known FROM importrun") == [(MANY, 0)]
    # At most the page of the moment was read twice.
    assert slow.times is not None
    assert MANY - slow.times <= 4 + 2
    [shown] = [one for one in await people.direct_messages("finn") if "Import of" in one["text"]]
    assert f"{MANY} issues" in shown["text"]


def _has(bot: BotProcess, least: int) -> bool:
    return len(known(bot)) >= least


def known(bot: BotProcess) -> list[str]:
    return [row[0] for row in bot.rows("SELECT external_id FROM issuelink WHERE external_id != ''")]


def state(bot: BotProcess) -> str:
    return str(bot.rows("SELECT state FROM importrun")[0][0])
