"""A CODEOWNERS file: who owns which files, in the words of GitHub; of the lines that fit, the last decides."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.routing.globs import fits_code_owner

MOST_LINES = 5000
_BLANK = re.compile(r"(?<!\\)\s+")
_SECTION = re.compile(r"\^?\[[^\]]+\](\[\d+\])?(\s|$)")
# GitHub skips lines with these: they mean something in .gitignore, and nothing here.
_UNKNOWN = re.compile(r"^!|(?<!\\)\[")


class CodeOwnersError(ValueError):
    """A CODEOWNERS file that cannot be used; the text says why."""


@dataclass(frozen=True)
class CodeOwner:
    """One line: its number, the pattern, and who owns what fits; nobody if none are named."""

    line: int
    pattern: str
    owners: tuple[str, ...]


@dataclass(frozen=True)
class CodeOwnersFile:
    """The lines of a CODEOWNERS file in their order, found again by a folder or name that stands in their pattern."""

    lines: tuple[CodeOwner, ...] = ()
    _by_part: dict[str, list[CodeOwner]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        counts = Counter(part for line in self.lines for part in _plain_parts(line.pattern))
        for line in self.lines:
            # The rarest tells most; lines without anything plain stand under no name.
            rarest = min(_plain_parts(line.pattern), key=lambda part: counts[part], default="")
            self._by_part.setdefault(rarest, []).append(line)

    def team_for(self, teams: Mapping[str, str], file: str) -> str | None:
        """Give the team of the last line that a file fits; None if that line names nobody whom `teams` knows."""
        parts = {"", *file.split("/")}
        near = [line for part in parts for line in self._by_part.get(part, ())]
        for line in sorted(near, key=lambda one: one.line, reverse=True):
            if fits_code_owner(line.pattern, file):
                return next((teams[owner] for owner in line.owners if owner in teams), None)
        return None


def parse(text: str) -> CodeOwnersFile:
    """Read the lines of a CODEOWNERS file; those that GitHub skips are skipped.

    Raises:
        CodeOwnersError: it has sections, as on GitLab, or too many lines.
    """
    found = []
    for number, written in enumerate(text.splitlines(), start=1):
        line = re.split(r"(?:^|(?<!\\)\s)#", written.strip(), maxsplit=1)[0].strip()
        if _SECTION.match(line):
            raise CodeOwnersError(f"line {number}: sections, as on GitLab, are not read; expected lines as on GitHub")
        if line and not _UNKNOWN.search(line):
            pattern, *owners = _BLANK.split(line)
            found.append(CodeOwner(number, re.sub(r"\\(.)", r"\1", pattern), tuple(owners)))
    if len(found) > MOST_LINES:
        raise CodeOwnersError(f"expected at most {MOST_LINES} lines that say who owns what")
    return CodeOwnersFile(tuple(found))


def _plain_parts(pattern: str) -> list[str]:
    return [part for part in pattern.split("/") if part and not set(part) & {"*", "?"}]
