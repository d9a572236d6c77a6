"""Frames in Figma that are ready to be built: those without an issue first."""

import re
from dataclasses import dataclass, field

from bot.digests import figma, frame_lines, words
from bot.digests.base import WINDOW, Scope
from bot.digests.facts import Act, ActKind, Facts, Figure, Item, Rank
from bot.routing.settings import LOCAL
from storage import frames
from storage.database import WorkspaceSession
from storage.models import IssueLink, ItemKind, Slot, SourceItem

# As many as the value of a button may name.
MOST_AT_ONCE = 10
_DAY_S = 86_400


@dataclass(frozen=True)
class Section:
    """What was marked ready for development since the last post, and what was before and still has no issue."""

    name: str = "hand_offs"
    about: str = "Hand-offs"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=lambda: frozenset({figma.SOURCE}))

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read the frames with their issues."""
        files = figma.files(scope)
        if not files:
            return None
        unread = figma.unread(session, scope, self.name, self.about)
        if unread is not None:
            return unread
        ready = frames.open_items(session, ItemKind.FIGMA_FRAME, files)
        links = frames.issues(session, [frame.id or 0 for frame in ready])
        told = [(one, frame_lines.item_of(session, scope.settings, one, links.get(one.id or 0))) for one in ready]
        wanting = [(one, item) for one, item in told if frame_lines.is_wanting(item)]
        fresh = [one for one in ready if one.opened_at > scope.since]
        others = [item for one, item in told if one in fresh and not frame_lines.is_wanting(item)]
        figures = _figures(session, scope) if scope.slot is not Slot.DAILY else ()
        if not wanting and not others and not figures:
            return None
        return Facts(
            section=self.name,
            rank=Rank.CHANGED,
            heading=self.about,
            summary=_summary(len(fresh), scope),
            items=(*(item for _, item in wanting), *others),
            figures=figures,
            acts=_acts(scope, wanting),
        )


def _summary(fresh: int, scope: Scope) -> str:
    marked = f"{words.count(fresh, 'frame')} marked" if fresh else "no frame marked"
    return f"{marked} ready for dev since {words.day(scope.since, scope.zone)}"


def _acts(scope: Scope, wanting: list[tuple[SourceItem, Item]]) -> tuple[Act, ...]:
    """Give the button that makes the issues, of frames whose component has a tracker to make them in."""
    assert scope.settings.figma is not None
    components = scope.settings.figma.files
    ids = [
        str(frame.id)
        for frame, item in wanting
        if item.state == frame_lines.NO_ISSUE and scope.settings.target_of(components.get(frame.project))[0] != LOCAL
    ][:MOST_AT_ONCE]
    if not ids:
        return ()
    label = "Create issue" if len(ids) == 1 else f"Create {len(ids)} issues"
    return (Act(ActKind.CREATE_ISSUES, ",".join(ids), label),)


def _figures(session: WorkspaceSession, scope: Scope) -> tuple[Figure, ...]:
    """Give how long it takes from the mark to the first pull request, over 28 days; nothing of a few."""
    days = _days_to_pull(session, scope)
    middle = words.middle(days)
    if middle is None:
        return ()
    value = f"median {middle:.1f} days (n = {len(days)})"
    return (Figure("Hand-off", "Hand-off to first pull request (28 d)", value, raw=middle, n=len(days)),)


def _days_to_pull(session: WorkspaceSession, scope: Scope) -> list[float]:
    marked = frames.ready_since(session, figma.files(scope), scope.back(WINDOW.days))
    if not marked:
        return []
    links = frames.issues(session, [frame.id or 0 for frame in marked])
    pulls = frames.pulls_since(session, marked[0].opened_at)
    days = []
    for frame in marked:
        link = links.get(frame.id or 0)
        after = (one for one in pulls if one.opened_at >= frame.opened_at and link is not None and _names(one, link))
        first = next(after, None)
        if first is not None:
            days.append((first.opened_at - frame.opened_at).total_seconds() / _DAY_S)
    return days


def _names(pull: SourceItem, link: IssueLink) -> bool:
    """Say whether a pull request names an issue: by its key, or in the issue's own project by its number."""
    title, branch = pull.title, str(pull.data.get("branch") or "")
    if not link.key:
        return False
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*-\d+", link.key):
        key = re.compile(rf"(?<![A-Za-z0-9]){re.escape(link.key)}(?!\d)", re.IGNORECASE)
        return bool(key.search(title) or key.search(branch))
    number = re.search(r"\d+$", link.key)
    if number is None or pull.project.casefold() != link.project.casefold():
        return False
    return bool(re.search(rf"#{number[0]}(?!\d)", title)) or branch.startswith(f"{number[0]}-")


SECTION = Section()
