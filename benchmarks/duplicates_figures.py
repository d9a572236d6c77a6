"""Answers become figures: recall, precision of what is shown, false alarms, latency."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from benchmarks.duplicates_product import Answer

_ALLOWED_ALARMS = (0.05, 0.1, 0.2, 0.5)


@dataclass
class Tally:
    """What was found in one view: ranks of the right one (None: not among the first), and what the form showed."""

    ranks: list[int | None] = field(default_factory=list)
    plain_ranks: list[int | None] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    best_of_others: list[float] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    alarms: list[bool] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)
    plain_ms: list[float] = field(default_factory=list)

    def known(self, answer: Answer, wanted: frozenset[int]) -> None:
        """Count an answer to a report that is known."""
        self.ranks.append(rank(answer.ranked, wanted))
        self.best.append(answer.best)
        self.shown.append(bool(answer.shown))
        self.right.append(not wanted.isdisjoint(answer.shown))
        self.took_ms.append(answer.took_ms)

    def new(self, answer: Answer) -> None:
        """Count an answer to a report that is new."""
        self.best_of_others.append(answer.best)
        self.alarms.append(bool(answer.shown))
        self.took_ms.append(answer.took_ms)

    def figures(self) -> dict[str, Any]:
        """Give all figures of this view; rates are from 0 to 1."""
        shown = sum(self.shown) + sum(self.alarms)
        return {
            **recalls(self.ranks),
            "precision_shown": _rate(sum(self.right), shown),
            "shown_rate": _rate(shown, len(self.shown) + len(self.alarms)),
            "right_shown": _rate(sum(self.right), len(self.right)),
            "false_alarms": _rate(sum(self.alarms), len(self.alarms)),
            "hit@5_at_false_alarms": {f"{allowed:.2f}": self._hits_at(allowed) for allowed in _ALLOWED_ALARMS},
            **latencies(self.took_ms),
            "plain_fts5": {**recalls(self.plain_ranks), **latencies(self.plain_ms)},
        }

    def _hits_at(self, allowed: float) -> float:
        """Give the share of known reports with a right hint among five, if so many new ones may see a wrong one."""
        others = sorted(self.best_of_others, reverse=True)
        if not others or not self.ranks:
            return 0.0
        least = others[max(0, int(allowed * len(others)) - 1)]
        pairs = zip(self.best, self.ranks, strict=True)
        return _rate(sum(best >= least and place is not None and place <= 5 for best, place in pairs), len(self.ranks))


def rank(found: Sequence[int], wanted: frozenset[int]) -> int | None:
    """Give the place, from 1, of the first that is wanted."""
    return next((place for place, one in enumerate(found, 1) if one in wanted), None)


def recalls(ranks: Sequence[int | None]) -> dict[str, float]:
    """Give the share found among the first 1, 5 and 10."""
    return {
        f"recall@{depth}": _rate(sum(place is not None and place <= depth for place in ranks), len(ranks))
        for depth in (1, 5, 10)
    }


def latencies(took_ms: Sequence[float]) -> dict[str, float]:
    """Give median, 99th percentile and mean, in milliseconds."""
    if not took_ms:
        return {}
    ordered = sorted(took_ms)
    last = math.ceil(0.99 * len(ordered)) - 1
    figures = {"p50_ms": ordered[len(ordered) // 2], "p99_ms": ordered[last], "mean_ms": fmean(ordered)}
    return {name: round(value, 2) for name, value in figures.items()}


def _rate(count: int, total: int) -> float:
    return round(count / total, 4) if total else 0.0
