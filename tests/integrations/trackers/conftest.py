"""The stage of a contract test: a tracker on its server, with an empty project."""

import importlib
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from storage.database import Database
from tests.integrations.trackers.stages import Stage


class Servers:
    """The servers of trackers that take long to start: each once for all tests."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, Any] = {}

    def of(self, name: str, module: Any) -> tuple[Any, ...]:
        if not hasattr(module, "server"):
            return ()
        if name not in self._running:
            self._running[name] = self._stack.enter_context(module.server())
        return (self._running[name],)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


@pytest_asyncio.fixture
async def stage(
    request: pytest.FixtureRequest, servers: Servers, empty_database: Path, tmp_path: Path
) -> AsyncIterator[Stage]:
    name = request.param
    module = importlib.import_module(f"tests.integrations.trackers.stage_{name}")
    database = Database(f"sqlite:///{shutil.copy(empty_database, tmp_path / 'liaison.db')}")
    async with module.stage(database, lambda: datetime.now(UTC), *servers.of(name, module)) as found:
        assert found.tracker.name == name.partition("_")[0]
        yield found
    await database.close()
