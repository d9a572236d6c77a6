"""What nobody has decided on yet although somebody should have: the oldest promise first."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import or_
from sqlmodel import col

from bot.digests import report_lines, words
from bot.digests.base import Scope
from bot.digests.facts import Act, ActKind, Facts, Item, Line, Piece, Rank
from bot.routing.terms import terms_of
from storage import figures, figures_lists
from storage.database import WorkspaceSession
from storage.figures_lists import Decided
from storage.models import Decision, Person, Report, ReportState, Slot

# What came back to triage or to its owner so long ago is in the other lists.
_LATELY = timedelta(days=7)
_BACK_IN_TRIAGE = ("wake", "answer")


@dataclass(frozen=True)
class Section:
    """Reports past their promise, accepted ones that nobody owns, fixes that failed, and what came back to triage."""

    name: str = "needs_decision"
    about: str = "Needs a decision"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read all four; what waits too long and came back is told as waiting."""
        found = _read(session, scope)
        persons = report_lines.persons(session, found.reports)
        items = (
            *(_overdue(report, scope) for report in found.late),
            *(_nobodys(report, scope) for report in found.unowned),
            *(report_lines.item(one, " — failed verification, ", _told(one, persons)) for one, _ in found.failed.rows),
            *(_returned(report, decision) for report, decision in found.back.rows),
        )
        if not items:
            return None
        shown, total = items[: report_lines.MOST], found.total
        return Facts(self.name, Rank.NEEDS_YOU, self.about, f"{total}", items=shown, total=total)


@dataclass(frozen=True)
class _Found:
    """The reports of each kind, so many at most, and how many there are in all."""

    late: list[Report]
    unowned: list[Report]
    failed: Decided
    back: Decided
    total: int

    @property
    def reports(self) -> list[Report]:
        """Give them all."""
        decided = (report for report, _ in (*self.failed.rows, *self.back.rows))
        return [*self.late, *self.unowned, *decided]


def _read(session: WorkspaceSession, scope: Scope) -> _Found:
    since, most = scope.now - _LATELY, report_lines.MOST
    is_late, is_unowned = figures.overdue(scope.now), figures.unowned()
    in_time = or_(col(Report.due_at).is_(None), col(Report.due_at) > scope.now)
    worst_first = (col(Report.severity).asc().nulls_last(), col(Report.triaged_at), col(Report.id))
    at_work = col(Report.state) == ReportState.IN_PROGRESS
    in_triage = (col(Report.state) == ReportState.NEW, in_time)
    failed = figures_lists.decided_lately(session, ("fail",), since, at_work, limit=most)
    back = figures_lists.decided_lately(session, _BACK_IN_TRIAGE, since, *in_triage, limit=most)
    waiting = figures.count(session, *is_late) + figures.count(session, *is_unowned)
    return _Found(
        late=figures.listed(session, *is_late, order=(col(Report.due_at), col(Report.id)), limit=most),
        unowned=figures.listed(session, *is_unowned, order=worst_first, limit=most),
        failed=failed,
        back=back,
        total=waiting + failed.total + back.total,
    )


def _overdue(report: Report, scope: Scope) -> Item:
    terms = terms_of(scope.settings, report)
    hours = f"{terms.length / timedelta(hours=1):.0f} {'working h' if terms.is_working else 'h'}" if terms else ""
    waited = words.age(scope.now - report.created_at)
    rated = "" if report.severity else "not rated, "
    met = f" · {words.count(report.hits, 'person', 'people')} hit it" if report.hits > 1 else ""
    said = f" — {rated}{waited}, target {hours}{met}" if hours else f" — {rated}{waited}{met}"
    act = Act(ActKind.TRIAGE, str(report.id))
    return replace(report_lines.item(report, said, acts=(act,), details=_guess(report, scope)), is_overdue=True)


def _guess(report: Report, scope: Scope) -> tuple[Line, ...]:
    """Say what it seems to be about, and why, as its card does."""
    part = scope.settings.components.get(report.component_key or "")
    if part is None:
        return ()
    why = f" ({words.one_line(report.route_reason)})" if report.route_reason else ""
    return (words.words("Looks like ", Piece(part.name or report.component_key or "", italic=True), why),)


def _nobodys(report: Report, scope: Scope) -> Item:
    since = f"accepted {words.age(scope.now - report.triaged_at)} ago, " if report.triaged_at else ""
    act = Act(ActKind.TAKE, str(report.id))
    return report_lines.item(report, f" — {since}", words.bold("nobody owns it"), acts=(act,))


def _told(report: Report, persons: dict[int, Person]) -> Piece:
    return report_lines.mention(persons, report.owner_id)


def _returned(report: Report, decision: Decision) -> Item:
    why = "its reporter answered" if decision.kind == "answer" else "its snooze ended"
    said = f": “{words.one_line(decision.reason)}”" if decision.reason else ""
    return report_lines.item(report, f" — {why}{said}", acts=(Act(ActKind.TRIAGE, str(report.id)),))


SECTION = Section()
