"""Reads the settings file; all that is wrong with it is told at once, with line and column."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.routing.settings import (
    CHANNEL_PATTERN,
    KEY_PATTERN,
    PERSON_PATTERN,
    Component,
    Roles,
    Settings,
    Team,
    default_settings,
)
from bot.routing.yaml_source import Path, Place, Source, parse

LARGEST_BYTES = 1024 * 1024
MOST_SHOWN = 20  # One screen.
_PATTERNS = {
    KEY_PATTERN: "expected a short name of letters, digits, - and _",
    PERSON_PATTERN: "expected a member id like U0123ABCD (profile > More > Copy member ID)",
    CHANNEL_PATTERN: 'expected a channel id like C0123ABCD, or "#name" in quotes',
}
_EXPECTED = {
    "missing": "is missing",
    "too_short": "needs at least one entry",
    "string_too_short": "must not be empty",
    "string_type": "expected text; put it in quotes",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "tuple_type": "expected a list, like [a, b]",
    "dict_type": "expected an indented block of names and values",
    "model_type": "expected an indented block of names and values",
    "model_attributes_type": "expected an indented block of names and values",
}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a settings file; `path` leads to it, like components.checkout.owner."""

    line: int
    column: int
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.path}: {self.text}" if self.path else self._without_path()

    def _without_path(self) -> str:
        return f"{self.line}:{self.column} {self.text}"


class SettingsError(Exception):
    """The settings file cannot be used; the text names every problem with its line, one a line."""

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        lines = [f"{path}:{problem}" for problem in problems[:MOST_SHOWN]]
        if len(problems) > MOST_SHOWN:
            lines.append(f"and {len(problems) - MOST_SHOWN} more")
        super().__init__("\n".join(lines))
        self.path = path
        self.problems = problems


def read_settings(path: FilePath, channel: str, *, required: bool) -> Settings:
    """Read the settings file; without one, unless it is required, make those of one team in `channel`.

    Raises:
        SettingsError: the file cannot be read, or something in it is wrong.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if not required:
            return default_settings(channel)
        raise _refusal(str(path), "there is no such file; LIAISON_SETTINGS names it") from None
    except OSError as failure:
        raise _refusal(str(path), f"cannot be read: {failure.strerror}") from failure
    if len(content) > LARGEST_BYTES:
        raise _refusal(str(path), "is larger than 1 MiB")
    return load_settings(_decode(content, str(path)), str(path))


def load_settings(text: str, path: str) -> Settings:
    """Read the text of a settings file; `path` is how messages call it.

    Raises:
        SettingsError: with everything that is wrong.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
        raise _refusal(path, "is larger than 1 MiB")
    source = parse(text)
    if source.content is None:
        raise SettingsError(path, _faults(source) or _whole("expected names and values"))
    problems = _faults(source)
    settings, refused = _validate(source)
    # What could not be read has been named already; that it is then missing is no news.
    named = {(problem.line, problem.column) for problem in problems}
    news = [problem for problem in refused if (problem.line, problem.column) not in named]
    found = {*problems, *news, *_unknown_names(source)}
    if settings is None or found:
        raise SettingsError(path, tuple(sorted(found)))
    return settings


def _validate(source: Source) -> tuple[Settings | None, tuple[Problem, ...]]:
    try:
        return Settings.model_validate(source.content), ()
    except ValidationError as invalid:
        return None, tuple(_problem(source, error) for error in invalid.errors(include_url=False))


def _problem(source: Source, error: Mapping[str, Any]) -> Problem:
    # pydantic marks an error in a key itself by a last part "[key]".
    in_key = error["loc"][-1:] == ("[key]",)
    path = error["loc"][:-1] if in_key else error["loc"]
    if error["type"] == "extra_forbidden":
        return _at(source.place_of_key(path), path, _unknown_key(path))
    if error["type"] == "missing":
        return _at(source.place_of_key(path[:-1]), path, _EXPECTED["missing"])
    place = source.place_of_key(path) if in_key else source.place_of_value(path)
    return _at(place, path, _expectation(error))


def _expectation(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    if error["type"] == "string_pattern_mismatch":
        return _PATTERNS[context["pattern"]]
    if error["type"] in {"too_long", "string_too_long"}:
        unit = "characters" if error["type"] == "string_too_long" else "entries"
        return f"has more than {context['max_length']} {unit}"
    if error["type"] in {"literal_error", "enum"}:
        return f"expected {context['expected']}".replace("'", "")
    if error["type"] == "value_error":
        return str(context["error"])
    return _EXPECTED.get(error["type"]) or error["msg"].lower()


def _unknown_key(path: Path) -> str:
    known = _keys_beside(path)
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
    return f"unknown name; {hint}"


def _keys_beside(path: Path) -> list[str]:
    if len(path) == 1:
        return list(Settings.model_fields)
    models: dict[str, type[BaseModel]] = {"teams": Team, "components": Component, "roles": Roles}
    return list(models[str(path[0])].model_fields)


def _unknown_names(source: Source) -> Iterator[Problem]:
    """Find components whose team, and channels whose component, the file does not have."""
    teams, components = _block(source.content, "teams"), _block(source.content, "components")
    for key, component in components.items():
        owner = _block(components, key).get("owner") if isinstance(component, dict) else None
        if isinstance(owner, str) and owner not in teams:
            path: Path = ("components", key, "owner")
            yield _at(source.place_of_value(path), path, _no_such("team", owner, teams))
    for channel, target in _block(source.content, "channels").items():
        if isinstance(target, str) and target not in components:
            path = ("channels", channel)
            yield _at(source.place_of_value(path), path, _no_such("component", target, components))


def _no_such(kind: str, name: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known) or 'none'}"
    return f"no {kind} is called {name[:64]}; {hint}"


def _block(content: Any, key: str) -> dict[str, Any]:
    found = content.get(key) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def _decode(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = content.count(b"\n", 0, broken.start) + 1
        column = broken.start - content.rfind(b"\n", 0, broken.start)
        problem = Problem(line, column, "", "is not UTF-8; save the file as UTF-8")
    raise SettingsError(path, (problem,))


def _faults(source: Source) -> tuple[Problem, ...]:
    return tuple(_at(fault.place, fault.path, fault.text) for fault in source.faults)


def _at(place: Place, path: Path, text: str) -> Problem:
    return Problem(place.line, place.column, ".".join(str(part) for part in path), text)


def _whole(text: str) -> tuple[Problem, ...]:
    return (Problem(1, 1, "", text),)


def _refusal(path: str, text: str) -> SettingsError:
    return SettingsError(path, _whole(text))
