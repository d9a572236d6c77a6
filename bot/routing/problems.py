"""What is wrong in a settings file, and where: one problem for each place."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.routing.yaml_source import Path, Place

MOST_SHOWN = 20  # One screen.
LONGEST_SHOWN = 64


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


def problem_at(place: Place, path: Path, text: str) -> Problem:
    """Make a problem; `path` is shown with dots."""
    return Problem(place.line, place.column, ".".join(shown(part) for part in path), text)


def no_such(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that there is nothing of a kind by this name, and what was meant or what there is."""
    return f"no {kind} is called {shown(name)}; {hint(name, known) or f'there are: {listed(known)}'}"


def hint(name: str, known: Iterable[str]) -> str:
    """Say which of the known names was meant; empty where none is like it."""
    by_fold = {one.casefold(): one for one in known}
    folded = name[:LONGEST_SHOWN].casefold()
    longer = [one for one in by_fold if len(folded) > 2 and one.startswith(folded)]
    close = difflib.get_close_matches(folded, by_fold, n=1) or longer
    return f"did you mean {by_fold[close[0]]}?" if close else ""


def listed(known: Iterable[str]) -> str:
    """Name what there is."""
    return ", ".join(known) or "none"


def shown(part: str | int) -> str:
    """Give a name of the file on one line, and not at any length."""
    text = str(part)
    clean = "".join(char if char.isprintable() else "?" for char in text[: LONGEST_SHOWN + 1])
    return clean if len(text) <= LONGEST_SHOWN else f"{clean[:LONGEST_SHOWN]}…"
