"""What was decided in the week: how many reports and which way, and what is told to customers."""

from dataclasses import dataclass, field

from bot.digests import report_lines, words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Line, Rank
from storage import deliveries
from storage.database import WorkspaceSession
from storage.deliveries import Decided
from storage.models import ChangeState, Slot

# More than these are a list, which is whole in the thread.
_MOST_NAMED = 3
_SAID = {
    ChangeState.APPROVED: "to be announced",
    ChangeState.ANNOUNCED: "announced",
    ChangeState.INTERNAL: "not announced",
}


@dataclass(frozen=True)
class Section:
    """The week's decisions, counted; those on announcements by name."""

    name: str = "decided"
    about: str = "Decided this week"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Count what was decided in the seven days until now; None if nothing was."""
        start = scope.back(7)
        decided = deliveries.count_decided(session, start, scope.now)
        announced, total = deliveries.announced(session, start, scope.now, limit=report_lines.MOST)
        told = [f"{title}: {_SAID[state]}" for title, state in announced]
        lead: tuple[Line, ...] = (words.words(_triaged(decided)),) if decided.total else ()
        if total > _MOST_NAMED:
            items = tuple(Item(f"decided:{place}", words.words(one)) for place, one in enumerate(told))
            return Facts(self.name, Rank.FIGURES, self.about, lead=lead, items=items, is_news=False, total=total)
        lead += (words.words(" · ".join(told)),) if told else ()
        return Facts(self.name, Rank.FIGURES, self.about, lead=lead, is_news=False) if lead else None


def _triaged(decided: Decided) -> str:
    ways = {
        "accepted": decided.accepted,
        words.count(decided.duplicates, "duplicate"): decided.duplicates,
        "declined": decided.declined,
    }
    told = [name if name[0].isdigit() else f"{count} {name}" for name, count in ways.items() if count]
    return f"{words.count(decided.total, 'report')} triaged: {', '.join(told)}"


SECTION = Section()
