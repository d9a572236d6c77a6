"""One question to the index: which words it looks for, and how the reports found are ranked.

The weights were learnt on one half of a stream of reports and checked on the other; see
docs/decisions/0008-duplicate-search.md.
"""

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice

from bot.duplicates import words
from bot.duplicates.postings import Postings
from bot.duplicates.titles import Titles, letters, plain

# What a title says counts more, in the question as in the reports.
_TITLE_FACTOR = 2.0
MOST_WORDS = 60
# Pairs looked through: what keeps a search fast however many reports there are.
BUDGET = 8_000
# Reports looked at closely: so many of the best by words, and half as many of the last two months.
CLOSELY = 80
# Votes need more to choose from, and nobody waits for them while typing.
CLOSELY_FOR_VOTES = 100
_RECENT_DAYS = 60.0
# What has so little of the best one's words is not looked at; nearly all are such.
_FAR_BEHIND = 0.2
# Words too common to be looked through are looked up in the chosen reports: the most telling of them.
_LOOKED_UP = 12
# The letters of titles are compared for the best only: they cost the most.
_BY_LETTERS = 50
# Weights of: words shared, title of the report found in the question, letters of the titles, age.
_WORDS = 6.0
_TITLE = 2.0
_LETTERS = 2.0
_MONTHS = 1.3
_YEARS = 2.7
_TERMS_SHOWN = 8


@dataclass(frozen=True)
class Scored:
    """A report found: a higher `score` fits better, among those of the same question.

    The rest can be compared between questions, each from 0 to 1: `share` of what the question could reach at best,
    `asked` part of the question's title found in the report, `title` part of the report's title found in the
    question, `letters` likeness of the titles, `recent` how new. `terms` are the rarest stems that both have.
    """

    report_id: int
    score: float
    share: float
    asked: float
    title: float
    letters: float
    recent: float
    terms: tuple[str, ...]


class Columns:
    """What the index keeps of each slot; report 0 is nobody, `days` are days since 1970."""

    def __init__(self) -> None:
        self.reports = array("q")
        self.days = array("d")
        self.titles = Titles()


class Query:
    """The words of a question with what each is worth."""

    def __init__(self, postings: Postings, title: str, body: str) -> None:
        self._postings = postings
        self._letters = letters(plain(title))
        in_title, in_body = Counter(words.split(title)), Counter(words.split(body))
        known = postings.known((*in_title, *in_body))
        self._rarity = {number: postings.rarity(number) for number in known.values()}
        worth = {
            number: self._rarity[number] * (_TITLE_FACTOR * (word in in_title) + in_body[word] / (in_body[word] + 1))
            for word, number in known.items()
        }
        self._worth = dict(nlargest(MOST_WORDS, worth.items(), key=lambda item: item[1]))
        self._rarest = sorted(self._worth, key=self._rarity.__getitem__, reverse=True)
        # Titles share their commonest words, so each is worked out once for a question.
        self._missing: dict[int, float] = {}
        self._title = [known[word] for word in in_title if word in known]
        unheard = postings.rarity(None) * sum(word not in known for word in in_title)
        self._title_worth = unheard + sum(self._rarity[number] for number in self._title)
        self._best = sum(self._worth.values()) + _TITLE_FACTOR * unheard
        self._scores: dict[int, float] = {}
        self._shares: dict[int, tuple[float, float, float]] = {}
        self._alike: dict[int, float] = {}

    def rank(self, columns: Columns, today: float, closely: int) -> list[int]:
        """Rank the slots of the reports worth a close look, best first; `today` is in days."""
        sums, left_over = self._postings.add_up(self._worth, BUDGET)
        chosen = sorted(slot for slot in _choose(sums, columns.days, today, closely) if columns.reports[slot])
        for number in left_over[:_LOOKED_UP]:
            self._postings.look_up(number, self._worth[number], sums, chosen)
        most = max((sums[slot] for slot in chosen), default=1.0)
        for slot in chosen:
            share = self._share_of_title(columns.titles.words(slot))
            age = max(today - columns.days[slot], 0.0)
            by_age = _MONTHS * math.exp(-age / 60) + _YEARS * math.exp(-age / 365)
            self._shares[slot] = sums[slot] / (self._best or 1), share, age
            self._scores[slot] = _WORDS * sums[slot] / most + _TITLE * share + by_age
        best = nlargest(_BY_LETTERS, self._scores, key=self._scores.__getitem__)
        for slot in best:
            self._alike[slot] = columns.titles.likeness(self._letters, slot)
            self._scores[slot] += _LETTERS * self._alike[slot]
        best.sort(key=lambda slot: -self._scores[slot])
        return best

    def explain(self, slot: int, report_id: int) -> Scored:
        """Say what a slot that was ranked has in common with the question."""
        share, title, age = self._shares[slot]
        asked = sum(self._rarity[number] for number in self._title if self._postings.weight(number, slot))
        return Scored(
            report_id=report_id,
            score=self._scores[slot],
            share=min(1.0, share),
            asked=asked / (self._title_worth or 1),
            title=title,
            letters=self._alike[slot],
            recent=math.exp(-age / 60),
            terms=tuple(self._shared(slot)),
        )

    def _shared(self, slot: int) -> Iterator[str]:
        said = (number for number in self._rarest if self._postings.weight(number, slot))
        return (self._postings.words[number] for number in islice(said, _TERMS_SHOWN))

    def _share_of_title(self, numbers: "array[int]") -> float:
        found = missing = 0.0
        for number in numbers:
            rarity = self._rarity.get(number)
            if rarity is not None:
                found += rarity
                continue
            rarity = self._missing.get(number)
            if rarity is None:
                rarity = self._missing[number] = self._postings.rarity(number)
            missing += rarity
        return found / (found + missing or 1)


def _choose(sums: dict[int, float], days: "array[float]", today: float, closely: int) -> list[int]:
    """Choose the slots worth a close look: the best by words, and the best of the recent ones."""
    least = _FAR_BEHIND * max(sums.values(), default=0.0)
    first = bisect_left(days, today - _RECENT_DAYS)
    near = [slot for slot, total in sums.items() if total > least]
    best = nlargest(closely, near, key=sums.__getitem__)
    others = {slot for slot in near if slot >= first}.difference(best)
    return best + nlargest(closely // 2, others, key=sums.__getitem__)
