"""Breaks a settings file in one place, and knows what a reader has to say of it, and in which line."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.bot.routing.generated import Tree, settings_tree
from tests.bot.routing.written import Path, Raw, Writer

Rows = list[str]


@dataclass(frozen=True)
class Damage:
    """What was done to a tree: the path whose line is to be told, what is to be said, and what is done to the text.

    `is_written_here`: all that stands behind the path is wrong or new, so that any of its lines may be told.
    """

    path: Path
    says: str
    is_written_here: bool = False
    to_text: Callable[[Rows, int], int] | None = None


@dataclass(frozen=True)
class Broken:
    """A broken file, the lines in which its mistake may be told, and what has to be said."""

    text: str
    lines: frozenset[int]
    says: str


def broken_file(seed: int) -> Broken:
    """Make a broken file; each kind of damage has its turn."""
    chance = random.Random(seed)
    tree = settings_tree(chance, is_full=True)
    damage = KINDS[seed % len(KINDS)](chance, tree)
    writer = Writer(chance)
    writer.write(tree)
    lines = [line for path, line in writer.line_of.items() if path[: len(damage.path)] == damage.path]
    if damage.to_text is not None:
        lines = [damage.to_text(writer.rows, lines[0])]
    told = lines if damage.is_written_here else lines[:1]
    return Broken("\n".join(writer.rows) + "\n", frozenset(told), damage.says)


# Wrong values: where, what stands there instead, and what is expected.
VALUES: list[tuple[str, Any, str]] = [
    ("version", 2, "expected 1"),
    ("version", "1", "expected 1"),
    ("teams.*.channel", "qa", "expected a channel id"),
    ("teams.*.channel", 5, "expected text; put it in quotes"),
    ("teams.*.channel", None, "has no value"),
    ("teams.*.people", ["ana"], "expected a member id"),
    ("teams.*.people", "U0ANA", "expected a list"),
    ("teams.*.people.0", 7, "expected text"),
    ("teams.*.pick", "rotate-weakly", "did you mean rotate-weekly?"),
    ("teams.*.lead", "ana@acme.dev", "expected a member id"),
    ("teams.*.capacity", 0, "expected at least 1"),
    ("teams.*.capacity", True, "expected a whole number"),
    ("teams.*.capacity", "5", "expected a whole number"),
    ("teams.*.capacity", 1.5, "expected a whole number"),
    ("teams.*.name", "n" * 76, "has more than 75 characters"),
    ("teams.*.name", "two\nlines", "expected one line"),
    ("teams.*.working_hours", "always", "expected an indented block"),
    ("teams.*.working_hours.tz", "Berlin", "did you mean Europe/Berlin?"),
    ("teams.*.working_hours.tz", "Europe/Berln", "did you mean Europe/Berlin?"),
    ("teams.*.working_hours.from", Raw("9:00"), "expected a time of day in quotes"),
    ("teams.*.working_hours.to", "24:00", "expected a time of day"),
    ("teams.*.working_hours.to", "08:00", "the day must end after it begins"),
    ("working_hours", {"from": "18:30"}, "the day must end after it begins"),
    ("working_hours.days", ["mon", "tue", "mon"], "names a day twice"),
    ("working_hours.days.1", "someday", "expected mon, tue"),
    ("working_hours.days", [], "needs at least one entry"),
    ("components.*.owner", "team-", "no team is called team-"),
    ("components.*.owner", "Team-0", "did you mean team-0?"),
    ("components.*.promoted", "yes", "expected true or false"),
    ("components.*.promoted", 1, "expected true or false"),
    ("components.*.labels", [""], "must not be empty"),
    ("components.*.labels", ["x" * 51], "has more than 50 characters"),
    ("components.*.labels", {"a": "b"}, "expected a list"),
    ("components.*.paths", ["src/(a|b/**"], "expected a ) for each ("),
    ("components.*.paths", ["(a|b)" * 9], "expected a glob that means at most"),
    ("components.*.tracker", {"githb": "acme/web"}, "did you mean github?"),
    ("components.*.tracker", {"github": "acme/web", "linear": "PAY"}, "has more than 1 entries"),
    ("components.*.tracker", "github", "expected an indented block"),
    ("routes.*.name", "", "must not be empty"),
    ("routes.*.when", {}, "says nothing; expected one of any_word"),
    ("routes.*.when", "allways", "expected always, or what a report must be like"),
    ("routes.*.when", 3, "expected always, or what a report must be like"),
    ("routes.*.when", {"any_word": []}, "needs at least one entry"),
    ("routes.*.when", {"any_word": [" "]}, "expected one line, without spaces around it"),
    ("routes.*.when", {"any_word": [404]}, "expected text; put it in quotes"),
    ("routes.*.when", {"severity": ["S5"]}, "expected S1, S2, S3 or S4"),
    ("routes.*.when", {"severity": "high"}, "expected S1, S2, S3 or S4"),
    ("routes.*.when", {"reporter_role": "suport"}, "did you mean support?"),
    ("routes.*.when", {"reporter": "ana"}, "expected a member id"),
    ("routes.*.when", {"channel": ["general"]}, "expected a channel id"),
    ("routes.*.when", {"component": ["part_"]}, "no component is called part_"),
    ("routes.*.when", {"url": ["https://acme.dev/(a"]}, "expected a ) for each ("),
    ("routes.*.set", {}, "says nothing; expected one of component"),
    ("routes.*.set", {"severity": "S0", "team": "team-0"}, "expected S1, S2, S3 or S4"),
    ("routes.*.set", {"team": "team0"}, "did you mean team-0?"),
    ("routes.*.set", {"component": "prt_0"}, "did you mean part_0?"),
    ("routes.*.set", {"team": "team-0", "owner": "#ana"}, "expected a member id"),
    ("routes.*.set", {"team": "team-0", "private": "no"}, "expected true or false"),
    ("routes.*.set", {"team": "team-0", "labels": ["x"]}, "expected it in a rule under also"),
    ("also.*.set", {}, "says nothing; expected one of labels"),
    ("also.*.set", {"notify": ["C0LEADS", "leads"]}, "expected a channel id"),
    ("also.*.set", {"found_in": "prod"}, "did you mean production?"),
    ("also.*.set", {"team": "team-0"}, "unknown name; known here: labels"),
    ("channels.*", "nothing", "no component is called nothing"),
    ("channels.*", {"component": "part-1"}, "did you mean part_1?"),
    ("channels.*", {"labl": ["x"]}, "did you mean labels?"),
    ("codeowners", {"file": "NOBODY", "map": {"@acme/pay": "team-0"}}, "there is no such file"),
    ("codeowners", {"file": "CODEOWNERS", "map": {"@acme/pay": "pay"}}, "no team is called pay"),
    ("codeowners", {"repo": "acme/web", "map": {"@acme/pay": "team-0"}}, "cannot be read from a repository yet"),
    ("people.*", {"role": "boss"}, "expected pm, engineer"),
    ("people.*", {"capacity": -1}, "expected at least 0"),
    ("roles.admin", None, "has no value"),
    ("promises.S1", "1d", "expected 1h (hours of the clock)"),
    ("promises.S2", 8, "expected 1h (hours of the clock)"),
    ("promises.S4", "0h", "expected 1h (hours of the clock)"),
    ("days_off", [Raw("2026-13-01")], "cannot read"),
    ("days_off", [Raw("2026-12-24 10:00:00")], "expected a date like 2026-12-24"),
    ("days_off", Raw("2026-12-24"), "expected a list"),
    ("days_off", Raw("[" * 30 + "]" * 30), "is nested deeper than 20 levels"),
    ("days_off", ["tomorrow"], "expected a date like 2026-12-24"),
    ("kpis.*.good", "sideways", "expected up or down"),
    ("kpis.*.every", "sometimes", "expected 15m, 2h, day or week"),
    ("kpis.*.source", {"excel": "A1"}, "expected prometheus, posthog or json"),
    ("audiences.*.weekly", "monday 8", "expected a day and a time in quotes"),
    ("audiences.*.channel", "C0 QA", "expected a channel id"),
    ("audiences.*.empty", "nothing", "expected skip or heartbeat"),
    ("audiences", [], "expected an indented block"),
    ("teams", {}, "needs at least one entry"),
    ("routes", {"name": "x"}, "expected a list"),
    ("routes", "none", "expected a list"),
]
NEEDED = ["version", "teams", "components", "teams.*.channel", "components.*.owner", "routes.*.name", "routes.*.when"]
NEEDED += ["routes.*.set", "also.*.set", "codeowners.file", "kpis.*.source", "audiences.*.channel"]
MISSPELT = ["version", "teams", "components.*.owner", "routes.*.when", "also.*.set", "teams.*.working_hours.tz"]
MISSPELT += [
    "roles.admin",
    "promises.S1",
    "people.*.capacity",
    "channels.*.found_in",
    "kpis.*.every",
    "working_hours.days",
]


def _wrong_value(pattern: str, value: Any, says: str) -> Callable[[random.Random, Tree], Damage]:
    def damage(chance: random.Random, tree: Tree) -> Damage:
        path = _choose(chance, tree, pattern, is_last_free=pattern.startswith("routes.*"))
        if path[-1] in {"when", "set"} and path[0] == "routes":
            _holder(tree, path)["when"] = {"any_word": ["alone"]}
        _holder(tree, path)[path[-1]] = value
        return Damage(path, says, is_written_here=True)

    return damage


def _left_out(pattern: str) -> Callable[[random.Random, Tree], Damage]:
    def damage(chance: random.Random, tree: Tree) -> Damage:
        path = _choose(chance, tree, pattern, is_last_free=True)
        del _holder(tree, path)[path[-1]]
        return Damage(path[:-1], "is missing")

    return damage


def _misspelt(pattern: str) -> Callable[[random.Random, Tree], Damage]:
    def damage(chance: random.Random, tree: Tree) -> Damage:
        path = _choose(chance, tree, pattern)
        holder, name = _holder(tree, path), str(path[-1])
        wrong = chance.choice([name + "x", name.upper() if name.islower() else name + "_", "é" + name])
        kept = {(wrong if key == name else key): value for key, value in holder.items()}
        holder.clear()
        holder.update(kept)
        return Damage((*path[:-1], wrong), f"did you mean {name}?")

    return damage


def _route_after_always(chance: random.Random, tree: Tree) -> Damage:
    tree["routes"].append({"name": "too late", "when": {"any_word": ["x"]}, "set": {"team": "team-0"}})
    return Damage(("routes", len(tree["routes"]) - 1), "never decides")


def _name_twice(chance: random.Random, tree: Tree) -> Damage:
    last = len(tree["routes"]) - 1
    tree["routes"][last]["name"] = tree["routes"][0]["name"]
    return Damage(("routes", last, "name"), "rule 1 has this name too")


def _no_last_rule(chance: random.Random, tree: Tree) -> Damage:
    tree["routes"].pop()
    return Damage(("routes", len(tree["routes"]) - 1), "expected a last rule for all other reports")


def _two_teams(chance: random.Random, tree: Tree) -> Damage:
    component = chance.choice(list(tree["components"]))
    other = next(team for team in tree["teams"] if team != tree["components"][component]["owner"])
    tree["routes"][0]["when"] = {"any_word": ["x"]}
    tree["routes"][0]["set"] = {"component": component, "team": other}
    return Damage(("routes", 0, "set", "team"), "expected component or team, not both")


def _as_given_alone(chance: random.Random, tree: Tree) -> Damage:
    tree["routes"][0] = {"name": "new", "when": {"any_word": ["x"]}, "set": {"component": "as-given"}}
    return Damage(("routes", 0, "set", "component"), "expected component: given in its when")


def _by_path_alone(chance: random.Random, tree: Tree) -> Damage:
    tree["routes"][0] = {"name": "new", "when": {"any_word": ["x"]}, "set": {"component": "by-path"}}
    return Damage(("routes", 0, "set", "component"), "expected path: owned in its when")


def _nobody_to_pick(chance: random.Random, tree: Tree) -> Damage:
    team = chance.choice(list(tree["teams"]))
    tree["teams"][team]["pick"] = "rotate-weekly"
    del tree["teams"][team]["people"]
    return Damage(("teams", team, "pick"), "needs people")


def _bad_key(section: str, key: Any, says: str) -> Callable[[random.Random, Tree], Damage]:
    def damage(chance: random.Random, tree: Tree) -> Damage:
        tree[section][key] = next(iter(tree[section].values()))
        return Damage((section, key), says)

    return damage


def _in_text(says: str, pattern: str, change: Callable[[Rows, int], int]) -> Callable[[random.Random, Tree], Damage]:
    def damage(chance: random.Random, tree: Tree) -> Damage:
        return Damage(_choose(chance, tree, pattern), says, to_text=change)

    return damage


def _with_tab(rows: Rows, line: int) -> int:
    rows[line - 1] = "\t" + rows[line - 1].lstrip()
    return line


def _twice(rows: Rows, line: int) -> int:
    rows.insert(line, rows[line - 1])
    return line + 1


def _instead(value: str) -> Callable[[Rows, int], int]:
    def change(rows: Rows, line: int) -> int:
        rows[line - 1] = f"{rows[line - 1].partition(':')[0]}: {value}"
        return line

    return change


def _added(text: str) -> Callable[[Rows, int], int]:
    def change(rows: Rows, line: int) -> int:
        rows[line - 1] += text
        return line

    return change


TEXTS = [
    _in_text("this is no YAML", "teams.*.channel", _with_tab),
    _in_text("is here twice", "teams.*.channel", _twice),
    _in_text("is here twice", "components.*.owner", _twice),
    _in_text("is here twice; first in line", "version", _twice),
    _in_text("found undefined alias", "teams.*.channel", _instead("*nobody")),
    _in_text("this is no YAML", "teams.*.channel", _instead("C0QA: C0WEB")),
    _in_text("this is no YAML", "components.*.owner", _instead("a ] b: c")),
    _in_text("this is no YAML", "components.*.owner", _instead("@ana")),
    _in_text("this is no YAML", "components.*.owner", _instead("%web")),
    _in_text("this is no YAML", "components.*.owner", _instead('"unfinished" text')),
    _in_text("cannot read", "components.*.owner", _instead("!!python/name:os.system web")),
    _in_text("cannot read", "components.*.owner", _instead("!secret web")),
    _in_text("has no value", "components.*.owner", _instead("&nothing")),
    _in_text("has no value", "components.*.owner", _instead("~")),
    _in_text("has no value", "teams.*.channel", _instead("#qa")),
    _in_text("holds the control character U+0000", "version", _added(" # \0")),
    _in_text("holds the control character U+001B", "version", _added(" # \x1b")),
]
OTHERS = [_route_after_always, _name_twice, _no_last_rule, _two_teams, _as_given_alone, _by_path_alone, _nobody_to_pick]
OTHERS += [
    _bad_key("teams", "zwei Wörter", "expected a short name of letters"),
    _bad_key("components", "größe", "expected a short name of letters"),
    _bad_key("channels", "general", "expected a channel id"),
    _bad_key("people", "ana", "expected a member id"),
    _bad_key("teams", Raw("12"), "expected a word before the colon"),
]
KINDS = [
    *[_wrong_value(*one) for one in VALUES],
    *[_left_out(pattern) for pattern in NEEDED],
    *[_misspelt(pattern) for pattern in MISSPELT],
    *TEXTS,
    *OTHERS,
]


def _choose(chance: random.Random, tree: Tree, pattern: str, *, is_last_free: bool = False) -> Path:
    """Choose a path of a tree by a pattern in which * stands for any name; the last rule can be spared."""
    paths = [path for path in _paths(tree, pattern.split(".")) if not (is_last_free and _is_last_rule(tree, path))]
    return chance.choice(paths)


def _is_last_rule(tree: Tree, path: Path) -> bool:
    return path[:2] == ("routes", len(tree["routes"]) - 1)


def _paths(node: Any, parts: list[str], path: Path = ()) -> Iterator[Path]:
    if not parts:
        yield path
        return
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in inside:
        if parts[0] in {"*", str(key)}:
            yield from _paths(inner, parts[1:], (*path, key))


def _holder(tree: Tree, path: Path) -> Any:
    found: Any = tree
    for part in path[:-1]:
        found = found[part]
    return found
