"""Which words go with which component: counts over past reports in a fixed amount of memory; pure."""

import math
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from bot.duplicates import words

# As much of the body as a chat message has: what comes after it are logs, which say little of the component.
BODY_CUT = 280
# Words share counters, so that memory stays the same however many there are: 128 kB for each component.
_COUNTERS = 1 << 15
_NONE = array("i", bytes(4 * _COUNTERS))
# So many reports of each word are imagined that are spread as all reports are.
_IMAGINED = 5.0
_BODY_WEIGHT = 0.25
# The words of a text are no independent witnesses: each counts half.
_WITNESS = 0.5
# How many reports it takes until the counts are worth half of what they are with many.
_FIRST_REPORTS = 50


@dataclass(frozen=True)
class Marks:
    """The words of a text as numbers of counters: of its title, and those only of its body."""

    title: frozenset[int]
    body: frozenset[int]


def marks(title: str, body: str) -> Marks:
    """Read the words of a text."""
    in_title = frozenset(_counters(title))
    return Marks(in_title, frozenset(_counters(body[:BODY_CUT])) - in_title)


class Statistics:
    """How often each word is said in the reports of each component."""

    def __init__(self) -> None:
        self._all = array("i", _NONE)
        self._of: dict[str, array[int]] = {}
        self._reports: Counter[str] = Counter()

    def learn(self, read: Marks, component: str) -> None:
        """Count a report of a component."""
        self._count(read, component, 1)

    def unlearn(self, read: Marks, component: str) -> None:
        """Take a report out that was counted."""
        self._count(read, component, -1)

    def shares(self, read: Marks) -> dict[str, float]:
        """Say how likely each component is by the words alone; all together below one while there are few reports."""
        total = self._reports.total()
        heard = [(one, 1.0) for one in read.title if self._all[one]]
        heard += [(one, _BODY_WEIGHT) for one in read.body if self._all[one]]
        odds: dict[str, float] = {}
        for component, count in self._reports.items():
            if count > 0:
                counted, scale = self._of[component], total / count
                odds[component] = _WITNESS * sum(
                    weight * math.log((counted[one] * scale + _IMAGINED) / (self._all[one] + _IMAGINED))
                    for one, weight in heard
                )
        return _normal(odds, total / (total + _FIRST_REPORTS)) if heard else {}

    def _count(self, read: Marks, component: str, by: int) -> None:
        counted = self._of.setdefault(component, array("i", _NONE))
        self._reports[component] += by
        for one in read.title | read.body:
            counted[one] += by
            self._all[one] += by


def _normal(odds: dict[str, float], total: float) -> dict[str, float]:
    most = max(odds.values(), default=0.0)
    raised = {component: math.exp(value - most) for component, value in odds.items()}
    scale = total / (sum(raised.values()) or 1)
    return {component: value * scale for component, value in raised.items()}


def _counters(text: str) -> Iterator[int]:
    return (crc32(word.encode(errors="replace")) % _COUNTERS for word in words.split(text))
