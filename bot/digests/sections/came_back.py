"""What was thought to be fixed and is not: it failed verification, or was opened again."""

from dataclasses import dataclass, field

from bot.digests import report_lines, words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Rank
from storage import figures_lists, people
from storage.database import WorkspaceSession
from storage.models import Decision, Person, Report, Slot


@dataclass(frozen=True)
class Section:
    """What came back since the last post."""

    name: str = "came_back"
    about: str = "Came back"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read what failed verification or was reopened."""
        found = figures_lists.came_back(session, scope.since, scope.now, report_lines.MOST)
        if not found.total:
            return None
        deciders = people.by_id(session, [decision.by_id for _, decision in found.rows])
        persons = report_lines.persons(session, [report for report, _ in found.rows]) | deciders
        items = tuple(_item(report, decision, persons, scope) for report, decision in found.rows)
        return Facts(self.name, Rank.CHANGED, self.about, f"{found.total}", items=items, total=found.total)


def _item(report: Report, decision: Decision, persons: dict[int, Person], scope: Scope) -> Item:
    what = "failed verification by" if decision.kind == "fail" else "reopened by"
    by = report_lines.name_of(persons, decision.by_id, "somebody")
    owner = report_lines.name_of(persons, report.owner_id, "nobody")
    when = words.moment(decision.at, scope.zone)
    return report_lines.item(report, f" — {what} {by}, back with {owner} since {when}")


SECTION = Section()
