"""A fresh local Slack server for a test: the demo's program and workspace, strict."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.demo import server
from bot.demo.workspace import workspace_config
from tests.rigs.ports import free_port

# Below the ports that Linux gives to outgoing connections, so that none of those takes one of ours.
FIRST_PORT = 23_600
ATTEMPTS = 3


@asynccontextmanager
async def running_slack(
    program: Path, directory: Path, *, strict: bool = True, environment: Mapping[str, str] | None = None
) -> AsyncIterator[server.LocalSlack]:
    """Yield a server with the demo workspace; its files lie in the directory, and it ends with the block.

    `environment` sets the preload's LS_… values, for example {"LS_REDELIVER": "0,1,2"} (seconds).
    """
    config = directory / "workspace.yaml"
    config.write_text(workspace_config())
    slack = await _start(program, directory, strict=strict, environment=environment or {})
    try:
        yield slack
    finally:
        await slack.stop()


async def _start(program: Path, directory: Path, *, strict: bool, environment: Mapping[str, str]) -> server.LocalSlack:
    """Start on a free port; another test run may snatch it between the look and the start, so try again."""
    for attempt in range(ATTEMPTS):
        options = server.LaunchOptions(
            config=directory / "workspace.yaml",
            log=directory / "slack.log",
            port=free_port(FIRST_PORT + 100 * attempt),
            strict=strict,
            environment=environment,
        )
        try:
            return await server.start(program, options)
        except server.DemoUnavailable:
            if attempt == ATTEMPTS - 1 or "EADDRINUSE" not in options.log.read_text():
                raise
    raise AssertionError("unreachable")
