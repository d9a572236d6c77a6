"""The settings file while the bot runs: has it changed, can it be used, and in which line a channel stands."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from bot.routing.load import Problem, SettingsError, read_settings
from bot.routing.settings import Settings
from bot.routing.yaml_source import Path, parse

# Where there is no file, the settings of one team are in force.
ABSENT = "absent"
# Under these names stand channels, and people.
_CHANNELS = frozenset({"channel", "channels", "notify"})
_PEOPLE = frozenset({"people", "lead", "owner", "reporter", "triage", "admin", "health_from"})


@dataclass(frozen=True)
class SettingsFile:
    """Where the settings are; without a file, unless it is required, one team triages in `channel`."""

    path: FilePath
    channel: str
    required: bool

    @property
    def name(self) -> str:
        """Give what people call the file."""
        return self.path.name

    def signature(self, settings: Settings) -> tuple[int, ...]:
        """Give what changes whenever the file or the CODEOWNERS file of `settings` does, without reading them."""
        owners = (self._code_owners(settings),) if settings.codeowners else ()
        return tuple(number for path in (self.path, *owners) for number in _signature(path))

    def read(self) -> "Reading":
        """Read the file as it is now."""
        text = _text(self.path)
        try:
            settings = read_settings(self.path, self.channel, required=self.required)
        except SettingsError as refused:
            return Reading(_digest(text, None), text or "", None, refused.problems)
        owners = _text(self._code_owners(settings)) if settings.codeowners else None
        return Reading(_digest(text, owners), text or "", settings)

    def _code_owners(self, settings: Settings) -> FilePath:
        return self.path.parent / (settings.codeowners.file if settings.codeowners else "")


@dataclass(frozen=True)
class Reading:
    """What a file held when it was read; without settings `problems` say why. `digest` names the content."""

    digest: str
    text: str
    settings: Settings | None
    problems: tuple[Problem, ...] = ()


def problems_of(text: str, refused: dict[str, str]) -> tuple[Problem, ...]:
    """Give each place of a text that names a channel or person of `refused`, with what is said of it there."""
    source = parse(text)
    found = []
    for path, name in _references(source.content, (), _CHANNELS | _PEOPLE):
        if name in refused:
            place = source.place_of_key(path) if path[-1] == name else source.place_of_value(path)
            shown = ".".join(str(part) for part in path)
            found.append(Problem(place.line, place.column, shown, refused[name]))
    return tuple(sorted(set(found)))


def channels_named(text: str) -> tuple[str, ...]:
    """List every channel that a text names, as an id or as #name, each once."""
    return tuple(dict.fromkeys(name for _, name in _references(parse(text).content, (), _CHANNELS)))


def summary(settings: Settings) -> str:
    """Count what the settings hold."""
    counts = {
        "team": len(settings.teams),
        "component": len(settings.components),
        "rule": len(settings.routes) + len(settings.also),
    }
    return ", ".join(f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items())


def _text(path: FilePath) -> str | None:
    """Give the text of a file as far as it can be read; None when there is none."""
    try:
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return None


def _signature(path: FilePath) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return (0,)
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(text: str | None, owners: str | None) -> str:
    if text is None:
        return ABSENT
    return hashlib.sha256(f"{text}\0{owners or ''}".encode()).hexdigest()[:16]


def _references(node: Any, path: Path, names: frozenset[str]) -> Iterator[tuple[Path, str]]:
    """Give each text that stands under one of `names`, alone, in a list or as a name itself, with the path to it."""
    under = next((part for part in reversed(path) if isinstance(part, str)), "")
    if isinstance(node, str) and under in names:
        yield path, node
    elif isinstance(node, list):
        for at, one in enumerate(node):
            yield from _references(one, (*path, at), names)
    elif isinstance(node, dict):
        for key, value in node.items():
            if under in names:
                yield (*path, key), key
            yield from _references(value, (*path, key), names)
