"""The project's own files: complete, without secrets, without addresses of registries."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from bot.config import Config, ConfigError, Mode
from bot.variables import VARIABLES, Variable

ROOT = Path(__file__).parents[1]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"[a-z0-9][a-z0-9._-]*==[^\s;]+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
INCLUDED = re.compile(r"-r (base|dev|postgres)\.txt")


def example_lines(variable: Variable) -> list[str]:
    value = f'"{variable.default}"' if variable.default.startswith("#") else variable.default
    is_first_need = Mode.SOCKET in variable.needed_in
    return [f"# {variable.meaning}", f"{'' if is_first_need else '# '}{variable.name}={value}", ""]


def project_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in found if path.is_file()] or [ROOT / "pyproject.toml"]


def test_example_environment_names_every_variable():
    expected = ["# Copy to .env. Lines that begin with # show the default or what you may leave out.", ""]
    for variable in VARIABLES:
        expected += example_lines(variable)

    assert (ROOT / ".env.example").read_text().splitlines() == expected[:-1]


def test_example_environment_is_refused_for_its_blanks_only():
    given = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    )

    with pytest.raises(ConfigError) as refused:
        Config.from_environment(given, mode=Mode.SOCKET)

    found = [(problem.variable, problem.text.split(".")[0]) for problem in refused.value.problems]
    assert found == [("SLACK_BOT_TOKEN", "is blank"), ("SLACK_APP_TOKEN", "is blank")]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_are_pinned_with_hashes_and_hold_no_address(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("# ")]

    strange = [
        line for line in lines if not (PINNED.fullmatch(line) or HASH.fullmatch(line) or INCLUDED.fullmatch(line))
    ]

    assert strange == []


def test_requirements_pin_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["postgres"]]
    asked += project["dependency-groups"]["dev"] + project["dependency-groups"]["e2e"]
    pinned = {line.split("==")[0] for path in REQUIREMENTS for line in path.read_text().splitlines() if "==" in line}

    names = {re.split(r"[^a-z0-9-]", one.lower(), maxsplit=1)[0] for one in asked}

    assert names - pinned == set()


def test_no_lock_file_is_kept():
    locks = {"uv.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock"}

    assert [path.name for path in project_files() if path.name in locks] == []


def test_no_file_looks_like_it_holds_a_real_secret():
    # Slack's real tokens have long numbers for team and user.
    real = re.compile(rb"xox[bp]-\d{10,}-\d{10,}-\w{20,}|xapp-1-A[A-Z0-9]{9,}-\d{10,}-[0-9a-f]{60,}|ghp_\w{36}")

    assert [str(path) for path in project_files() if real.search(path.read_bytes())] == []


def test_every_marked_suite_has_a_make_target():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    markers = [marker.split(":")[0] for marker in project["tool"]["pytest"]["ini_options"]["markers"]]
    makefile = (ROOT / "Makefile").read_text()

    run = re.findall(r'pytest -m ("[^"]+"|\w+) ', makefile)

    assert set(re.findall(r"\w+", " ".join(run))) - {"or"} == set(markers)


def test_image_holds_every_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert [name for name in packages if f"COPY {name} {name}\n" not in dockerfile] == []
    assert [name for name in packages if f"!{name}" not in ignored] == []


def test_compose_file_starts_the_bot_and_postgresql_only_when_asked():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]

    assert {name: service.get("profiles") for name, service in services.items()} == {
        "bot": None,
        "postgres": ["postgres"],
    }
