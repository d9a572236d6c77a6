"""Is it known already: likely duplicates of a text, each with a score and a reason a person understands.

Simple on purpose for now: full-text candidates, scored by the share of the title's words they have in common.
"""

from dataclasses import dataclass

from storage import reports, search
from storage.database import WorkspaceSession
from storage.models import Report, ReportState

# Half of the words of both titles in common is nearly always the same thing said again; less is noise.
LIKELY = 0.5
# On the card a person looks anyway, so a weaker hint may be shown.
WORTH_A_LOOK = 0.3
# Words that say nothing of what a report is about.
_STOP = frozenset(
    {"an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from", "has", "have", "in", "is"}
    | {"it", "its", "my", "no", "not", "of", "on", "or", "our", "so", "that", "the", "this", "to", "was", "we", "when"}
    | {"with", "you"}
)


@dataclass(frozen=True)
class Candidate:
    """A report that may be the same; `score` is from 0 to 1, `reason` is shown to a person."""

    report_id: int
    key: str
    title: str
    state: ReportState
    score: float
    reason: str
    hits: int
    permalink: str


def find_candidates(
    session: WorkspaceSession,
    title: str,
    *,
    least: float = LIKELY,
    limit: int = 3,
    besides: int | None = None,
) -> list[Candidate]:
    """Find reports likely to be the same as a title, best first; never a private one.

    A duplicate is answered by the report it was closed for. `besides` leaves one report out.
    """
    wanted = _words(title)
    if not wanted:
        return []
    found: dict[int, Candidate] = {}
    telling = " ".join(word for word in search.terms(title) if word not in _STOP)
    hits = search.find(session, telling, titles_only=True)
    for report in reports.get_many(session, [hit.report_id for hit in hits]):
        if report.private or report.id == besides:
            continue
        shared = wanted & _words(report.title)
        score = len(shared) / len(wanted | _words(report.title))
        root = follow_to_root(session, report)
        if score >= least and root.id is not None and root.id != besides and not root.private:
            found.setdefault(root.id, _candidate(root, score, shared))
    return sorted(found.values(), key=lambda candidate: -candidate.score)[:limit]


def follow_to_root(session: WorkspaceSession, report: Report) -> Report:
    """Follow a duplicate to the report it was closed for, however long the chain."""
    seen = {report.id}
    while report.duplicate_of_id is not None and report.duplicate_of_id not in seen:
        original = reports.get(session, report.duplicate_of_id)
        if original is None:
            return report
        seen.add(original.id)
        report = original
    return report


def _candidate(report: Report, score: float, shared: set[str]) -> Candidate:
    assert report.id is not None
    words = ", ".join(sorted(shared, key=lambda word: (-len(word), word))[:4])
    return Candidate(
        report_id=report.id,
        key=report.key,
        title=report.title,
        state=report.state,
        score=score,
        reason=f"same words: {words}",
        hits=report.hits,
        permalink=report.card_permalink,
    )


def _words(text: str) -> set[str]:
    words = {_stem(word) for word in search.terms(text)}
    return words - _STOP


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
