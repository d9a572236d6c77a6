"""Jira's statuses folded to the four states, and the way to one of them: every project has a workflow of its own."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.models import IssueState

# Where neither the status nor the resolution says that an issue will not be done, this label does.
DROPPED_LABEL = "wontfix"
CATEGORIES = {
    IssueState.OPEN: "new",
    IssueState.DOING: "indeterminate",
    IssueState.DONE: "done",
    IssueState.DROPPED: "done",
}
# Resolutions and statuses that mean "closed, but not done".
_DROPPED = re.compile(
    r"won.?t|duplicat|cannot reproduce|can.?t reproduce|not reproduc|declin|reject|invalid|incomplete|obsolete|"
    r"cancel|abandon|not a bug|by design|works as|unresolved|drop",
    re.IGNORECASE,
)
_DUPLICATE = re.compile(r"duplicat", re.IGNORECASE)
_BEST = {
    IssueState.OPEN: re.compile(r"^(to do|open|reopened|new|backlog)$", re.IGNORECASE),
    IssueState.DOING: re.compile(r"progress|doing|started", re.IGNORECASE),
    IssueState.DONE: re.compile(r"^(done|resolved|closed|fixed|completed?)$", re.IGNORECASE),
    IssueState.DROPPED: re.compile(r"won.?t|declin|reject|cancel", re.IGNORECASE),
}


class Named(Protocol):
    """A thing with a name."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Way:
    """A transition: where it leads, and which resolutions may be given on it (none: it does not ask)."""

    id: str
    category: str
    status: str
    resolutions: Sequence[str] = ()


@dataclass(frozen=True)
class Step:
    """The transition to take, and the resolution to give on it (empty: none)."""

    id: str
    resolution: str = ""


def state_of(category: str, status: str, resolution: str, labels: Collection[str]) -> IssueState:
    """Fold a status: by its category, and of those that are over by the resolution, the status's name or our label."""
    if category == "indeterminate":
        return IssueState.DOING
    if category != "done":
        return IssueState.OPEN
    is_dropped = _DROPPED.search(resolution) or _DROPPED.search(status) or DROPPED_LABEL in labels
    return IssueState.DROPPED if is_dropped else IssueState.DONE


def choose(ways: Iterable[Way], state: IssueState, *, is_duplicate: bool = False) -> Step | None:
    """Choose the transition that leads to a state; None if none does.

    For an issue that will not be done any closed status will do: a label says the rest.
    """
    fitting = [way for way in ways if way.category == CATEGORIES[state]]
    if state is IssueState.DONE:
        fitting = [way for way in fitting if not _DROPPED.search(way.status)]
    if not fitting:
        return None
    best = max(fitting, key=lambda way: _fitness(way, state))
    return Step(best.id, _resolution(best.resolutions, state, is_duplicate=is_duplicate))


def _fitness(way: Way, state: IssueState) -> int:
    """Say how well a transition fits: by the name of the status, then by whether it can say why."""
    is_named = bool(_BEST[state].search(way.status)) or (
        state is IssueState.DROPPED and bool(_DROPPED.search(way.status))
    )
    return 2 * is_named + bool(state is IssueState.DROPPED and _resolution(way.resolutions, state))


def _resolution(names: Sequence[str], state: IssueState, *, is_duplicate: bool = False) -> str:
    if state is IssueState.DONE:
        fitting = [name for name in names if not _DROPPED.search(name)]
        return next((name for name in fitting if _BEST[state].search(name)), next(iter(fitting), ""))
    if state is not IssueState.DROPPED:
        return ""
    fitting = [name for name in names if _DROPPED.search(name)]
    wanted = _DUPLICATE if is_duplicate else _BEST[state]
    return next((name for name in fitting if wanted.search(name)), next(iter(fitting), ""))
