"""A Slack server for one machine: start it, stop it.

It is the npm package local-slack, a single program with a browser page, and runs with `preload.js` in front,
which binds it to this machine alone. Nothing in it is kept: a restart begins with an empty workspace.
"""

import asyncio
import http.client
import json
import platform
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import UserError

BOT_TOKEN = "xoxb-test-token"  # noqa: S105 - no secret: the workspace file of this machine's own server names it
APP_TOKEN = "xapp-test-token"  # noqa: S105 - as above
PRELOAD = Path(__file__).with_name("preload.js")
START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 5.0
_POLL_S = 0.03
_PORTS_TRIED = 50
_LOG_LINES_SHOWN = 15


class DemoUnavailable(UserError):
    """The local Slack server cannot run here; the text says why and what to do instead."""


@dataclass(frozen=True)
class LaunchOptions:
    """Where and how a local Slack server runs; `strict` makes it refuse what Slack refuses."""

    config: Path
    log: Path
    port: int
    preload: Path = PRELOAD
    strict: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LocalSlack:
    """A running local Slack server."""

    port: int
    process: subprocess.Popen[bytes] = field(repr=False)
    bot_token: str = BOT_TOKEN
    app_token: str = APP_TOKEN

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def ui_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.ui_url}/api/"

    async def stop(self) -> None:
        """End this server and no other: politely, and after five seconds by force."""
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)


def free_port(preferred: int) -> int:
    """Choose the preferred port of this machine, or the next one that nobody listens on."""
    for port in range(preferred, preferred + _PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DemoUnavailable(
        f"All ports from {preferred} to {preferred + _PORTS_TRIED - 1} are taken. Choose another one."
    )


def require_supported_platform() -> None:
    """Refuse systems for which there is no local Slack server."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise DemoUnavailable(
            f"The demo's Slack server exists for Linux on x86_64 only; this is {system} on {machine}. "
            'Use a real workspace instead, a free one will do: see "In your own workspace" in the README.'
        )


async def start(binary: Path, options: LaunchOptions) -> LocalSlack:
    """Start a server and return once it answers.

    Raises:
        DemoUnavailable: it ended or did not answer in time; the text ends with the last lines of its log.
    """
    process = _spawn(binary, options)
    server = LocalSlack(port=options.port, process=process)
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while process.poll() is None:
                if await asyncio.to_thread(_answers, server):
                    return server
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        await server.stop()
    lines = options.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
    raise DemoUnavailable("\n".join(["The local Slack server did not start. Its last words:", *lines]))


def _spawn(binary: Path, options: LaunchOptions) -> subprocess.Popen[bytes]:
    # Named relative to the working directory, for BUN_OPTIONS is split at blanks, which a path may hold.
    environment = {
        **options.environment,
        "BUN_OPTIONS": f"--preload ./{options.preload.name}",
        "LS_STRICT": "1" if options.strict else "0",
        "LS_TOKENS": f"{BOT_TOKEN},{APP_TOKEN}",
    }
    command = [str(binary.resolve()), "--config", str(options.config.resolve()), "--port", str(options.port)]
    with options.log.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - the program is the one installed above, no shell
            [*command, "--base-host", "127.0.0.1"],
            cwd=options.preload.resolve().parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Control-C in a terminal must end the bot first, which then ends the server.
            start_new_session=True,
        )


def _answers(server: LocalSlack) -> bool:
    """Whether this very server answers, with its preload; another one may hold the port."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=1)
    try:
        connection.request("GET", "/_screen")
        screen = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return bool(screen["ready"] and screen["pid"] == server.pid)
