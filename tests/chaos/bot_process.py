"""The bot as an operating system sees it: started, killed, asked to stop; and what it left in its database."""

import asyncio
import signal
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.scenarios.harness import Workspace

START_TIMEOUT_S = 30
DONE_TIMEOUT_S = 120


@dataclass
class BotProcess:
    """One bot in one folder, run again and again."""

    command: Sequence[str]
    folder: Path
    environment: dict[str, str]
    people: Workspace
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def database(self) -> Path:
        return Path(self.environment["DATABASE_URL"].removeprefix("sqlite:///"))

    async def start(self) -> None:
        """Start it, and return once it listens."""
        self._spawn()
        await self.people.wait_for(self._is_connected, timeout_s=START_TIMEOUT_S)

    async def kill(self) -> None:
        """Kill -9, and return once Slack has noticed."""
        await self._signal(signal.SIGKILL)

    async def terminate(self) -> tuple[int, float]:
        """Ask it to stop, as a deployment does; return its exit code and how long it took, in seconds."""
        started = time.monotonic()
        code = await self._signal(signal.SIGTERM)
        return code, time.monotonic() - started

    def end(self) -> None:
        """Make sure that it does not outlive the test."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Read from its database."""
        with closing(sqlite3.connect(self.database, timeout=5)) as connection:
            return connection.execute(statement).fetchall()

    async def until_done(self) -> None:
        """Wait until it has no work left, retries among it."""
        await self.people.wait_for(lambda: not self.left(), timeout_s=DONE_TIMEOUT_S)

    def left(self) -> list[tuple[Any, ...]]:
        """List the jobs that are open and due within two minutes."""
        return self.rows(
            "SELECT kind, state, attempts, error FROM job WHERE state IN ('ready', 'running')"
            " AND run_at < strftime('%Y-%m-%d %H:%M:%f', 'now', '+2 minutes')"
        )

    def _spawn(self) -> None:
        with (self.folder / "bot.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    async def _signal(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = await asyncio.to_thread(self.process.wait, 30)
        await self.people.wait_for(self._is_gone)
        return code

    async def _is_connected(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "bot.log").read_text()[-3000:]
        return bool(await self._sockets())

    async def _is_gone(self) -> bool:
        return not await self._sockets()

    async def _sockets(self) -> Any:
        async with self.people.http.get(f"{self.people.url}/_screen") as response:
            return (await response.json())["sockets"]
