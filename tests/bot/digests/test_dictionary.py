"""The dictionary of figures has what digests show, nothing else, and under the words that stand there."""

import ast
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.digests import sections as package
from bot.digests.base import Scope
from bot.digests.dictionary import ENTRIES, RULES, find
from bot.digests.facts import Facts
from bot.digests.sections import sections
from bot.routing.load import load_settings
from bot.routing.section_names import SECTION_NAMES
from bot.services import Services
from storage.database import WorkspaceSession
from storage.models import IssueLink, ItemKind, Slot, SourceItem, SyncCursor
from tests.bot.digests.year import NOW, Year
from tests.conftest import SETTINGS

DOCUMENT = Path(__file__).parents[3] / "docs" / "digests.md"
# One in which nothing is yet.
WORKSPACE = "T0YEAR"
FILE = "aBcD1234efGH5678"
MORE = f"""
figma: {{files: {{{FILE}: search}}}}
audiences:
  all: {{channel: C0QA, weekly: "mon 08:30", sections: [{", ".join(SECTION_NAMES)}]}}
"""
# What makes a figure, and is given its name first.
MAKERS = {"Figure", "weekly", "median_of", "waiting"}
# These say their numbers in a sentence.
SAID = ("since_last_post", "decided")


async def told(services: Services) -> list[Facts]:
    """Collect all sections, of a year in which there is something to say in each figure."""
    services.in_force.replace(load_settings(SETTINGS + MORE, "liaison.yaml"), "")
    settings = services.settings
    scope = Scope(
        now=NOW,
        since=NOW - timedelta(days=7),
        slot=Slot.WEEKLY,
        zone=ZoneInfo("Europe/Berlin"),
        key="all",
        audience=settings.audiences["all"],
        settings=settings,
    )
    await services.database.write(WORKSPACE, Year(count=500).write)
    await services.database.write(WORKSPACE, hand_offs)
    found = await services.database.read(
        WORKSPACE, lambda session: [one.collect(session, scope) for one in sections().values()]
    )
    return [facts for facts in found if facts is not None]


def hand_offs(session: WorkspaceSession) -> None:
    """Write as many frames with a pull request as a median is made of."""
    session.add(SyncCursor(tracker="figma", project=FILE, polled_at=NOW))
    for number in range(1, 6):
        frame = item("figma", FILE, ItemKind.FIGMA_FRAME, f"Page {number}", NOW - timedelta(days=9))
        session.add(frame)
        session.add(item("github", "acme/web", ItemKind.PULL_REQUEST, f"WEB-{number} Page", NOW - timedelta(days=7)))
        session.flush()
        link = IssueLink(subject_type="frame", subject_id=frame.id or 0, tracker="linear", project="WEB")
        link.key, link.external_id, link.marker = f"WEB-{number}", f"id-{number}", f"m{number}"
        session.add(link)


def item(source: str, project: str, kind: ItemKind, title: str, at: datetime) -> SourceItem:
    return SourceItem(
        source=source,
        project=project,
        kind=kind,
        external_id=title,
        title=title,
        url="https://example.com",
        state="ready" if kind is ItemKind.FIGMA_FRAME else "open",
        opened_at=at,
        updated_at=at,
        data={"links": []},
    )


async def test_every_figure_shown_has_an_entry_and_no_other_is_in_the_dictionary(services: Services) -> None:
    found = await told(services)

    shown = {(facts.section, one.name, one.label) for facts in found for one in facts.figures}
    assert shown == {(part, one.name, one.label) for one in ENTRIES for part in one.sections if not is_said(part)}


async def test_every_number_that_a_sentence_tells_has_an_entry(services: Services) -> None:
    found = {facts.section: facts for facts in await told(services) if is_said(facts.section)}

    names = [name.strip() for name in re.findall(r"\d+ ([a-z ]+)", found["since_last_post"].summary)]
    decided = "".join(piece.text for piece in found["decided"].lead[0])
    entries = {part: [one.name.lower() for one in ENTRIES if part in one.sections] for part in SAID}
    assert names == ["new", "fixed", "came back", "regressions"]
    assert [[name for name in entries["since_last_post"] if name.startswith(said)] for said in names] == [
        ["new bugs"],
        ["fixed"],
        ["came back"],
        ["regressions"],
    ]
    assert len(entries["since_last_post"]) == len(names)
    assert [re.fullmatch(rf"\d+ {name}: .*", decided) is not None for name in entries["decided"]] == [True]


def test_every_name_that_a_section_gives_a_figure_is_in_the_dictionary() -> None:
    names = {one.name for one in ENTRIES}
    written = [name for path in Path(package.__path__[0]).glob("*.py") for name in names_given(path)]

    assert len(written) > 15
    assert [name for name in written if not any(re.fullmatch(name, known) for known in names)] == []


def test_figure_is_found_by_its_words_or_its_reader() -> None:
    assert [one.name for one in find("lead time")] == ["Lead time"]
    assert [one.name for one in find("DESIGN")] == ["Hand-off"]
    assert find("") == ENTRIES
    assert find("nps") == ()


def test_figures_are_in_the_order_of_their_names_and_each_has_a_reader() -> None:
    assert [one.name for one in ENTRIES] == sorted({one.name for one in ENTRIES})
    assert [one.name for one in ENTRIES if not one.audiences] == []
    assert {part for one in ENTRIES for part in one.sections} <= set(SECTION_NAMES)


def test_the_docs_list_the_same() -> None:
    numbers = DOCUMENT.read_text().partition("\n## Numbers\n")[2].partition("\n## ")[0]
    rows = [
        tuple(cell.strip() for cell in row.strip("|").split(" | ")) for row in numbers.splitlines() if row[:2] == "| "
    ]

    assert rows[1:] == [(one.label, one.formula, one.unit, ", ".join(one.audiences), one.note) for one in ENTRIES], (
        "write what the dictionary says to the section Numbers"
    )
    assert [
        f"*{word}*: {meaning}" for word, meaning in RULES.items() if f"- *{word}*: {meaning}" not in flat(numbers)
    ] == []


def is_said(section: str) -> bool:
    return section in SAID


def flat(words: str) -> str:
    """Join the lines of a page that are broken to be read."""
    return re.sub(r"\n(?!-|\|)\s*", " ", words)


def names_given(path: Path) -> list[str]:
    """List the names that a module gives its figures, as patterns: what is put in while it runs fits anything."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [pattern(one.args[0]) for one in calls if ast.unparse(one.func).removeprefix("measures.") in MAKERS]


def pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    assert isinstance(node, ast.JoinedStr), f"a figure's name is not written out: {ast.unparse(node)}"
    return "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+" for one in node.values)
