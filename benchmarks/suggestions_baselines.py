"""What the suggestions are compared with: the most frequent value, and naive Bayes over words."""

import math
import re
from collections import Counter, defaultdict

from benchmarks.suggestions_protocol import FIELDS, Case
from bot.duplicates.words import STOP

_WORD = re.compile(r"[a-z][a-z0-9_]+")
_SMOOTHING = 0.3
_TITLE = 3
_BODY_CUT = 1500
_TEMPERATURE = 2.5
_PRIOR = 0.6
_BEST = 5

Ranked = dict[str, list[tuple[str, float]]]


class MostFrequent:
    """The values that were most frequent so far."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}

    def learn(self, case: Case) -> None:
        """Count the values of a report."""
        for field in FIELDS:
            self._counts[field].update(case.values[field])

    def rank(self, title: str, body: str) -> Ranked:
        """Rank values by how frequent they are, whatever the words."""
        return {field: _shares(counts) for field, counts in self._counts.items()}


class NaiveBayes:
    """Complement naive Bayes, learnt as reports come in: what a value says is weighed against the rest."""

    def __init__(self) -> None:
        self._words = {field: defaultdict(Counter) for field in FIELDS}
        self._all: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
        self._totals: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
        self._counts: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}

    def learn(self, case: Case) -> None:
        """Count the words of a report for each of its values."""
        weights = _weights(case.past.title, case.past.body)
        total = sum(weights.values())
        for field in FIELDS:
            for value in case.values[field]:
                self._words[field][value].update(weights)
                self._all[field].update(weights)
                self._totals[field][value] += total
                self._counts[field][value] += 1

    def rank(self, title: str, body: str) -> Ranked:
        """Rank values by their words."""
        weights = _weights(title, body)
        return {field: self._rank(field, weights) for field in FIELDS}

    def _rank(self, field: str, weights: dict[str, float]) -> list[tuple[str, float]]:
        counts, totals, every = self._counts[field], self._totals[field], self._all[field]
        known = {word: weight for word, weight in weights.items() if word in every}
        smoothed, whole, reports = _SMOOTHING * (len(every) + 1), sum(totals.values()), sum(counts.values())
        scores: Counter[str] = Counter()
        for value, count in counts.items():
            if count < 2 and len(counts) > 50:
                continue
            said, own, rest = self._words[field][value], totals[value] + smoothed, whole - totals[value] + smoothed
            odds = sum(
                weight
                * (math.log((said[word] + _SMOOTHING) / own) - math.log((every[word] - said[word] + _SMOOTHING) / rest))
                for word, weight in known.items()
            )
            scores[value] = _TEMPERATURE * odds + _PRIOR * math.log(count / reports)
        best = scores.most_common(8)
        raised = Counter({value: math.exp(score - best[0][1]) for value, score in best})
        return _shares(raised)


def _shares(counts: Counter[str]) -> list[tuple[str, float]]:
    total = sum(counts.values()) or 1
    return [(value, count / total) for value, count in counts.most_common(_BEST)]


def _weights(title: str, body: str) -> dict[str, float]:
    weights: Counter[str] = Counter()
    for word in _WORD.findall(title.lower()):
        if word not in STOP:
            weights[word] += _TITLE
    for word in set(_WORD.findall(body[:_BODY_CUT].lower())) - STOP:
        weights[word] += 1
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1
    return {word: weight / length for word, weight in weights.items()}
