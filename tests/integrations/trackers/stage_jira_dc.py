"""Jira Data Center: jira820 behind a gate, an empty project for each test, and Bob who works there too."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

import aiohttp

from storage.database import Database
from tests.integrations.trackers.stage_jira import SomeoneInJira, jira_stage
from tests.integrations.trackers.stages import Stage
from tests.rigs.jira820 import PROJECT, running_jira820
from tests.rigs.jira820_gate import TOKENS, open_gate

US, OTHER = TOKENS


@contextmanager
def server() -> Iterator[str]:
    with running_jira820() as url:
        yield url


@asynccontextmanager
async def stage(database: Database, now: Callable[[], datetime], url: str) -> AsyncIterator[Stage]:
    async with (
        open_gate(url) as gate,
        aiohttp.ClientSession(gate.url, headers={"Authorization": f"Bearer {OTHER}"}) as http,
    ):
        values = {"JIRA_URL": gate.url, "JIRA_EMAIL": "", "JIRA_TOKEN": US}
        outside = SomeoneInJira(http, PROJECT, "/rest/api/2/", str)
        async with jira_stage(database, now, PROJECT, values, outside, TOKENS[OTHER]) as made:
            yield made
