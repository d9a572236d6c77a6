"""Reads the settings file; all that is wrong with it is told at once, with line and column."""

from collections.abc import Iterable
from pathlib import Path as FilePath
from stat import S_ISREG

from pydantic import ValidationError

from bot.routing import codeowners, whole_file
from bot.routing.expectations import problem_of
from bot.routing.problems import Problem, SettingsError, problem_at
from bot.routing.settings import Settings, default_settings
from bot.routing.yaml_source import Source, parse

__all__ = ["LARGEST_BYTES", "Problem", "SettingsError", "load_settings", "read_settings"]

# Some 4,000 rules; reading takes seconds.
LARGEST_BYTES = 256 * 1024
# As on GitHub.
LARGEST_CODEOWNERS_BYTES = 3 * 1024 * 1024
# Whoever has more of them has another file in mind.
MOST_PROBLEMS = 500
_TOO_LARGE = "is larger than 256 KiB"


class _Unreadable(Exception):
    """A file that cannot be read; the text says why."""


def read_settings(path: FilePath, channel: str, *, required: bool) -> Settings:
    """Read the settings file; without one, unless it is required, make those of one team in `channel`.

    Raises:
        SettingsError: the file cannot be read, or something in it is wrong.
    """
    try:
        content = _read(path, LARGEST_BYTES)
    except FileNotFoundError:
        if not required:
            return default_settings(channel)
        raise _refusal(str(path), "there is no such file; LIAISON_SETTINGS names it") from None
    except _Unreadable as failure:
        raise _refusal(str(path), str(failure)) from failure
    settings, source = _load(_decode(content, str(path)), str(path))
    return _with_code_owners(settings, source, path)


def load_settings(text: str, path: str) -> Settings:
    """Read the text of a settings file; `path` is how messages call it. A CODEOWNERS file is not looked for.

    Raises:
        SettingsError: with everything that is wrong.
    """
    return _load(text, path)[0]


def _load(text: str, path: str) -> tuple[Settings, Source]:
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
        raise _refusal(path, _TOO_LARGE)
    source = parse(text)
    faults = tuple(problem_at(fault.place, fault.path, fault.text) for fault in source.faults)
    if source.content is None:
        raise SettingsError(path, faults or (Problem(1, 1, "", "expected names and values"),))
    settings, refused = _validate(source)
    found = _first_of_each(faults, [*refused, *whole_file.problems_of(source)])
    if settings is None or found:
        raise SettingsError(path, tuple(sorted(found)))
    return settings, source


def _validate(source: Source) -> tuple[Settings | None, list[Problem]]:
    try:
        return Settings.model_validate(source.content), []
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)[:MOST_PROBLEMS]
        problems = (problem_of(source, error) for error in errors)
        return None, [problem for problem in problems if problem is not None]


def _first_of_each(faults: tuple[Problem, ...], others: Iterable[Problem]) -> list[Problem]:
    """Leave one problem for each path; what could not be read has been named, that it is then missing is no news."""
    unreadable = {(problem.line, problem.column) for problem in faults}
    news = [problem for problem in others if (problem.line, problem.column) not in unreadable]
    return list({(one.line, one.column, one.path): one for one in reversed([*faults, *news])}.values())


def _with_code_owners(settings: Settings, source: Source, path: FilePath) -> Settings:
    """Read the CODEOWNERS file that a settings file names, seen from its folder."""
    if settings.codeowners is None:
        return settings
    try:
        text = _read(path.parent / settings.codeowners.file, LARGEST_CODEOWNERS_BYTES).decode("utf-8-sig")
        return settings.with_code_owners(codeowners.parse(text))
    except FileNotFoundError:
        why = "there is no such file"
    except UnicodeDecodeError:
        why = "is not UTF-8"
    except (_Unreadable, codeowners.CodeOwnersError) as failure:
        why = str(failure)
    place = source.place_of(("codeowners", "file"))
    text = f"{settings.codeowners.file}: {why}; expected a CODEOWNERS file as on GitHub"
    raise SettingsError(str(path), (problem_at(place, ("codeowners", "file"), text),))


def _read(path: FilePath, most: int) -> bytes:
    try:
        # A pipe or device would never end.
        if path.exists() and not path.is_dir() and not S_ISREG(path.stat().st_mode):
            raise _Unreadable("cannot be read: Is no plain file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "its name cannot be used"
        raise _Unreadable(f"cannot be read: {reason}") from failure
    if len(content) > most:
        raise _Unreadable(f"is larger than {most // 1024} KiB")
    return content


def _decode(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = content.count(b"\n", 0, broken.start) + 1
        column = broken.start - content.rfind(b"\n", 0, broken.start)
        problem = Problem(line, column, "", "is not UTF-8; save the file as UTF-8")
    raise SettingsError(path, (problem,))


def _refusal(path: str, text: str) -> SettingsError:
    return SettingsError(path, (Problem(1, 1, "", text),))
