"""Component and severity proposed from past reports, where no rule says them: with evidence, and never by itself.

How well: docs/suggestions.md. Why so: docs/decisions/0009-suggestions.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.duplicates import KnownReports, Question
from bot.duplicates.index import Scored
from bot.suggestions import confidence, explicit, votes
from bot.suggestions.learnt import PastWords
from bot.suggestions.votes import Choice, Manner
from storage import outcomes, people
from storage.database import WorkspaceSession
from storage.outcomes import Outcome

__all__ = ["NOTHING", "WORTH_SHOWING", "PastWords", "Ranking", "Suggested", "Suggestions", "rank", "suggest"]

# Nine of ten components that are shown are right, and seven of eight severities; see docs/suggestions.md.
WORTH_SHOWING = 0.8
NEIGHBOURS = 40


@dataclass(frozen=True)
class Suggested:
    """A value with how likely it is right; `keys` of past reports that voted for it, `word` that says it.

    `name` is what a person calls it.
    """

    value: str
    confidence: float
    keys: tuple[str, ...] = ()
    word: str = ""
    name: str = ""


@dataclass(frozen=True)
class Suggestions:
    """What is worth showing to a person who decides; the value of `component` is a key of the settings."""

    component: Suggested | None = None
    severity: Suggested | None = None


NOTHING = Suggestions()


@dataclass(frozen=True)
class Ranking:
    """Every value that past reports had, likeliest first; owners are ids of persons, as text."""

    component: tuple[Suggested, ...]
    severity: tuple[Suggested, ...]
    owner: tuple[Suggested, ...]
    labels: tuple[Suggested, ...]


def suggest(session: WorkspaceSession, known: KnownReports, past_words: PastWords, question: Question) -> Suggestions:
    """Propose what is likely enough to be shown; a person decides."""
    past = _read_past(session, known, question)
    component = _rank_components(session, past, past_words.shares(session, question.title, question.body))
    return Suggestions(_worth_showing(component), _worth_showing(_rank_severities(past, question)))


def rank(session: WorkspaceSession, known: KnownReports, past_words: PastWords, question: Question) -> Ranking:
    """Rank the values that the most similar past reports have, shown or not; no private one is among them."""
    past = _read_past(session, known, question)
    owners = past.count(lambda one: [str(one.owner_id)] if one.owner_id else [])
    labels = past.count(lambda one: one.labels, votes.OF_LABELS)
    return Ranking(
        component=_rank_components(session, past, past_words.shares(session, question.title, question.body)),
        severity=_rank_severities(past, question),
        owner=_suggested(owners, past, confidence.of_share),
        labels=_suggested(labels, past, confidence.of_share),
    )


@dataclass(frozen=True)
class _Past:
    """The most similar reports, best first, and what people set on those they decided on."""

    found: Sequence[Scored]
    outcomes: Mapping[int, Outcome]

    def count(self, values: Callable[[Outcome], Sequence[str]], manner: Manner = votes.USUAL) -> list[Choice]:
        """Let them vote."""
        return votes.count(self.found, {key: values(one) for key, one in self.outcomes.items()}, manner)


def _read_past(session: WorkspaceSession, known: KnownReports, question: Question) -> _Past:
    found = known.nearest(
        session, question.title, question.body, now=question.now, limit=NEIGHBOURS, besides=question.besides
    )
    decided = outcomes.outcomes_of(session, [one.report_id for one in found])
    return _Past(found, {one.report_id: one for one in decided})


def _rank_components(session: WorkspaceSession, past: _Past, by_words: Mapping[str, float]) -> tuple[Suggested, ...]:
    """Rank the components that the settings still have."""
    names = people.component_names(session)
    choices = past.count(lambda one: [one.component] if one.component in names else [])
    present = {key: share for key, share in by_words.items() if key in names}
    ranked = _suggested(votes.blend(choices, present), past, confidence.of_component)
    return tuple(replace(one, name=names[one.value]) for one in ranked)


def _rank_severities(past: _Past, question: Question) -> tuple[Suggested, ...]:
    choices = past.count(lambda one: [one.severity] if one.severity else [])
    return _with_word(_suggested(choices, past, confidence.of_severity), question)


def _suggested(
    choices: Sequence[Choice], past: _Past, likely: Callable[[float, float], float]
) -> tuple[Suggested, ...]:
    """Give each choice its likelihood: the first by how far it is ahead, the others what is left."""
    if not choices:
        return ()
    second = choices[1].share if len(choices) > 1 else 0.0
    best = likely(choices[0].share, choices[0].share - second)
    rest = sum(choice.share for choice in choices[1:]) or 1.0
    likelihoods = [best, *((1 - best) * choice.share / rest for choice in choices[1:])]
    return tuple(
        Suggested(choice.value, likelihood, tuple(past.outcomes[voter].key for voter in choice.voters))
        for choice, likelihood in zip(choices, likelihoods, strict=True)
    )


def _with_word(ranked: tuple[Suggested, ...], question: Question) -> tuple[Suggested, ...]:
    """Let an explicit word agree with the past reports, or keep them from being sure."""
    said = explicit.find(question.title, question.body)
    if said is None or not ranked:
        return ranked
    severity, word = said
    best, *others = ranked
    agreed = confidence.agreed(best.confidence) if best.value == severity else confidence.doubted(best.confidence)
    return (replace(best, confidence=agreed, word=word if best.value == severity else ""), *others)


def _worth_showing(ranked: Sequence[Suggested]) -> Suggested | None:
    return ranked[0] if ranked and ranked[0].keys and ranked[0].confidence >= WORTH_SHOWING else None
