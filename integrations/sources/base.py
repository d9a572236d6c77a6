"""The source protocol: what digests read from elsewhere that is no issue tracker, such as Figma.

It fails as trackers do, with TrackerError, and tells what trackers tell besides issues: items.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from integrations.trackers.base import Item, Standing, TrackerVariable
from storage.models import ItemKind


@dataclass(frozen=True)
class SourceChanges:
    """What stands in a source now. Of the kinds in `whole`, what is not among `items` stands there no more.

    `cursor` is what the next reading is given, so that it need not read what did not change (opaque).
    """

    items: tuple[Item, ...]
    whole: frozenset[ItemKind]
    cursor: str


class Source(Protocol):
    """One project (a file, a board) of a source. Every method may raise TrackerError, and nothing else."""

    async def check(self) -> Standing:
        """Ask whether all can be read that is wanted; changes nothing."""

    async def changes_since(self, cursor: str) -> SourceChanges:
        """Read what stands there; an empty cursor begins."""

    async def close(self) -> None:
        """Let go of its connections; nothing is asked after that."""


@dataclass(frozen=True)
class SourceContext:
    """What a source is made from. `values` are its variables, by name; those not given are empty."""

    project: str
    values: Mapping[str, str]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class SourceKind:
    """A source as it is registered; `project_pattern` (whole match) is what the settings file may name of it."""

    name: str
    title: str
    project_pattern: str
    project_example: str
    make: Callable[[SourceContext], Source]
    variables: tuple[TrackerVariable, ...] = ()

    def lacking(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Name the variables that must still be given."""
        return tuple(one.name for one in self.variables if one.required and not values.get(one.name))
