"""How things stand, in the words of who answers for it; never ours."""

from dataclasses import dataclass, field

from bot.digests import health
from bot.digests.base import Scope
from bot.digests.facts import Facts
from bot.digests.slots import weekly_of
from storage import health_words
from storage.database import WorkspaceSession
from storage.models import HealthWord, Slot


@dataclass(frozen=True)
class Section:
    """On track or not, and one sentence; who was asked and did not answer is named, and nothing is made up."""

    name: str = health.SECTION_NAME
    about: str = "Health, in one sentence"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read what was said for this digest; one that was asked for shows what was said last."""
        asked = scope.audience.health_from
        if not asked:
            return None
        return health.facts(session, scope.key, _word(session, scope), asked, scope.zone)


def _word(session: WorkspaceSession, scope: Scope) -> HealthWord | None:
    shown = scope.now.astimezone(scope.zone)
    today = health_words.find(session, scope.key, shown.date().isoformat())
    # On any other day it is a look in between: what was said last stands, with its date.
    is_its_day = scope.audience.weekly is not None and weekly_of(scope.audience.weekly)[0] == shown.weekday()
    if today is not None and (scope.is_weekly or today.health is not None):
        return today
    if scope.is_weekly and is_its_day:
        return None
    return health_words.newest(session, scope.key, answered=True) or today


SECTION = Section()
