"""`liaison run` as a process of its own, before a Slack server that sends again what was not acknowledged."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.bot_process import BotProcess
from tests.rigs.local_slack import running_slack
from tests.scenarios.harness import Workspace, open_workspace
from tests.scenarios.world import SETTINGS

ROOT = Path(__file__).parents[2]
SMALL = 3
# As Slack does, but in seconds instead of minutes.
REDELIVERY = {"LS_REDELIVER": "0,1,2,4,8", "LS_BURST": "8"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=SMALL, help=f"how often the bot is killed; {SMALL} unless told")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often to break things; `pytest tests/chaos -m chaos --rounds 100` for the large run."""
    found: int = request.config.getoption("--rounds")
    return found


@pytest_asyncio.fixture
async def people(slack_program: Path, tmp_path: Path) -> AsyncIterator[Workspace]:
    """Everybody in a workspace whose server outlives the bot."""
    async with (
        running_slack(slack_program, tmp_path, environment=REDELIVERY) as slack,
        open_workspace(slack.ui_url) as workspace,
    ):
        yield workspace


@pytest.fixture
def bot(people: Workspace, tmp_path: Path) -> Iterator[BotProcess]:
    """The bot, not started yet, with its database in a folder of its own."""
    folder = tmp_path / "bot"
    folder.mkdir()
    (folder / "liaison.yaml").write_text(SETTINGS)
    environment = {
        "PYTHONPATH": str(ROOT),
        "SLACK_BOT_TOKEN": "xoxb-test-token",
        "SLACK_APP_TOKEN": "xapp-test-token",
        "SLACK_API_URL": f"{people.url}/api/",
        "DATABASE_URL": f"sqlite:///{folder}/liaison.db",
        "LIAISON_SETTINGS": str(folder / "liaison.yaml"),
    }
    process = BotProcess([sys.executable, "-m", "bot", "run"], folder, environment, people)
    yield process
    process.end()
