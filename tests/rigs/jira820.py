"""A look-alike of Jira Data Center 8.20 (PyPI jira820), in a process of its own: it keeps everything in memory.

It knows nobody's password, takes everyone for one person, tells times by the day and has no deliveries; what the
contract needs of that stands in front of it, in jira820_gate.py.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.demo.install import default_cache
from tests.rigs.answering import answers
from tests.rigs.ports import free_port

FIRST_PORT = 24_900
START_TIMEOUT_S = 60.0
PACKAGE = "jira820==0.12.0"
PROJECT = "PAY"
# Its project begins empty, and on the way to Done one is asked why.
_SETTINGS = """
epics_per_module: 0
standalone_per_module: 0
history_per_module: 0
transition_screens: {Done: [resolution]}
"""


@contextmanager
def running_jira820() -> Iterator[str]:
    """Yield the address of a server with an empty project PAY, which ends with the block and leaves no file."""
    program = _installed()
    port = free_port(FIRST_PORT)
    with tempfile.TemporaryDirectory(prefix="jira820-") as name:
        settings = Path(name) / "settings.yaml"
        settings.write_text(_SETTINGS)
        variables = {"JIRA820_PORT": str(port), "JIRA820_PROJECT_KEY": PROJECT, "JIRA820_CONFIG": str(settings)}
        log = Path(name) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [program, "-m", "jira820"], env={**os.environ, **variables}, stdout=output, stderr=output, cwd=name
            )
        try:
            ends_at = time.monotonic() + START_TIMEOUT_S
            while not answers(port, "/rest/api/2/serverInfo"):
                assert process.poll() is None, log.read_text(errors="replace")
                assert time.monotonic() < ends_at, log.read_text(errors="replace")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _installed() -> Path:
    """Return a Python that has the package, making it first if it is not there yet."""
    target = default_cache() / PACKAGE.replace("==", "-")
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=target.parent) as name:
            work = Path(name) / "environment"
            _run([sys.executable, "-m", "venv", str(work)])
            _run([str(work / "bin" / "python"), "-m", "pip", "install", "--quiet", PACKAGE])
            if not target.is_dir():
                shutil.move(work, target)
    return target / "bin" / "python"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
