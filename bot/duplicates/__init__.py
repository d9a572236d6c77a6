"""Is it known already: likely duplicates of a text, each with a likelihood and a reason a person understands.

How it works and how well: docs/quality.md. Why so: docs/decisions/0008-duplicate-search.md.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from bot.duplicates import reasons
from bot.duplicates.index import Scored
from bot.duplicates.known import KnownReports
from bot.duplicates.likelihood import COMPARED, judge
from storage import reports, search
from storage.database import WorkspaceSession
from storage.models import Report, ReportState
from storage.search import Found

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
# Beside a likely one, what is this much less likely is shown too.
_BESIDE = 1 / 8
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
    shown from an eighth of that on: whoever looks at one looks at all, and the right one is not always the first.
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
    near = [(one, score) for one, score in zip(scored, likely, strict=True) if score >= _BESIDE * least]
    hits = [hit for hit in _read(session, near) if hit.may_be_shown(question.besides)]
    best: dict[int, _Hit] = {}
    for hit in sorted(hits, key=lambda hit: -hit.score):
        best.setdefault(hit.root.report_id, hit)
    shown = list(best.values())[:limit]
    if not shown or shown[0].score < least:
        return []
    errors = reasons.error_lines(f"{question.title}\n{question.body}")
    return [_candidate(hit, _reason(question, errors, hit)) for hit in shown]


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


@dataclass(frozen=True)
class _Hit:
    """A report that was found, how likely it is the same, and the report it was closed for or itself."""

    report: Found
    root: Found
    score: float
    terms: tuple[str, ...]

    def may_be_shown(self, besides: int | None) -> bool:
        private = self.report.private or self.root.private
        return not private and besides not in {self.report.report_id, self.root.report_id}


def _read(session: WorkspaceSession, scored: Sequence[tuple[Scored, float]]) -> list[_Hit]:
    found = search.found_with_originals(session, [one.report_id for one, _ in scored])
    return [
        _Hit(report, _original(found, report), score, one.terms)
        for one, score in scored
        if (report := found.get(one.report_id)) is not None
    ]


def _original(found: Mapping[int, Found], report: Found) -> Found:
    """Follow a duplicate as `follow_to_root` does, through what was read already."""
    seen = {report.report_id}
    while report.duplicate_of_id is not None and report.duplicate_of_id not in seen:
        original = found.get(report.duplicate_of_id)
        if original is None:
            return report
        seen.add(original.report_id)
        report = original
    return report


def _reason(question: Question, errors: Set[str], hit: _Hit) -> str:
    return reasons.explain(errors, hit.report.text, (question.url, hit.report.url), hit.terms)


def _candidate(hit: _Hit, reason: str) -> Candidate:
    root = hit.root
    return Candidate(
        report_id=root.report_id,
        key=root.key,
        title=root.title,
        state=root.state,
        score=hit.score,
        reason=reason,
        hits=root.hits,
        permalink=root.permalink,
    )
