"""Votes of past reports: the more like the question and the newer, the more a vote counts; pure.

The weights were chosen on one stream of reports, where both halves agreed; see docs/decisions/0009-suggestions.md.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.duplicates.index import Scored

# `Scored.recent` falls by e in so many days.
_FALL = timedelta(days=60)
_VOICES_BY_FIT = 25
_FIT_POWER = 3
_VOICES_BY_WORDS = 40
_WORDS_POWER = 2
_TITLE = 0.3
# So many full voices are imagined that say nothing: three reports that agree are not yet a certainty.
_SILENT = 2.0
# Who shares less than this part of what is asked is no full voice, however few others there are.
_ALIKE = 0.15
# How much the words of a text count beside the votes.
_WORDS = 0.25
EVIDENCE = 3


@dataclass(frozen=True)
class Manner:
    """How votes are counted: after which time one counts half, and how much which of two polls counts.

    One poll is by how well a report fits as a whole, the other by the words alone, where more voices are heard.
    """

    half_life: timedelta
    by_fit: float


USUAL = Manner(timedelta(days=365), 2 / 3)
# What teams label follows the release, so labels age faster.
OF_LABELS = Manner(timedelta(days=60), 1.0)


@dataclass(frozen=True)
class Choice:
    """A value that past reports had; `share` of all votes, and the reports that voted most for it, best first."""

    value: str
    share: float
    voters: tuple[int, ...] = ()


def count(found: Sequence[Scored], values: Mapping[int, Sequence[str]], manner: Manner = USUAL) -> list[Choice]:
    """Count who votes for what, most votes first; `values` are those of each report: who has none does not vote."""
    voters = [one for one in found if values.get(one.report_id)]
    weights = _weigh(voters, manner)
    shares: defaultdict[str, float] = defaultdict(float)
    behind: defaultdict[str, list[int]] = defaultdict(list)
    for report_id, weight in sorted(weights.items(), key=lambda item: -item[1]):
        for value in values[report_id]:
            shares[value] += weight
            behind[value].append(report_id)
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    return [Choice(value, share, tuple(behind[value][:EVIDENCE])) for value, share in ranked]


def blend(choices: Sequence[Choice], by_words: Mapping[str, float]) -> list[Choice]:
    """Mix what past reports vote for with what their words say; the voters stay."""
    voted = {choice.value: choice for choice in choices}
    mixed = [
        Choice(
            value=value,
            share=(1 - _WORDS) * (voted[value].share if value in voted else 0.0) + _WORDS * by_words.get(value, 0.0),
            voters=voted[value].voters if value in voted else (),
        )
        for value in voted.keys() | by_words.keys()
    ]
    return sorted(mixed, key=lambda choice: (-choice.share, choice.value))


def _weigh(voters: Sequence[Scored], manner: Manner) -> dict[int, float]:
    """Give each voter its share of both polls together; all shares are below one by what is left to the silent."""
    most = max((one.share for one in voters), default=0.0) or 1.0
    ageing = math.log(2) * (_FALL / manner.half_life)
    worth = {one.report_id: one.recent**ageing * min(1.0, one.share / _ALIKE) for one in voters}
    by_fit = _poll(voters[:_VOICES_BY_FIT], worth, lambda one: one.score**_FIT_POWER)
    by_words = _poll(
        voters[:_VOICES_BY_WORDS], worth, lambda one: (one.share / most + _TITLE * one.title) ** _WORDS_POWER
    )
    weights = {one: manner.by_fit * share for one, share in by_fit.items()}
    for one, share in by_words.items():
        weights[one] = weights.get(one, 0.0) + (1 - manner.by_fit) * share
    return weights


def _poll(
    voters: Sequence[Scored], worth: Mapping[int, float], likeness: Callable[[Scored], float]
) -> dict[int, float]:
    most = max((likeness(one) for one in voters), default=0.0)
    if most <= 0:
        return {}
    weights = {one.report_id: likeness(one) / most * worth[one.report_id] for one in voters}
    total = sum(weights.values()) + _SILENT
    return {one: weight / total for one, weight in weights.items()}
