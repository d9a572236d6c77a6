"""A throw-away PostgreSQL that keeps its word: the rig's own runs without fsync, which would flatter us here."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.demo.server import free_port

SETTINGS = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "listen_addresses=127.0.0.1")
FIRST_PORT = 24_500


@contextmanager
def durable_postgres(binaries: Path) -> Iterator[str]:
    """Yield the address of an empty server with fsync and synchronous_commit on."""
    with tempfile.TemporaryDirectory(prefix="bench-postgres-") as name:
        owner = _owner(Path(name))
        cluster = Path(name) / "cluster"
        port = free_port(FIRST_PORT)
        _run(
            [
                *owner,
                str(binaries / "initdb"),
                "-D",
                str(cluster),
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ]
        )
        control = [*owner, str(binaries / "pg_ctl"), "-D", str(cluster), "-w", "-s", "-l", f"{name}/log"]
        flags = " ".join(["-p", str(port), "-k", name, *(f"-c {setting}" for setting in SETTINGS)])
        _run([*control, "-o", flags, "start"])
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"])


def _owner(directory: Path) -> list[str]:
    """Return what to put before a command: PostgreSQL refuses to run as root, so root becomes `postgres`."""
    if os.getuid():
        return []
    os.chown(directory, pwd.getpwnam("postgres").pw_uid, -1)
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
