"""500 settings files made by chance: the good load, and of each broken one the line and what is expected are told."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import liaison
from tests.bot.routing.damaged import KINDS, broken_file
from tests.bot.routing.generated import settings_tree
from tests.bot.routing.written import Writer

GOOD, BROKEN = 150, 350
OWNERS = "src/pay/ @acme/pay\n"
TOLD = re.compile(r"^wrong +settings +liaison\.yaml:(\d+):(\d+) (.+)$", re.MULTILINE)
# As many as a suite that runs at every change has time for; `make chaos` has time for all.
AT_EVERY_CHANGE = 40


def seeds(count: int) -> list[object]:
    rest = (pytest.param(seed, marks=pytest.mark.chaos) for seed in range(AT_EVERY_CHANGE, count))
    return [*range(AT_EVERY_CHANGE), *rest]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "CODEOWNERS").write_text(OWNERS)
    return tmp_path


@pytest.mark.parametrize("seed", seeds(GOOD))
def test_good_file_is_taken(folder: Path, seed: int):
    chance = random.Random(seed)
    text = Writer(chance).write(settings_tree(chance, is_full=seed % 5 == 0))
    (folder / "liaison.yaml").write_text(text, encoding="utf-8")

    result = CliRunner().invoke(liaison, ["check", "liaison.yaml"])

    assert (result.exit_code, TOLD.findall(result.output)) == (0, []), text


@pytest.mark.parametrize("seed", seeds(BROKEN))
def test_broken_file_is_refused_with_line_and_what_is_expected(folder: Path, seed: int):
    broken = broken_file(seed)
    (folder / "liaison.yaml").write_text(broken.text, encoding="utf-8")

    result = CliRunner().invoke(liaison, ["check", "liaison.yaml"])

    told = [(int(line), text) for line, _, text in TOLD.findall(result.output)]
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output + broken.text
    assert [text for line, text in told if line in broken.lines and broken.says in text], (broken, told)
    assert "Traceback" not in result.output


def test_every_kind_of_damage_is_among_the_broken_files():
    assert 2 * len(KINDS) <= BROKEN


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [0, 60, 120])
def test_broken_file_is_refused_by_the_program_too(folder: Path, seed: int):
    (folder / "liaison.yaml").write_text(broken_file(seed).text, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "bot", "check", "liaison.yaml"], cwd=folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert TOLD.search(done.stdout)
    assert done.stderr == ""
