"""Is it known already: likely duplicates of a text, each with a likelihood and a reason a person understands.

How it works and how well: docs/quality.md. Why so: docs/decisions/0008-duplicate-search.md.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.duplicates import reasons
from bot.duplicates.known import KnownReports
from bot.duplicates.likelihood import COMPARED, judge
from storage import reports
from storage.database import WorkspaceSession
from storage.models import Report, ReportState

__all__ = [
    "IN_FORM",
    "IN_STEP",
    "LIKELY",
    "NEARLY_SURE",
    "WORTH_A_LOOK",
    "Candidate",
    "KnownReports",
    "Question",
    "find_candidates",
    "follow_to_root",
    "question_of",
]

# Shown in the form: of ten new reports, at most two see a hint that is none.
LIKELY = 0.4
# Asks on submit, which costs a step: of twenty new reports, at most one is asked in vain.
NEARLY_SURE = 0.65
# The form has room for a few lines; each hint of the second step is one more choice to read.
IN_FORM = 5
IN_STEP = 3
# On the card a person looks anyway, so a weaker hint may be shown.
WORTH_A_LOOK = 0.25
# Some of what is found is private by now, gone, or a duplicate of the same report.
_SPARE = 6


@dataclass(frozen=True)
class Question:
    """What is asked for: a report, or as much of one as is typed yet. `now` is when, `besides` the report itself."""

    title: str
    now: datetime
    body: str = ""
    url: str = ""
    besides: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A report that may be the same; `score` is the likelihood, from 0 to 1, `reason` is shown to a person."""

    report_id: int
    key: str
    title: str
    state: ReportState
    score: float
    reason: str
    hits: int
    permalink: str


def find_candidates(
    session: WorkspaceSession, known: KnownReports, question: Question, *, least: float = LIKELY, limit: int = 3
) -> list[Candidate]:
    """Find reports likely to be the same, best first; never a private one.

    A duplicate is answered by the report it was closed for. Where the best is as likely as `least`, the next are
    shown from half of that on: whoever looks at one looks at three.
    """
    scored = known.search(
        session,
        question.title,
        question.body,
        now=question.now,
        limit=max(limit + _SPARE, COMPARED),
        besides=question.besides,
    )
    likely = judge(scored)
    if not likely or max(likely) < least:
        return []
    shown = {one.report_id: (one, score) for one, score in zip(scored, likely, strict=True) if score >= least / 2}
    found: dict[int, tuple[float, Report, Report]] = {}
    for report in reports.get_many(session, list(shown)):
        root = follow_to_root(session, report)
        if report.private or root.private or question.besides in {report.id, root.id}:
            continue
        assert report.id is not None
        assert root.id is not None
        found.setdefault(root.id, (shown[report.id][1], root, report))
    best = sorted(found.values(), key=lambda one: -one[0])[:limit]
    if not best or best[0][0] < least:
        return []
    return [
        _candidate(root, score, _reason(question, report, shown[report.id or 0][0].terms))
        for score, root, report in best
    ]


def question_of(report: Report, now: datetime) -> Question:
    """Ask what else may be the same as a report."""
    body = "\n".join((report.what, report.expected, report.steps))
    return Question(report.title, now, body, report.url, report.id)


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


def _reason(question: Question, report: Report, terms: tuple[str, ...]) -> str:
    found = "\n".join((report.title, report.what, report.expected, report.steps))
    return reasons.explain(f"{question.title}\n{question.body}", found, (question.url, report.url), terms)


def _candidate(root: Report, score: float, reason: str) -> Candidate:
    assert root.id is not None
    return Candidate(
        report_id=root.id,
        key=root.key,
        title=root.title,
        state=root.state,
        score=score,
        reason=reason,
        hits=root.hits,
        permalink=root.card_permalink,
    )
