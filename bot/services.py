"""All a rule may use; made once by `bot.app`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.duplicates.known import KnownReports
from bot.routing.in_force import InForce
from bot.routing.settings import Settings
from bot.suggestions.learnt import PastWords
from integrations.connections import Connections, Sources
from storage.database import Database


@dataclass(frozen=True)
class Services:
    """What the domain works with in one workspace. `now` gives aware UTC times and can be set in tests."""

    database: Database
    workspace: str
    in_force: InForce
    trackers: Connections
    now: Callable[[], datetime]
    known: KnownReports = field(default_factory=KnownReports)
    past_words: PastWords = field(default_factory=PastWords)
    sources: Sources = field(default_factory=lambda: Sources({}, {}, now=lambda: datetime.now(UTC)))

    @property
    def settings(self) -> Settings:
        """Give the settings as they are now."""
        return self.in_force.settings

    def title_of(self, name: str) -> str:
        """Give what people call a tracker or another source."""
        source = self.sources.kind(name)
        return source.title if source is not None else self.trackers.title(name)
