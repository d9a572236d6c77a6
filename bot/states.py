"""What all state machines share: a table of transitions, the way found in it, and the table drawn for the docs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


@dataclass(frozen=True)
class Transition(Generic[S, A]):
    """One line of a table: what is done in any of `sources` leads to `target`."""

    sources: tuple[S, ...]
    action: A
    target: S

    @property
    def cells(self) -> tuple[str, ...]:
        """Give what the docs say of it, in the order of the machine's `heads`."""
        return (", ".join(self.sources), self.action, self.target)


T = TypeVar("T", bound=Transition[Any, Any])


@dataclass(frozen=True)
class Machine(Generic[T]):
    """A table with where a way begins and may end. `begin` is what makes the thing that is then in `start`."""

    transitions: tuple[T, ...]
    start: StrEnum
    begin: str
    ends: tuple[StrEnum, ...]
    heads: tuple[str, ...] = ("from", "step", "to")

    def find(self, action: StrEnum, state: StrEnum) -> T | None:
        """Find the line for what is done in a state; None means it cannot be done there."""
        return next((one for one in self.transitions if one.action is action and state in one.sources), None)

    def diagram(self) -> str:
        """Draw the states and the ways between them, for Mermaid."""
        arrows: dict[tuple[str, str], list[str]] = {}
        for line in self.transitions:
            for source in line.sources:
                arrows.setdefault((source, line.target), []).append(line.action)
        drawn = [f"    {source} --> {target}: {', '.join(actions)}" for (source, target), actions in arrows.items()]
        ended = [f"    {state} --> [*]" for state in self.ends]
        return "\n".join(["stateDiagram-v2", f"    [*] --> {self.start}: {self.begin}", *drawn, *ended])

    def table(self) -> str:
        """Write the lines as a table in Markdown."""
        head, *rows = (f"| {' | '.join(cells)} |" for cells in (self.heads, *(one.cells for one in self.transitions)))
        return "\n".join([head, f"|{'---|' * len(self.heads)}", *rows])
