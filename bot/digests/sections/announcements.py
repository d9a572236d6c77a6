"""What shipped that customers can see and nobody has announced yet; what is internal is only counted."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.digests import words
from bot.digests.base import Scope
from bot.digests.facts import Act, ActKind, Facts, Item, Piece, Rank
from storage import people, releases
from storage.database import WorkspaceSession
from storage.models import Release, ReleaseChange, Slot

MOST = 50
# What nobody wanted to announce for so long is no news any more.
OLDEST = timedelta(days=28)
_NO_TEXT = "no text yet: press Edit and write what customers are told"


@dataclass(frozen=True)
class Section:
    """Changes of releases that wait for somebody's word, each with its text; who made them is not told."""

    name: str = "announcements"
    about: str = "Shipped, waiting for your word"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY, Slot.RELEASE})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read what waits."""
        found = releases.waiting(session, scope.now - OLDEST, scope.now, MOST)
        if not found:
            return None
        shipped = list({release.id: release for _, release in found}.values())
        whole, internal = releases.count_changes(session, [release.id or 0 for release in shipped])
        names = {part.key: part.name for part in people.components(session)}
        items = tuple(_item(change, release, names, is_one=len(shipped) == 1) for change, release in found)
        notes = (words.words(f"{words.count(internal, 'internal change')} left out"),) if internal else ()
        summary = _summary(len(found), whole, shipped, scope)
        return Facts(self.name, Rank.NEEDS_YOU, self.about, summary, items=items, notes=notes)


def _summary(waiting: int, whole: int, shipped: list[Release], scope: Scope) -> str:
    if len(shipped) > 1:
        return f"{words.count(waiting, 'change')} in {len(shipped)} releases"
    day = words.day(shipped[0].published_at, scope.zone)
    return f"{waiting} of {words.count(whole, 'change')} in {shipped[0].name or shipped[0].tag} ({day})"


def _item(change: ReleaseChange, release: Release, names: dict[str, str], *, is_one: bool) -> Item:
    said = f"“{change.announce_text}”" if change.announce_text else Piece(_NO_TEXT, italic=True)
    where = [names.get(change.component_key or "", ""), "" if is_one else f"in {release.name or release.tag}"]
    detail = " · ".join(part for part in where if part)
    return Item(
        subject=f"change:{change.id}",
        line=words.words(words.bold(change.title), " — ", said),
        details=(words.words(detail),) if detail else (),
        state=change.state,
        acts=(Act(ActKind.ANNOUNCE, str(change.id)),),
    )


SECTION = Section()
