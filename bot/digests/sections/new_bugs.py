"""What came in since the last post, by how bad it is; the worst by name."""

from dataclasses import dataclass, field

from sqlmodel import col

from bot.digests import report_lines, words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Line, Piece, Rank
from storage import figures
from storage.database import WorkspaceSession
from storage.models import Person, Report, ReportState, Severity, Slot

_NAMED = (Severity.S1, Severity.S2)
_STATES = {
    ReportState.NEW: "waits for triage",
    ReportState.NEEDS_INFO: "waits for its reporter",
    ReportState.SNOOZED: "snoozed",
    ReportState.ACCEPTED: "accepted",
    ReportState.IN_PROGRESS: "in progress",
    ReportState.FIXED: "fixed",
    ReportState.CLOSED: "closed",
}


@dataclass(frozen=True)
class Section:
    """New bugs, counted by severity; S1 and S2 are listed."""

    name: str = "new_bugs"
    about: str = "New bugs"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read what came in."""
        came_in = (figures.within(col(Report.created_at), scope.since, scope.now), figures.is_bug())
        counts = figures.count_by_severity(session, *came_in)
        if not counts:
            return None
        named = figures.listed(
            session,
            *came_in,
            col(Report.severity).in_(_NAMED),
            order=(col(Report.severity), col(Report.id)),
            limit=report_lines.MOST,
        )
        persons = report_lines.persons(session, named)
        newest = figures.listed(session, *came_in, order=(col(Report.id).desc(),), limit=1)
        return Facts(
            self.name,
            Rank.CHANGED,
            f"New since {words.moment(scope.since, scope.zone)}",
            _summary(counts),
            items=tuple(_item(report, persons) for report in named),
            total=sum(counts.get(severity, 0) for severity in _NAMED),
            notes=tuple(_rest(counts)),
            # Whatever its severity, one more is news.
            state=(f"up to {newest[0].id}", *(f"{key}: {count}" for key, count in sorted(_keyed(counts).items()))),
        )


def _summary(counts: dict[Severity | None, int]) -> str:
    rated = ", ".join(f"{counts.get(severity, 0)} {severity}" for severity in (*_NAMED, Severity.S3))
    minor = f", {counts[Severity.S4]} S4" if counts.get(Severity.S4) else ""
    unrated = f", {counts[None]} not yet rated" if counts.get(None) else ""
    return f"{words.count(sum(counts.values()), 'bug')}: {rated}{minor}{unrated}"


def _item(report: Report, persons: dict[int, Person]) -> Item:
    owner = report_lines.name_of(persons, report.owner_id)
    return report_lines.item(report, f" — {_STATES[report.state]}, {owner}")


def _rest(counts: dict[Severity | None, int]) -> list[Line]:
    others = [f"{counts[one]} × {one}" for one in (Severity.S3, Severity.S4) if counts.get(one)]
    others += [f"{counts[None]} unrated"] if counts.get(None) else []
    return [words.words(f"{', '.join(others)}: ", Piece("/liaison bugs new", code=True))] if others else []


def _keyed(counts: dict[Severity | None, int]) -> dict[str, int]:
    return {str(severity or "unrated"): count for severity, count in counts.items()}


SECTION = Section()
