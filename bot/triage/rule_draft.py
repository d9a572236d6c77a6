"""The lines of the settings file that would have sent a report where a person moved it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.duplicates.words import STOP
from bot.routing import rules
from bot.routing.load import SettingsError, load_settings
from bot.routing.rules import Facts
from bot.routing.settings import LONGEST_NAME, Route, Settings
from bot.routing.yaml_source import parse
from bot.services import Services
from bot.triage import ownership
from bot.triage.cards import Card, read_card
from bot.triage.decisions import load
from storage import reports, search
from storage.database import WorkspaceSession
from storage.models import Report

MOST_WORDS = 3
_WORD = re.compile(r"[^\W\d_][\w'’-]{2,}")
Condition = dict[str, Any]


@dataclass(frozen=True)
class RuleDraft:
    """Lines to copy into `file`: before `line`, above the rule `before`.

    `before` is empty where the file has no rules yet: at its end. `line` is 0 where the rules of the file do not stand
    on lines of their own.
    """

    lines: str
    file: str
    line: int
    before: str


@dataclass(frozen=True)
class Moved:
    """A report that was moved, and the lines that would have sent it there; None when no rule can."""

    card: Card
    draft: RuleDraft | None


@dataclass(frozen=True)
class _Wanted:
    """Where a report should have gone, and above which rule another would have sent it there."""

    report: Report
    facts: Facts
    place: int


async def draft_for(services: Services, report_id: int) -> Moved:
    """Read a report that a person moved, and draft a rule from its address or its telling words."""

    def unit(session: WorkspaceSession) -> Moved:
        report = load(session, report_id)
        draft = _draft(session, services, report) if services.in_force.text else None
        return Moved(read_card(session, report), draft)

    return await services.database.write(services.workspace, unit)


def with_draft(text: str, draft: RuleDraft) -> str:
    """Give the text of a settings file with the lines of a draft where they belong."""
    if not draft.before:
        return f"{text.rstrip()}\n{draft.lines}\n"
    lines = text.splitlines()
    return "\n".join([*lines[: draft.line - 1], draft.lines, *lines[draft.line - 1 :]]) + "\n"


def _draft(session: WorkspaceSession, services: Services, report: Report) -> RuleDraft | None:
    settings = services.settings
    wanted = _Wanted(report, ownership.facts_of(session, report), _place(settings, report))
    for condition in _conditions(session, report):
        entry = _entry(settings, wanted, condition)
        draft = _written(services, entry, wanted.place)
        if _leads_there(services, wanted, entry) and _can_be_read(services, draft):
            return draft
    return None


def _place(settings: Settings, report: Report) -> int:
    """Give the index of the rule that decided; of the last one where it is no longer in the file."""
    names = [route.name for route in settings.routes]
    return names.index(report.route_rule) if report.route_rule in names else max(len(names) - 1, 0)


def _conditions(session: WorkspaceSession, report: Report) -> Iterator[Condition]:
    """Give conditions that fit a report and few others, the most telling first."""
    folder = _folder(report.url)
    if folder:
        yield {"url": folder}
    words = _telling_words(session, report)
    if words:
        yield {"any_word": words}
        yield {"any_word": words[:1]}


def _folder(url: str) -> str:
    """Give the first folder of an address as a glob; empty where it has none."""
    parts = urlsplit(url)
    first = next((part for part in parts.path.split("/") if part), "")
    plain = not set("*()|") & set(parts.netloc + first)
    return f"{parts.scheme}://{parts.netloc}/{first}/**" if first and parts.netloc and plain else ""


def _telling_words(session: WorkspaceSession, report: Report) -> list[str]:
    """Give the words of a title that the fewest reports of other teams have."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(report.title)))
    counts = {word: _elsewhere(session, report, word) for word in words if word not in STOP}
    fewest = min(counts.values(), default=0)
    telling = [word for word, count in counts.items() if count == fewest]
    return sorted(telling, key=len, reverse=True)[:MOST_WORDS]


def _elsewhere(session: WorkspaceSession, report: Report, word: str) -> int:
    hits = search.find(session, word, limit=50, titles_only=True)
    found = reports.get_many(session, [hit.report_id for hit in hits])
    return sum(one.team_key != report.team_key for one in found)


def _entry(settings: Settings, wanted: _Wanted, condition: Condition) -> Condition:
    report = wanted.report
    outcome: dict[str, Any] = {"component": report.component_key} if report.component_key else {"team": report.team_key}
    if settings.routes and settings.routes[wanted.place].set.private:
        # It goes before a rule that hides reports: those it takes from there must stay hidden.
        outcome["private"] = True
    ((_, value),) = condition.items()
    said = value if isinstance(value, str) else ", ".join(value)
    name = f"{report.component_key or report.team_key}: {said}"[:LONGEST_NAME]
    return {"name": _unused(settings, name), "when": condition, "set": outcome}


def _unused(settings: Settings, name: str) -> str:
    taken = {route.name for route in settings.routes}
    ways = [name, *(f"{name[: LONGEST_NAME - 4]} {number}" for number in range(2, 100))]
    return next(way for way in ways if way not in taken)


def _leads_there(services: Services, wanted: _Wanted, entry: Condition) -> bool:
    """Say whether the report would have gone right with this rule above the one that decided."""
    routes, place = services.settings.routes, wanted.place
    try:
        route = Route.model_validate(entry)
    except ValidationError:
        return False
    tried = services.settings.model_copy(update={"routes": (*routes[:place], route, *routes[place:])})
    found = rules.route(tried, wanted.facts)
    return (found.team, found.component) == (wanted.report.team_key, wanted.report.component_key)


def _written(services: Services, entry: Condition, place: int) -> RuleDraft:
    """Write a rule as lines of the file, indented as its neighbours are."""
    in_force = services.in_force
    rows = [f"name: {_flow(entry['name'])}", f"when: {_flow(entry['when'])}", f"set: {_flow(entry['set'])}"]
    if not services.settings.routes:
        usual = next(iter(services.settings.teams))
        last = ["name: everything else", "when: always", f"set: {_flow({'team': usual})}"]
        return RuleDraft("\n".join(["routes:", _item(rows, "  "), _item(last, "  ")]), in_force.file, 0, "")
    at = parse(in_force.text).place_of_value(("routes", place)).line
    row = in_force.text.splitlines()[at - 1]
    indent = row[: len(row) - len(row.lstrip())]
    is_own_line = row.lstrip().startswith("- ")
    lines = _item(rows, indent if is_own_line else "  ")
    return RuleDraft(lines, in_force.file, at if is_own_line else 0, services.settings.routes[place].name)


def _item(rows: list[str], indent: str) -> str:
    first, *others = rows
    return "\n".join([f"{indent}- {first}", *(f"{indent}  {row}" for row in others)])


def _flow(value: Any) -> str:
    """Write a value on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _can_be_read(services: Services, draft: RuleDraft) -> bool:
    if draft.before and not draft.line:
        return True
    try:
        load_settings(with_draft(services.in_force.text, draft), draft.file)
    except SettingsError:
        return False
    return True
