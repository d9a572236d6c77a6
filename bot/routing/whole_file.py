"""What no single value of a settings file can say: whether the names in it are there, and whether its rules can fit.

It looks at the plain values, so that it can speak also where other values are wrong.
"""

from collections.abc import Iterator
from typing import Any

from bot.routing.problems import Problem, no_such, problem_at
from bot.routing.rule_schema import ALWAYS, AS_GIVEN, BY_PATH, GIVEN
from bot.routing.settings import Pick
from bot.routing.yaml_source import Path, Source

_NEEDS_PEOPLE = (Pick.FIRST.value, Pick.ROTATE_WEEKLY.value, Pick.FEWEST_OPEN.value)


def problems_of(source: Source) -> Iterator[Problem]:
    """Find what is wrong between the values of a file."""
    for path, team in _teams_named(source.content):
        if isinstance(team, str) and team not in block(source.content, "teams"):
            yield _at(source, path, no_such("team", team, block(source.content, "teams")))
    for path, component in _components_named(source.content):
        if isinstance(component, str) and component not in block(source.content, "components"):
            yield _at(source, path, no_such("component", component, block(source.content, "components")))
    for key, team in block(source.content, "teams").items():
        if value(team, "pick") in _NEEDS_PEOPLE and not value(team, "people"):
            path = ("teams", key, "pick")
            yield _at(source, path, f"{team['pick']} needs people; expected people: [U0123ABCD, …] in this team")
    yield from _routes(source)
    yield from _nothing(source)


def _teams_named(content: Any) -> Iterator[tuple[Path, Any]]:
    for key, component in block(content, "components").items():
        yield ("components", key, "owner"), value(component, "owner")
    for at, rule in enumerate(entries(content, "routes")):
        yield ("routes", at, "set", "team"), value(value(rule, "set"), "team")
    for name, team in block(value(content, "codeowners"), "map").items():
        yield ("codeowners", "map", name), team
    for key, kpi in block(content, "kpis").items():
        yield ("kpis", key, "owner"), value(kpi, "owner")


def _components_named(content: Any) -> Iterator[tuple[Path, Any]]:
    for channel, defaults in block(content, "channels").items():
        if isinstance(defaults, dict):
            yield ("channels", channel, "component"), value(defaults, "component")
        else:
            yield ("channels", channel), defaults
    for file, component in block(value(content, "figma"), "files").items():
        yield ("figma", "files", file), component
    for kind in ("routes", "also"):
        for at, rule in enumerate(entries(content, kind)):
            chosen = value(value(rule, "when"), "component")
            if chosen != GIVEN:
                yield from _each((kind, at, "when", "component"), chosen)
            decided = value(value(rule, "set"), "component") if kind == "routes" else None
            if decided not in (AS_GIVEN, BY_PATH):
                yield (kind, at, "set", "component"), decided


def _routes(source: Source) -> Iterator[Problem]:
    """Find rules that can never decide, that decide two things, or that leave some report undecided."""
    routes = entries(source.content, "routes")
    seen: dict[str, int] = {}
    always = 0
    for at, rule in enumerate(routes):
        name = value(rule, "name")
        if always == at > 0:
            yield _at(source, ("routes", at), f"never decides: rule {always} above fits always; expected it to be last")
        if isinstance(name, str) and name in seen:
            yield _at(source, ("routes", at, "name"), f"rule {seen[name]} has this name too; expected another")
        elif isinstance(name, str):
            seen[name] = at + 1
        if value(rule, "when") == ALWAYS:
            always = always or at + 1
        yield from _outcome(source, ("routes", at), rule)
    if not always and isinstance(value(source.content, "routes"), list):
        path: Path = ("routes", len(routes) - 1) if routes else ("routes",)
        expected = "expected a last rule for all other reports: {name: everything else, when: always, set: {team: …}}"
        yield problem_at(source.place_of(path), ("routes",), expected)


def _outcome(source: Source, path: Path, rule: Any) -> Iterator[Problem]:
    when, outcome = value(rule, "when"), value(rule, "set")
    component, team = value(outcome, "component"), value(outcome, "team")
    at = (*path, "set", "component")
    if component == AS_GIVEN and value(when, "component") is None:
        yield _at(source, at, "as-given is what the reporter chose; expected component: given in its when")
    if component == BY_PATH and value(when, "path") is None:
        yield _at(source, at, "by-path is who owns a file that is named; expected path: owned in its when")
    if not isinstance(component, str) or not isinstance(team, str):
        return
    owner = value(block(source.content, "components").get(component), "owner")
    if component in (AS_GIVEN, BY_PATH) or (isinstance(owner, str) and owner != team):
        brings = f"{component} brings its team" + (f" {owner}" if owner else "")
        yield _at(source, (*path, "set", "team"), f"{brings}; expected component or team, not both")


def _nothing(source: Source) -> Iterator[Problem]:
    """Find names without a value."""
    for path in source.values:
        found: Any = source.content
        for part in path:
            found = found[part]
        if found is None and path:
            yield _at(source, path, "has no value; expected one, or this line left out")


def _each(path: Path, given: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(given, list):
        yield from (((*path, at), one) for at, one in enumerate(given))
    else:
        yield path, given


def _at(source: Source, path: Path, text: str) -> Problem:
    return problem_at(source.place_of(path), path, text)


def value(content: Any, key: str) -> Any:
    """Give what stands behind a name of a block; None if it is no block, or has no such name."""
    return content.get(key) if isinstance(content, dict) else None


def block(content: Any, key: str) -> dict[str, Any]:
    """Give the block behind a name; empty if there is none."""
    found = value(content, key)
    return found if isinstance(found, dict) else {}


def entries(content: Any, key: str) -> list[Any]:
    """Give the list behind a name; empty if there is none."""
    found = value(content, key)
    return found if isinstance(found, list) else []
