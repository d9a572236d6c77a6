"""What happened since the last post, in four numbers."""

from dataclasses import dataclass, field

from bot.digests import words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Rank
from storage import deliveries, figures
from storage.database import WorkspaceSession
from storage.models import Slot


@dataclass(frozen=True)
class Section:
    """New, fixed, come back and regressions."""

    name: str = "since_last_post"
    about: str = "Since the last post"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Count what happened."""
        since, now = scope.since, scope.now
        counts = {
            "new": figures.count_new(session, (since, now))[0],
            "fixed": figures.count_fixed(session, since, now),
            "came back": deliveries.count_came_back(session, since, now)[0],
            "regressions": figures.count_regressions(session, since, now),
        }
        if not any(counts.values()):
            return None
        said = " · ".join(f"{count} {name}" for name, count in counts.items())
        heading = f"Since {words.moment(since, scope.zone)}"
        state = (since.isoformat(), *(f"{name} {count}" for name, count in counts.items()))
        return Facts(self.name, Rank.CHANGED, heading, said, state=state)


SECTION = Section()
