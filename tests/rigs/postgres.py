"""A throw-away PostgreSQL server on this machine's loopback, from the system's own programs (Debian: postgresql)."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url

from tests.rigs.ports import free_port

FIRST_PORT = 23_900
# Nothing in it is kept, so it need not survive a power cut; this makes it several times faster.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=127.0.0.1")


def programs() -> Path | None:
    """Return the directory of the newest installed PostgreSQL, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def running_postgres(binaries: Path) -> Iterator[str]:
    """Yield the address of an empty server, which ends with the block and leaves no file."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        directory = Path(name)
        port = free_port(FIRST_PORT)
        owner = _owner(directory)
        cluster = directory / "cluster"
        _run(owner, binaries / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        flags = " ".join(["-p", str(port), "-k", name, *(f"-c {setting}" for setting in SETTINGS)])
        _run(owner, binaries / "pg_ctl", "-D", cluster, "-w", "-s", "-l", directory / "log", "-o", flags, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(owner, binaries / "pg_ctl", "-D", cluster, "-m", "immediate", "-s", "stop")


def new_database(server: str) -> str:
    """Make an empty database on a server and return its address."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _owner(directory: Path) -> list[str]:
    """Return what to put before a command: PostgreSQL refuses to run as root, so root becomes `postgres`."""
    if os.getuid():
        return []
    account = pwd.getpwnam("postgres")
    os.chown(directory, account.pw_uid, account.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _run(owner: list[str], *command: str | Path) -> None:
    # pg_ctl's server inherits its output; a pipe would stay open as long as the server runs.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([*owner, *map(str, command)], stdout=output, stderr=output, check=False, cwd="/")
        output.seek(0)
        assert done.returncode == 0, output.read().decode(errors="replace")
