"""What must not be promoted now: something in it is badly broken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import col

from bot.digests import report_lines, words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Rank
from storage import figures
from storage.database import WorkspaceSession
from storage.models import Report, ReportState, Severity, Slot

_BAD = (Severity.S1, Severity.S2)
# How far it is with the fix; when it comes nobody knows.
_STANDS: Mapping[ReportState, str] = {
    ReportState.NEW: "not looked at yet",
    ReportState.NEEDS_INFO: "a question is open",
    ReportState.SNOOZED: "put off",
    ReportState.ACCEPTED: "to be fixed",
    ReportState.IN_PROGRESS: "being fixed",
}


@dataclass(frozen=True)
class Section:
    """Open S1 and S2 on components that marketing talks about; those of others are not told."""

    name: str = "hold"
    about: str = "Hold"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY, Slot.RELEASE})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read what is broken in what is promoted."""
        promoted = {
            key: part.public_name or part.name or key
            for key, part in scope.settings.components.items()
            if part.promoted
        }
        is_broken = (
            col(Report.component_key).in_(promoted),
            col(Report.severity).in_(_BAD),
            figures.IS_OPEN,
            col(Report.state).in_(figures.OPEN),
        )
        worst_first = (col(Report.severity), col(Report.id))
        found = figures.listed(session, *is_broken, order=worst_first, limit=report_lines.MOST)
        if not found:
            return None
        items, total = tuple(_item(one, promoted[one.component_key or ""]) for one in found), len(found)
        if total == report_lines.MOST:
            total = figures.count(session, *is_broken)
        return Facts(self.name, Rank.NEEDS_YOU, f"🚫 {self.about}", f"{total}", items=items, total=total)


def _item(report: Report, name: str) -> Item:
    bug = words.link(report.key, report.card_permalink)
    return Item(
        subject=f"report:{report.id}",
        line=words.words(
            "Do not promote ", words.bold(name), ": ", bug, f" ({report.severity}) {report.title}{_stands(report)}"
        ),
        state=report.state,
        severity=report.severity or "",
    )


def _stands(report: Report) -> str:
    return f" — {_STANDS[report.state]}" if report.state in _STANDS else ""


SECTION = Section()
