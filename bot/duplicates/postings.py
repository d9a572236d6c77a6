"""Which report says which word, and how much: four bytes for each pair."""

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence

# How fast a word that is said again counts less, and how much a long text counts less (BM25F, Robertson 2004).
_SATURATION = 1.2
_TITLE_LENGTH = 0.3
_BODY_LENGTH = 0.6
_TITLE_WEIGHT = 3.0
# A pair is slot << 8 | weight, the weight in 255ths of the most there can be.
_MOST = 255
# As many reports more which lack every word: in a handful of reports rarity says nothing yet.
_IMAGINED = 50


class Postings:
    """Words as numbers, and for each the slots of the texts that say it, in the order they were added."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._numbers: dict[str, int] = {}
        # A word that only one text says is the commonest kind: its pair stands there alone.
        self._pairs: list[int | array[int]] = []
        self._texts = 0
        self._title_mean = 0.0
        self._body_mean = 0.0

    def add(self, slot: int, title: Sequence[str], body: Sequence[str]) -> list[int]:
        """Keep what a text says; return the numbers of the words of its title."""
        self._texts += 1
        self._title_mean += (len(title) - self._title_mean) / self._texts
        self._body_mean += (len(body) - self._body_mean) / self._texts
        in_title, in_body = Counter(title), Counter(body)
        per_title = _TITLE_WEIGHT / (1 + _TITLE_LENGTH * (len(title) / max(self._title_mean, 1) - 1))
        per_body = 1 / (1 + _BODY_LENGTH * (len(body) / max(self._body_mean, 1) - 1))
        for word in {**in_title, **in_body}:
            often = per_title * in_title[word] + per_body * in_body[word]
            weight = max(1, round(_MOST * often / (often + _SATURATION)))
            self._append(self._number(word), slot << 8 | weight)
        return [self._numbers[word] for word in in_title]

    def known(self, words: Iterable[str]) -> dict[str, int]:
        """Give the numbers of those words that any text says."""
        numbers = self._numbers
        return {word: numbers[word] for word in words if word in numbers}

    def rarity(self, number: int | None) -> float:
        """Say how much a word tells (its inverse document frequency); None is a word that no text says."""
        count = 0 if number is None else self.count(number)
        return math.log(1 + (self._texts + _IMAGINED - count + 0.5) / (count + 0.5))

    def count(self, number: int) -> int:
        """Count the texts that say a word."""
        pairs = self._pairs[number]
        return 1 if isinstance(pairs, int) else len(pairs)

    def add_up(self, factors: Mapping[int, float], budget: int) -> tuple[dict[int, float], list[int]]:
        """Sum factor times weight for every slot, the heaviest words first, until `budget` pairs are used up.

        Return the sums, and the words that are left over: too common to be looked through.
        """
        sums: dict[int, float] = {}
        so_far = sums.get
        left_over: list[int] = []
        for number, factor in sorted(factors.items(), key=lambda item: -item[1]):
            pairs = self._pairs[number]
            if isinstance(pairs, int):
                slot = pairs >> 8
                sums[slot] = so_far(slot, 0.0) + factor * (pairs & 255) / _MOST
                continue
            if len(pairs) > budget:
                left_over.append(number)
                continue
            budget -= len(pairs)
            each = factor / _MOST
            for pair in pairs:
                slot = pair >> 8
                sums[slot] = so_far(slot, 0.0) + each * (pair & 255)
        return sums, left_over

    def look_up(self, number: int, factor: float, sums: MutableMapping[int, float], slots: Sequence[int]) -> None:
        """Add factor times weight to the sums of a few slots, given in their order; for words that many texts say."""
        pairs = self._pairs[number]
        if isinstance(pairs, int):
            pairs = array("I", (pairs,))
        each = factor / _MOST
        at, end = 0, len(pairs)
        for slot in slots:
            at = bisect_left(pairs, slot << 8, at, end)
            if at == end:
                return
            if pairs[at] >> 8 == slot:
                sums[slot] += each * (pairs[at] & 255)

    def weight(self, number: int, slot: int) -> float:
        """Say how much a text says a word, from 0 to 1."""
        pairs = self._pairs[number]
        if isinstance(pairs, int):
            return (pairs & 255) / _MOST if pairs >> 8 == slot else 0.0
        at = bisect_left(pairs, slot << 8)
        if at < len(pairs) and pairs[at] >> 8 == slot:
            return (pairs[at] & 255) / _MOST
        return 0.0

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self.words)
            self.words.append(word)
            self._pairs.append(-1)
        return number

    def _append(self, number: int, pair: int) -> None:
        pairs = self._pairs[number]
        if not isinstance(pairs, int):
            pairs.append(pair)
        elif pairs < 0:
            self._pairs[number] = pair
        else:
            self._pairs[number] = array("I", (pairs, pair))
