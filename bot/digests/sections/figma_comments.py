"""Questions in Figma that nobody answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.digests import figma, words
from bot.digests.base import Scope
from bot.digests.facts import Facts, Item, Rank
from bot.digests.source_polling import READ_SINCE
from bot.routing.working_time import Calendar, calendar_of, working_between
from bot.text import beginning
from storage import digests, frames
from storage.database import WorkspaceSession
from storage.models import ItemKind, Slot, SourceItem

WORKING_DAYS = 3
LONGEST_QUOTE = 100
_ABOUT = "Figma comments without an answer"
_WEEK = 7


@dataclass(frozen=True)
class _Waiting:
    """A comment whose last word is not a designer's, and since when it waits for one."""

    item: SourceItem
    since: datetime


@dataclass(frozen=True)
class Section:
    """Open comments that wait for a designer for three working days or more, the oldest first."""

    name: str = "figma_comments"
    about: str = _ABOUT
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=lambda: frozenset({figma.SOURCE}))

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read what waits now, and how much waited a week ago."""
        if not figma.files(scope):
            return None
        unread = figma.unread(session, scope, self.name, self.about)
        if unread is not None:
            return unread
        waiting = _waiting(session, scope, None)
        before = _last_week(session, scope)
        if not waiting and not before:
            return None
        compared = "" if before is None else f" (last week {before})"
        return Facts(
            section=self.name,
            rank=Rank.CHANGED,
            heading=f"{_ABOUT} for {WORKING_DAYS} working days or more",
            summary=f"{len(waiting)}{compared}",
            items=tuple(_item(one, scope) for one in waiting),
        )


def _waiting(session: WorkspaceSession, scope: Scope, at: datetime | None) -> list[_Waiting]:
    """List what waits longer than it should, now or at an earlier moment."""
    calendar, answering = calendar_of(scope.settings, ""), figma.designers(session, scope.settings)
    moment = at or scope.now
    found = []
    for item in frames.standing(session, ItemKind.FIGMA_COMMENT, figma.files(scope), at):
        since = _waits_since(item, answering, moment)
        if since is not None and _is_long(calendar, since, moment):
            found.append(_Waiting(item, since))
    return sorted(found, key=lambda one: one.since)


def _waits_since(item: SourceItem, answering: frozenset[str], at: datetime) -> datetime | None:
    """Say since when a comment waits: since the first word after the last of somebody whose answer counts.

    Where no designer is known, everybody's does but that of who asked.
    """
    since: datetime | None = None
    for said in item.data["talk"]:
        moment = datetime.fromisoformat(said["at"])
        if moment > at:
            break
        if _is_answer(said, answering, item.author):
            since = None
        elif since is None:
            since = moment
    return since


def _is_answer(said: Mapping[str, str], answering: frozenset[str], asker: str) -> bool:
    if not answering:
        return said["by"] != asker
    return said["by"].casefold() in answering or said["id"].casefold() in answering


def _is_long(calendar: Calendar, since: datetime, until: datetime) -> bool:
    wanted = WORKING_DAYS * calendar.day_length
    # Working time is never more than time: most need not be counted.
    return until - since >= wanted and working_between(calendar, since, until) >= wanted


def _last_week(session: WorkspaceSession, scope: Scope) -> int | None:
    """Count what waited a week ago; None if that is not known, for Figma was not read yet."""
    at = scope.back(_WEEK)
    read_since = digests.fact(session, READ_SINCE)
    if not read_since or datetime.fromisoformat(read_since) > at:
        return None
    return len(_waiting(session, scope, at))


def _item(waiting: _Waiting, scope: Scope) -> Item:
    item = waiting.item
    quote = words.link(f"“{_short(item.title)}”", item.url)
    parts = (f"asked by {item.author or 'somebody'}", words.age(scope.now - waiting.since), item.data.get("frame", ""))
    return Item(
        subject=f"item:{item.id}",
        line=words.words(quote, f" — {', '.join(part for part in parts if part)}"),
        state="waiting",
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else f"{beginning(line, LONGEST_QUOTE - 1)}…"


SECTION = Section()
