"""What customers can see of the releases since the last post."""

from dataclasses import dataclass, field

from bot.digests import words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Rank
from storage import shipped
from storage.database import WorkspaceSession
from storage.models import ReleaseChange, Slot, SourceItem


@dataclass(frozen=True)
class Section:
    """The changes of published releases that are not internal."""

    name: str = "shipped"
    about: str = "Shipped and visible"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=lambda: frozenset({"activity"}))

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read the changes, the newest release first."""
        changes = shipped.visible_between(session, scope.since, scope.now)
        if not changes:
            return None
        items = tuple(_item(change, pull) for change, pull in changes)
        return Facts(self.name, Rank.CHANGED, self.about, summary=f"{len(items)}", items=items)


def _item(change: ReleaseChange, pull: SourceItem) -> Item:
    number = pull.data.get("number")
    name = words.link(f"#{number}" if number else pull.project, pull.url)
    return Item(f"change:{change.id}", words.words(name, f" {change.title}"), state="shipped")


SECTION = Section()
