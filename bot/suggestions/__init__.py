"""Component and severity proposed from past reports, where no rule says them: with evidence, and never by itself.

How well: docs/suggestions.md. Why so: docs/decisions/0009-suggestions.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.duplicates import KnownReports, Question
from bot.suggestions import confidence, explicit, votes
from bot.suggestions.learnt import PastWords
from bot.suggestions.votes import Choice
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
    ranking = rank(session, known, past_words, question)
    return Suggestions(_worth_showing(ranking.component), _worth_showing(ranking.severity))


def rank(session: WorkspaceSession, known: KnownReports, past_words: PastWords, question: Question) -> Ranking:
    """Rank the values that the most similar past reports have; no private one is among them."""
    title, body = question.title, question.body
    found = known.nearest(session, title, body, now=question.now, limit=NEIGHBOURS, besides=question.besides)
    past = {one.report_id: one for one in outcomes.outcomes_of(session, [one.report_id for one in found])}
    present = {component.key: component.name for component in people.components(session)}
    by_words = {key: share for key, share in past_words.shares(session, title, body).items() if key in present}

    def count(values: Mapping[int, Sequence[str]]) -> list[Choice]:
        return votes.count(found, values)

    components = count({one.report_id: [one.component] for one in past.values() if one.component in present})
    severities = count({one.report_id: [one.severity] for one in past.values() if one.severity})
    owners = count({one.report_id: [str(one.owner_id)] for one in past.values() if one.owner_id})
    labels = count({one.report_id: one.labels for one in past.values()})
    return Ranking(
        component=_named(_suggested(votes.blend(components, by_words), past, confidence.of_component), present),
        severity=_with_word(_suggested(severities, past, confidence.of_severity), question),
        owner=_suggested(owners, past, confidence.of_share),
        labels=_suggested(labels, past, confidence.of_share),
    )


def _suggested(
    choices: Sequence[Choice], past: Mapping[int, Outcome], likely: Callable[[float, float], float]
) -> tuple[Suggested, ...]:
    """Give each choice its likelihood: the first by how far it is ahead, the others what is left."""
    if not choices:
        return ()
    second = choices[1].share if len(choices) > 1 else 0.0
    best = likely(choices[0].share, choices[0].share - second)
    rest = sum(choice.share for choice in choices[1:]) or 1.0
    likelihoods = [best, *((1 - best) * choice.share / rest for choice in choices[1:])]
    return tuple(
        Suggested(choice.value, likelihood, tuple(past[voter].key for voter in choice.voters))
        for choice, likelihood in zip(choices, likelihoods, strict=True)
    )


def _named(ranked: Sequence[Suggested], names: Mapping[str, str]) -> tuple[Suggested, ...]:
    return tuple(replace(one, name=names[one.value]) for one in ranked)


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
