"""Pull requests that wait for a review for more than a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.digests import words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Piece, Rank
from bot.routing import accounts
from bot.routing.settings import Settings
from storage import waiting
from storage.database import WorkspaceSession
from storage.models import Slot, SourceItem

LONG = timedelta(hours=24)
MOST = 50


@dataclass(frozen=True)
class Section:
    """Open pull requests that nobody reviewed since they were opened, more than 24 hours ago."""

    name: str = "reviews"
    about: str = "Reviews waiting more than 24 h"
    slots: frozenset[Slot] = frozenset({Slot.DAILY, Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=lambda: frozenset({"activity"}))

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read what waits."""
        found, total = waiting.pulls_unreviewed(session, scope.now - LONG, MOST)
        if not found:
            return None
        known = _reviewers(session, scope.settings, found)
        items = tuple(_item(pull, known, scope) for pull in found)
        return Facts(self.name, Rank.CHANGED, self.about, f"{total}", items=items, total=total)


def _item(pull: SourceItem, known: Mapping[tuple[str, str], Piece], scope: Scope) -> Item:
    number = pull.data.get("number")
    who = [piece for key in _asked(pull) for piece in (Piece(", "), known[key])][1:]
    line = words.words(
        words.link(f"#{number}" if number else pull.title, pull.url),
        " ",
        Piece(pull.title, italic=True),
        f" — {words.age(scope.now - pull.opened_at)}, ",
        *(who or [Piece("nobody was asked")]),
    )
    return Item(subject=f"item:{pull.id}", line=line, state=pull.state)


def _asked(pull: SourceItem) -> list[tuple[str, str]]:
    """List whose review was asked for, by forge and name there."""
    return [(pull.source, str(login)) for login in pull.data.get("requested_reviewers", ())]


def _reviewers(
    session: WorkspaceSession, settings: Settings, pulls: Sequence[SourceItem]
) -> dict[tuple[str, str], Piece]:
    """Tell who must act; one we do not know is named as the forge knows them."""
    found = {}
    for source, login in {key for pull in pulls for key in _asked(pull)}:
        person = accounts.owner_of(session, settings, source, login)
        name = Piece(person.name or login, mention=person.slack_user_id) if person else Piece(login)
        found[source, login] = name
    return found


SECTION = Section()
