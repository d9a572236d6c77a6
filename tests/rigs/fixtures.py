"""Fixtures that start real servers. Load as a plugin: pytest_plugins = ["tests.rigs.fixtures"]."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.install import default_cache, install
from bot.demo.server import LocalSlack
from tests.rigs import postgres
from tests.rigs.faultproxy import FaultProxy, running_faultproxy
from tests.rigs.local_slack import running_slack
from tests.scenarios.harness import Workspace, open_workspace


@pytest.fixture(scope="session")
def slack_program() -> Path:
    """The local Slack server's program, fetched on the first run."""
    return asyncio.run(install(print, default_cache()))


@pytest_asyncio.fixture
async def local_slack(slack_program: Path, tmp_path: Path) -> AsyncIterator[LocalSlack]:
    """A strict local Slack server of the test's own, with the demo workspace and nothing in it."""
    async with running_slack(slack_program, tmp_path) as slack:
        yield slack


@pytest_asyncio.fixture
async def workspace(local_slack: LocalSlack) -> AsyncIterator[Workspace]:
    """The people's side of the local Slack server."""
    async with open_workspace(local_slack.ui_url) as people:
        yield people


@pytest_asyncio.fixture
async def slack_proxy(local_slack: LocalSlack) -> AsyncIterator[FaultProxy]:
    """A proxy with faults before the local Slack server; give the bot its address plus "/api/"."""
    async with running_faultproxy(local_slack.ui_url) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL server for the whole run."""
    binaries = postgres.programs()
    assert binaries, "no PostgreSQL here: install it (Debian: apt-get install postgresql), or leave these tests out"
    with postgres.running_postgres(binaries) as url:
        yield url
