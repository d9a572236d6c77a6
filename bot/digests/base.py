"""The section protocol: what a part of a digest is asked, and what with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.digests.facts import Facts, SourceHealth
from bot.routing.settings import Audience, Settings
from storage.database import WorkspaceSession
from storage.models import Slot

WEEKS = 8
WINDOW = timedelta(days=28)
# Pull requests, reviews, releases and deployments, and who tells of them.
ACTIVITY = "activity"
FORGES = ("github", "gitlab")


@dataclass(frozen=True)
class Scope:
    """What a section is asked about. All moments are aware, in UTC; `now` is the moment whose facts are told.

    `since` is the last post of this audience: what changed after it is news. A week ends at `now`, as the clock of
    `zone` shows it, so that the weeks of weekly digests join without a gap.
    """

    now: datetime
    since: datetime
    slot: Slot
    zone: ZoneInfo
    key: str
    audience: Audience
    settings: Settings
    sources: tuple[SourceHealth, ...] = ()

    def back(self, days: int) -> datetime:
        """Give the moment so many days before now at which the audience's clock shows the same time."""
        return back(self.now, self.zone, days)

    def weeks(self) -> tuple[datetime, ...]:
        """Give the nine bounds of the last eight weeks, oldest first; the last is now."""
        return tuple(self.back(7 * count) for count in range(WEEKS, -1, -1))

    def nine_weeks(self) -> tuple[datetime, ...]:
        """Give the ten bounds of the last nine weeks: what is unusual of a week differs from the eight before it."""
        return tuple(self.back(7 * count) for count in range(WEEKS + 1, -1, -1))

    @property
    def is_weekly(self) -> bool:
        """Say whether figures of the week belong into it."""
        return self.slot is Slot.WEEKLY

    def failing(self, *names: str) -> tuple[SourceHealth, ...]:
        """List those of these sources that could not be read; figures made of them are withheld."""
        wanted = {*names, *(FORGES if ACTIVITY in names else ())}
        return tuple(one for one in self.sources if one.name in wanted and one.failing_since is not None)


class Section(Protocol):
    """A part of digests. Registered once in `bot.digests.sections`; an audience names it in its settings."""

    @property
    def name(self) -> str:
        """Give the name that settings files know it by."""

    @property
    def about(self) -> str:
        """Say in a few words what it tells, for the settings form and the docs."""

    @property
    def slots(self) -> frozenset[Slot]:
        """Say in which digests it stands; one that was asked for shows what the next due one would."""

    @property
    def sources(self) -> frozenset[str]:
        """Name what its facts come from besides Liaison's own tables: trackers by name, `figma`, `activity`."""

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read the facts; None if there is nothing to say. Private reports are in none."""


def back(at: datetime, zone: ZoneInfo, days: int) -> datetime:
    """Give the moment so many days before `at` at which the clock of `zone` shows the same time, in UTC."""
    shown = at.astimezone(zone) - timedelta(days=days)
    return shown.astimezone(ZoneInfo("UTC"))
