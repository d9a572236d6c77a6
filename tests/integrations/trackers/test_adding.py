"""A newcomer's tracker, as docs/adding-a-tracker.md says: one module, one line, and then the contract asks for more."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_docs import ROOT, copy_of_the_code, files_of, with_lines_added

PAGE = ROOT / "docs" / "adding-a-tracker.md"
# It does as `local` does; what matters here is how little makes it known.
MODULE = """
from dataclasses import replace

from integrations.trackers import local

KIND = replace(local.KIND, name="paper", title="Paper")
"""


@pytest.mark.scenario
def test_contract_asks_for_a_stage_when_a_tracker_is_added(tmp_path: Path):
    copy = copy_of_the_code(tmp_path)
    before = files_of(copy)
    (copy / "integrations" / "trackers" / "paper.py").write_text(MODULE)
    registry = copy / "integrations" / "trackers" / "__init__.py"
    registry.write_text(with_lines_added(registry.read_text(), registration()))

    run = contract_for("paper", copy)

    changed = {path for path, content in files_of(copy).items() if before.get(path) != content}
    assert changed == {"integrations/trackers/paper.py", "integrations/trackers/__init__.py"}
    assert registration().count("\n+") == 1
    assert "No module named 'tests.integrations.trackers.stage_paper'" in run
    assert re.search(r"\d+ errors? in", run)


def registration() -> str:
    """Give the page's block that says which line to add, as it stands in the code."""
    (block,) = re.findall(r"^   ```diff\n(.*?)^   ```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return "\n".join(line.removeprefix("   ") for line in str(block).splitlines())


def contract_for(name: str, folder: Path) -> str:
    options = ["-o", "addopts=--strict-markers", "-m", "scenario", "-k", name, "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", "tests/integrations/trackers/test_contract.py", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120).stdout
