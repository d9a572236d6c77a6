"""The real Redmine, from Debian's packages, on this machine's loopback, with a database of its own.

Installing it needs root, once (a minute). The first run fills a database and keeps it; each server starts with a copy.
"""

import hashlib
import http.client
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.demo.install import default_cache
from tests.rigs.ports import free_port

FIRST_PORT = 24_600
START_TIMEOUT_S = 120.0
HOME = Path("/usr/share/redmine")
SEED = Path(__file__).with_name("redmine.rb")
ADMIN_KEY, LIAISON_KEY, ANA_KEY = "a" * 40, "b" * 40, "c" * 40
KEYS = {"admin": ADMIN_KEY, "liaison": LIAISON_KEY, "ana": ANA_KEY}
# An empty instance begins with these; all that Redmine writes goes there.
_FOLDERS = ("config", "files", "log", "public", "tmp/cache")
_ANSWERS = """redmine redmine/instances/default/database-type select sqlite3
redmine redmine/instances/default/dbconfig-install boolean true
"""


@dataclass(frozen=True)
class Redmine:
    """A running server; its address ends with a slash."""

    url: str
    pid: int


@contextmanager
def running_redmine() -> Iterator[Redmine]:
    """Yield a server with no projects, which ends with the block and leaves no file."""
    with filled_instance() as instance:
        port = free_port(FIRST_PORT)
        options = ["-b", "127.0.0.1", "-p", str(port), "-P", f"{instance}/pid"]
        command = [*_as_owner(), "bundle", "exec", "rails", "server", *options]
        log = instance / "log" / "server"
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=HOME, env=_environment(instance), stdout=output, stderr=output)
        try:
            _wait(process, port, log)
            yield Redmine(f"http://127.0.0.1:{port}/", process.pid)
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def filled_instance() -> Iterator[Path]:
    """Yield the folder of a Redmine that does not run, with its usual statuses and three people."""
    database = _filled_database()
    with tempfile.TemporaryDirectory(prefix="redmine-") as name:
        yield _instance(Path(name), database)


def run_script(instance: Path, script: str, said: str = "") -> str:
    """Run some Ruby within Redmine, which reads what is said to it; return what it prints."""
    file = instance / "script.rb"
    file.write_text(script)
    return _rails(instance, "rails", "runner", str(file), said=said)


def _filled_database() -> Path:
    """Return a database with the usual statuses and three people, making it first if it is not there yet."""
    version = _installed() or _install()
    seed = SEED.read_bytes() + repr(KEYS).encode()
    target = default_cache() / f"redmine-{version}-{hashlib.sha256(seed).hexdigest()[:8]}.db"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="redmine-") as name:
            instance = _instance(Path(name), None)
            _rails(instance, "rake", "db:migrate")
            script = shutil.copy(SEED, instance / SEED.name)
            _rails(instance, "rails", "runner", str(script), *(f"{login}={key}" for login, key in KEYS.items()))
            unfinished = target.with_suffix(f".{os.getpid()}")
            shutil.copy(instance / "redmine.db", unfinished)
            unfinished.rename(target)
    return target


def _installed() -> str:
    """Give the version of the installed Redmine, empty where there is none."""
    asked = ["dpkg-query", "--show", "--showformat=${Status} ${Version}", "redmine"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    has_web_server = bool(list(Path("/usr/share/rubygems-integration").glob("*/specifications/webrick-*.gemspec")))
    is_ready = said.startswith("install ok installed ") and has_web_server and (HOME / "Gemfile.local").exists()
    return re.sub(r"[^\w.+-]", "_", said.split()[-1]) if is_ready else ""


def _install() -> str:
    assert os.getuid() == 0, "no Redmine here, and installing it (apt-get install redmine) needs root"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ["redmine", "redmine-sqlite", "ruby-webrick"]
    _run(["apt-get", "update", "-qq"], quiet)
    _run(["debconf-set-selections"], quiet, said=_ANSWERS)
    # Debian's bundler takes packaged gems without a folder for deleted ones, on which Redmine's set-up stops: it is
    # unpacked, then the folders are made, then it is set up.
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    subprocess.run(install, env=quiet, capture_output=True, check=False, timeout=600)
    for place in ("share/rubygems-integration", "lib/*/rubygems-integration"):
        for specification in Path("/usr").glob(f"{place}/*/specifications/*.gemspec"):
            (specification.parents[1] / "gems" / specification.stem).mkdir(parents=True, exist_ok=True)
    _run(["dpkg", "--configure", "-a"], quiet)
    # Redmine's own list of gems has no web server.
    (HOME / "Gemfile.local").write_text('gem "webrick"\n')
    _run(["bundle", "install", "--local", "--quiet"], quiet, cwd=HOME)
    (HOME / "tmp").mkdir(exist_ok=True)
    for written in ("tmp", "Gemfile.lock"):
        shutil.chown(HOME / written, "www-data")
    version = _installed()
    assert version, "Redmine was installed but is not there"
    return version


def _instance(directory: Path, database: Path | None) -> Path:
    """Make the folders of an instance, which Redmine's own account may write."""
    for folder in _FOLDERS:
        (directory / folder).mkdir(parents=True)
    (directory / "config" / "database.yml").write_text(
        f"production:\n  adapter: sqlite3\n  database: {directory}/redmine.db\n  timeout: 20000\n"
    )
    (directory / "config" / "secret_key.txt").write_text("0" * 64)
    if database:
        shutil.copy(database, directory / "redmine.db")
    if not os.getuid():
        for path in (directory, *directory.rglob("*")):
            shutil.chown(path, "www-data", "www-data")
    return directory


def _environment(instance: Path) -> dict[str, str]:
    # Debian looks for an instance below its own folder; whatever that is, this leads to ours.
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(instance),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "RAILS_ENV": "production",
        "SCHEMA": f"{instance}/schema.rb",
        "REDMINE_INSTANCE": f"{'../' * 8}{str(instance).lstrip('/')}",
    }


def _rails(instance: Path, *command: str, said: str = "") -> str:
    return _run([*_as_owner(), "bundle", "exec", *command], _environment(instance), cwd=HOME, said=said)


def _as_owner() -> list[str]:
    """Return what to put before a command: root becomes the account that may read Redmine's settings."""
    if os.getuid():
        return []
    account = pwd.getpwnam("www-data")
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]


def _run(command: Sequence[str], environment: Mapping[str, str], *, said: str = "", cwd: Path = Path("/")) -> str:
    done = subprocess.run(
        command, env=environment, input=said, cwd=cwd, capture_output=True, text=True, check=False, timeout=600
    )
    # Ruby names the fault first, Debian's tools last.
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed if len(printed) <= 3000 else f"{printed[:1500]}\n...\n{printed[-1500:]}"
    return done.stdout


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    ends_at = time.monotonic() + START_TIMEOUT_S
    while not _answers(port):
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < ends_at, log.read_text(errors="replace")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/users/current.json")
        return connection.getresponse().status == 401
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
