"""How likely it is that what was found is the same, from 0 to 1.

Learnt by logistic regression on one half of a stream of reports and checked on the other, with as many known as new
ones; see docs/decisions/0008-duplicate-search.md.
"""

import math
from collections.abc import Sequence
from statistics import fmean

from bot.duplicates.index import Scored

_ALONE = -2.7
_ASKED = 1.14
_TITLE = 0.33
_AHEAD = 0.6
_SPREAD = -0.18
# How far the best is ahead of the next says most. With fewer to compare with it says nothing: what is usual then.
COMPARED = 10
_NEXT = 4
_USUALLY_AHEAD = 1.5
_USUAL_SPREAD = 1.3
_MOST_AHEAD = 8.0
_LEAST_VARIANCE = 0.3
# Titles that say the same in other words are the same thing. Where there are many reports, words in common come
# by chance too, so that they must say all the same.
_SAME_TITLE = 0.8
_SAME_TITLE_OF_MANY = 0.97
_SAME = 0.9
# Whoever lags behind the best by this much is a third as likely.
_LAG = 2.0


def judge(found: Sequence[Scored]) -> list[float]:
    """Say how likely each is the same; `found` has the best first, ten of them if there are."""
    if not found:
        return []
    best = found[0]
    odds = _ALONE + _ASKED * best.asked + _TITLE * best.title + _lead([one.score for one in found[:COMPARED]])
    likely = 1 / (1 + math.exp(-odds))
    enough = _SAME_TITLE if len(found) < COMPARED else _SAME_TITLE_OF_MANY
    return [_raise(one, likely * math.exp((one.score - best.score) / _LAG), enough) for one in found]


def _lead(scores: list[float]) -> float:
    """Weigh how far the first is ahead of the others; less where the others differ as much among themselves."""
    if len(scores) < COMPARED:
        return _AHEAD * _USUALLY_AHEAD + _SPREAD * _USUAL_SPREAD
    mean = fmean(scores[1:])
    ahead = min(scores[0] - mean, _MOST_AHEAD)
    deviation = math.sqrt(fmean((score - mean) ** 2 for score in scores[1:]))
    relative = (scores[0] - fmean(scores[1 : 1 + _NEXT])) / math.sqrt(_LEAST_VARIANCE + deviation)
    return _AHEAD * ahead + _SPREAD * relative


def _raise(one: Scored, likely: float, enough: float) -> float:
    alike = (one.asked + one.title) / 2
    if alike < enough:
        return likely
    return max(likely, _SAME * alike)
