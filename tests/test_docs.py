"""What README and docs/ say is so: links, words, commands, variables, paths, and the walk-through step by step."""

import enum
import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bot
import handlers
import integrations
import storage
from bot.__main__ import liaison
from bot.states import Machine
from bot.variables import VARIABLES

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PICTURES = ("card-before.png", "form.png", "card-after.png", "home.png", "digest-qa.png")
WALK_THROUGH = ROOT / "docs" / "adding-a-slash-word.md"
# The sections of docs/states.md, and what each is drawn from.
STATES = {
    "A report": "bot.triage.states",
    "A run of a digest": "bot.digests.run_states",
    "A change in a release": "bot.digests.change_states",
}
# Named before they exist: what a reader makes, and what a page says is planned.
NOT_YET = {
    "handlers/owner_word.py",
    "tests/handlers/test_owner_word.py",
    "bot/digests/sections/waiting_for_reporter.py",
    "integrations/trackers/<name>.py",
    "tests/integrations/trackers/stage_<name>.py",
}

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
VARIABLE = re.compile(r"\b(?:SLACK|LIAISON|SENTRY|DATABASE)_[A-Z_]+\b")
PATH = re.compile(r"(?:bot|handlers|integrations|storage|tests|docs)(?:/[\w<>.-]+)+/?")
DOTTED = re.compile(r"\b(?:bot|handlers|integrations|storage)(?:\.\w+)+")
SHOW_HELP = """
import asyncio, pathlib
import handlers
from handlers.slack.feature import Request

assert pathlib.Path(handlers.__file__).is_relative_to(pathlib.Path.cwd()), handlers.__file__

async def ack(): pass
async def say(text, blocks): print(blocks)

request = Request({"text": "help"}, "U0EVE", "C0QA", "", "key", None, None, ack, say)
asyncio.run(handlers.routes().requests["command", "/liaison"](request))
"""
GLOSSARY_ENUM = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_every_link_leads_somewhere(document: Path):
    targets = [target for mark, _, target in LINK.findall(document.read_text()) if not mark]

    assert [target for target in targets if not leads_somewhere(document, target)] == []


def test_readme_shows_each_picture_with_words_for_who_cannot_see_it():
    shown = {Path(target).name: words for mark, words, target in LINK.findall(readme()) if mark}

    assert sorted(shown) == sorted(PICTURES)
    assert [name for name, words in shown.items() if len(words.split()) < 5] == []


def test_every_picture_is_there():
    assert [name for name in PICTURES if not (ROOT / "docs" / "pictures" / name).is_file()] == []


def test_every_picture_that_a_page_shows_is_there_and_every_one_is_shown():
    shown = {
        (page.parent / target).resolve()
        for page in DOCUMENTS
        for mark, _, target in LINK.findall(page.read_text())
        if mark and not target.startswith("https://")
    }

    assert {path for path in shown if path.suffix == ".png"} == set((ROOT / "docs" / "pictures").glob("*.png"))


def test_every_page_is_reached_from_the_readme():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page.suffix == ".md" and page.is_file() and page not in reached:
            reached.add(page)
            ahead += [(page.parent / target.split("#")[0]).resolve() for _, _, target in LINK.findall(page.read_text())]
        elif page == ROOT / "docs" / "decisions":
            ahead += DECISIONS

    assert sorted(set(DOCUMENTS) - reached) == []


def test_every_variable_named_is_one_that_liaison_reads(document: Path):
    named = set(VARIABLE.findall(document.read_text()))

    assert named - {variable.name for variable in VARIABLES} == set()


def test_every_command_named_is_one_of_the_command_line(document: Path):
    assert [line for line in command_lines(document, "liaison") if not is_command(line)] == []


def test_every_make_target_named_is_in_the_makefile(document: Path):
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {line.split()[1] for line in command_lines(document, "make") if len(line.split()) > 1}

    assert named - targets == set()


def test_every_slash_word_named_is_one_that_answers(document: Path):
    words = {word.name for feature in handlers.features() for word in feature.words} | {"help"}
    named = {quoted.split()[1] for quoted in QUOTED.findall(document.read_text()) if quoted.startswith("/liaison ")}

    assert named - words - made_by_the_walk_through() == set()


def test_every_path_named_is_there(document: Path):
    named = {path.rstrip("/") for path in PATH.findall(" ".join(quoted(document)))}

    assert sorted(path for path in named - NOT_YET if not (ROOT / path).exists()) == []


def test_every_module_and_function_named_is_there(document: Path):
    named = {name for name in DOTTED.findall(" ".join(quoted(document))) if not name.endswith(".py")}

    assert sorted(name for name in named - NOT_YET if not is_importable(name)) == []


def test_glossary_has_every_value_of_every_enum():
    described = {
        name: re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE) for name, body in GLOSSARY_ENUM.findall(glossary())
    }

    assert described == {found.__name__: [member.value for member in found] for found in enums()}


def test_glossary_says_each_word_once_in_order():
    words = [line.split(" | ")[0].removeprefix("| ") for line in glossary().splitlines() if line.startswith("| ")]
    domain = words[1 : words.index("value")]

    assert domain == sorted(set(domain), key=str.lower)


@pytest.mark.parametrize("title", STATES)
def test_states_are_drawn_as_the_code_has_them(title: str):
    machine: Machine[Any] = importlib.import_module(STATES[title]).MACHINE
    page = (ROOT / "docs" / "states.md").read_text()
    part = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]

    [(language, drawn)] = FENCE.findall(part)
    assert (language, drawn) == ("mermaid", f"{machine.diagram()}\n"), f"draw {STATES[title]}.MACHINE.diagram()"
    rows = "\n".join(line for line in part.splitlines() if line.startswith("|"))
    assert rows == machine.table(), f"write {STATES[title]}.MACHINE.table()"
    assert STATES[title].replace(".", "/") in part


def test_all_tables_of_states_are_drawn():
    page = (ROOT / "docs" / "states.md").read_text()
    tables = [
        path for path in (ROOT / "bot").rglob("*.py") if re.search(r"^MACHINE = ", path.read_text(), re.MULTILINE)
    ]

    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(STATES)
    assert {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in tables} == set(STATES.values())


def test_decisions_are_numbered_without_gaps():
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_decision_has_its_four_parts(path: Path):
    title, *parts = re.findall(r"^#+ .+", path.read_text(), re.MULTILINE)

    assert title.startswith(f"# {int(path.name[:4])}. ")
    assert parts == ["## Context", "## Decision", "## Consequences", "## Alternatives"]


def test_a_newcomers_slash_word_answers_and_keeps_the_contracts(tmp_path: Path):
    copy = copy_of_the_code(tmp_path)
    before = files_of(copy)

    module, registration, its_test = steps_of_the_walk_through()
    (copy / "handlers" / "owner_word.py").write_text(module)
    registry = copy / "handlers" / "__init__.py"
    registry.write_text(with_lines_added(registry.read_text(), registration))
    (copy / "tests" / "handlers" / "test_owner_word.py").write_text(its_test)

    changed = {path for path, content in files_of(copy).items() if before.get(path) != content}
    assert registration.count("\n+") == 1
    assert changed == {"handlers/owner_word.py", "handlers/__init__.py", "tests/handlers/test_owner_word.py"}
    assert "1 passed" in run_in(copy, "-m", "pytest", "tests/handlers/test_owner_word.py")
    assert "`/liaison owner BUG-142` says who has a report" in run_in(copy, "-c", SHOW_HELP)
    assert run_in(copy, "-m", "ruff", "check", *sorted(changed)) == "All checks passed!\n"
    # Whether they hold here is for `make check` to say.
    assert contracts_broken(copy) - contracts_broken(ROOT) == set()


def leads_somewhere(page: Path, target: str) -> bool:
    if target.startswith("https://"):
        return True
    path, _, anchor = target.partition("#")
    found = (page.parent / path) if path else page
    return found.exists() and (not anchor or anchor in anchors(found))


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings as code hosts make them."""
    headings = re.findall(r"^#+ (.+)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def quoted(page: Path) -> Iterator[str]:
    """Give what stands as code on a page: in its lines and in its blocks, other than the steps that make files."""
    text = page.read_text()
    yield from (body for language, body in FENCE.findall(text) if language in {"", "sh"})
    yield from QUOTED.findall(FENCE.sub("", text))


def command_lines(page: Path, program: str) -> list[str]:
    lines = [line.strip() for code in quoted(page) for line in re.split(r"\n|&&", code)]
    return [line.split(" #")[0].strip() for line in lines if re.match(rf"{program}( |$)", line)]


def is_command(line: str) -> bool:
    """Say whether the command line knows these commands and options."""
    return CliRunner().invoke(liaison, [*line.split()[1:], "--help"]).exit_code == 0


def is_importable(name: str) -> bool:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        return all((found := getattr(found, part, None)) is not None for part in parts[end:])
    return False


@cache
def enums() -> tuple[type[enum.StrEnum], ...]:
    """List every StrEnum of the code, in the order the glossary has them."""
    found: dict[str, type[enum.StrEnum]] = {}
    for package in (bot, handlers, integrations, storage):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(("bot.__main__", "storage.migrations")):
                for name, one in vars(importlib.import_module(module.name)).items():
                    if isinstance(one, type) and issubclass(one, enum.StrEnum) and one.__module__ == module.name:
                        found[name] = one
    return tuple(found.values())


def readme() -> str:
    return (ROOT / "README.md").read_text()


def glossary() -> str:
    return (ROOT / "docs" / "glossary.md").read_text()


def made_by_the_walk_through() -> set[str]:
    return {"owner"}


def steps_of_the_walk_through() -> tuple[str, str, str]:
    found = FENCE.findall(WALK_THROUGH.read_text())
    assert [language for language, _ in found] == ["python", "diff", "python"]
    return found[0][1], found[1][1], found[2][1]


def with_lines_added(text: str, difference: str) -> str:
    """Do what the page's registration block says: each line with + goes below the line shown before it."""
    lines, below = text.splitlines(), ""
    for shown in difference.splitlines():
        if shown.startswith("+"):
            assert lines.count(below) == 1, f"the page names a line that is not there once: {below}"
            lines.insert(lines.index(below) + 1, shown[1:])
        if not shown.startswith("@@"):
            below = shown[1:]
    return "\n".join(lines) + "\n"


def copy_of_the_code(target: Path) -> Path:
    copy = target / "copy"
    unwanted = shutil.ignore_patterns("__pycache__", ".*", "*.db*")
    for name in ("bot", "handlers", "integrations", "storage", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def files_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.py")}


def run_in(copy: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contracts_broken(folder: Path) -> set[str]:
    """Give the names of the import contracts that do not hold in a copy of the code."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    return set(re.findall(r"^(.+) BROKEN\b", done.stdout, re.MULTILINE))
