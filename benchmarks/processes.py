"""The processes of a run: started, asked, measured and ended here."""

import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import Order, Slice
from benchmarks.payloads import BOT_TOKEN, SIGNING_SECRET, maker
from bot.demo.server import free_port

ROOT = Path(__file__).parent.parent
# Ten apart, since a port that was chosen may not be listened on when the next one is.
_PORTS = itertools.count(24_300, 10)
LONGEST_START_S = 30.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running process that listens on `port`."""

    port: int
    process: "subprocess.Popen[bytes]"

    def cpu_s(self) -> float:
        """Return the CPU time used so far, user and system, all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def rss_mb(self) -> float:
        """Return the resident memory in MB (1,000,000 bytes)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


class LoadProcess:
    """The process of benchmarks.load."""

    def __init__(self, stack: ExitStack) -> None:
        self._process = stack.enter_context(_running([sys.executable, "-m", "benchmarks.load"], dict(os.environ)))

    def run(self, order: Order) -> Slice:
        """Have one slice of load sent."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the load process died"
        return Slice(**json.loads(answer))


@contextmanager
def slack_stub() -> Iterator[Server]:
    """Run the stub of Slack's Web API."""
    port = free_port(next(_PORTS))
    with _running([sys.executable, "-m", "benchmarks.slack_stub", str(port)], dict(os.environ)) as process:
        wait_for_port(port)
        yield Server(port, process)


@contextmanager
def bare_bolt(slack: Server) -> Iterator[Server]:
    """Run the hello world that we are compared with; it is started, but perhaps does not listen yet."""
    port = free_port(next(_PORTS))
    command = [sys.executable, "-m", "benchmarks.serve_bare", str(port), api_url(slack)]
    with _running(command, dict(os.environ)) as process:
        yield Server(port, process)


@contextmanager
def ours(slack: Server, database_url: str, directory: Path, *arguments: str) -> Iterator[Server]:
    """Run the product's web side; started as `bare_bolt`."""
    port = free_port(next(_PORTS))
    command = [sys.executable, "-m", "benchmarks.serve_ours", *arguments]
    with _running(command, environment(slack, database_url, port), directory) as process:
        yield Server(port, process)


@contextmanager
def product(slack: Server, database_url: str, directory: Path) -> Iterator[Server]:
    """Run `liaison run --http` as an operator does."""
    port = free_port(next(_PORTS))
    command = [sys.executable, "-m", "bot", "run", "--http"]
    with _running(command, environment(slack, database_url, port), directory) as process:
        yield Server(port, process)


def environment(slack: Server, database_url: str, port: int) -> dict[str, str]:
    """Return the variables of an installation on the stub."""
    return {
        **os.environ,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": api_url(slack),
        "DATABASE_URL": database_url,
        "LIAISON_PORT": str(port),
        "LIAISON_LOG_LEVEL": "warning",
    }


def api_url(slack: Server) -> str:
    """Return the address of the stub's Web API."""
    return f"http://127.0.0.1:{slack.port}/api/"


def wait_for_200(server: Server) -> None:
    """Wait until a signed event is answered with 200."""
    make = maker("event")
    deadline = time.monotonic() + LONGEST_START_S
    while send(server.port, make()) != 200:
        assert server.process.poll() is None, "the server died"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.005)


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + LONGEST_START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.02)
        else:
            return


def send(port: int, request: bytes) -> int:
    """Send one request and return the status of the answer; 0 when nobody listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            answer.read()
            return answer.status
    except (ConnectionError, http.client.HTTPException):
        return 0


def calls(slack: Server) -> list[Any]:
    """Return the names of the calls the stub got since it was last asked."""
    connection = http.client.HTTPConnection("127.0.0.1", slack.port, timeout=5)
    connection.request("GET", "/calls")
    made: list[Any] = json.loads(connection.getresponse().read())
    connection.close()
    return made


@contextmanager
def _running(
    command: list[str], variables: dict[str, str], directory: Path = ROOT
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command,
        cwd=directory,
        env={**variables, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if "benchmarks.load" in command else subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
