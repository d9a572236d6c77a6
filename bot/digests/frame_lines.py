"""What digests say of a frame in Figma and its issue, also after somebody had the issue made."""

from collections.abc import Mapping
from dataclasses import replace

from bot.digests import words
from bot.digests.facts import Act, ActKind, Facts, Item, Line, Mark, Piece
from bot.routing import accounts
from bot.routing.settings import Settings
from storage import frames, people
from storage.database import WorkspaceSession
from storage.models import IssueLink, IssueState, SourceItem

# The states of an Item whose frame has no issue, or one that is being made.
NO_ISSUE = "no_issue"
MAKING = "making"
_STATES: Mapping[IssueState, str] = {
    IssueState.OPEN: "not started",
    IssueState.DOING: "in progress",
    IssueState.DONE: "done",
    IssueState.DROPPED: "dropped",
}


def item_of(session: WorkspaceSession, settings: Settings, frame: SourceItem, link: IssueLink | None) -> Item:
    """Say which issue a frame has, whose it is and how far it is; or that it has none."""
    begin: Line = (words.link(frame.title, frame.url),)
    subject = f"item:{frame.id}"
    if link is None or (not link.external_id and link.error):
        return Item(subject, words.words(*begin, " → ", Piece("no issue yet", italic=True)), _why(link), state=NO_ISSUE)
    if not link.external_id:
        return Item(subject, words.words(*begin, " → issue is being made"), state=MAKING)
    owner = _owner(session, settings, link)
    name = words.link(link.key or "an issue", link.url)
    told = f", {owner}, {_STATES[link.state]}" if owner else f", {_STATES[link.state]}"
    return Item(subject, words.words(*begin, " → ", name, told), state=link.state, owner=owner)


def is_wanting(item: Item) -> bool:
    """Say whether a line tells of a frame without an issue."""
    return item.state in {NO_ISSUE, MAKING}


def mark(session: WorkspaceSession, item_id: int) -> Mark | None:
    """Say which issue a frame got since its line was posted, and who had it made; None if it still has none."""
    link = frames.issues(session, (item_id,)).get(item_id)
    if link is None or (not link.external_id and link.error):
        return None
    asker = frames.asked_by(session, item_id)
    by = people.by_id(session, (asker,)).get(asker or 0)
    what = f"{link.key or 'an issue'}, {_STATES[link.state]}" if link.external_id else "issue is being made"
    # A name alone would stand where digests say whose the issue is.
    return Mark(True, f"asked for by {by.name}" if by else "", what)


def as_now(session: WorkspaceSession, facts: Facts) -> Facts:
    """Leave the button out once all its frames have an issue, and say below a line why its issue was not made."""
    wanting = [int(one.subject.partition(":")[2]) for one in facts.items if is_wanting(one)]
    if not wanting:
        return facts
    links = frames.issues(session, wanting)
    refused = {f"item:{one.subject_id}": _why(one) for one in links.values() if not one.external_id}
    items = tuple(replace(one, details=refused.get(one.subject, one.details)) for one in facts.items)
    acts = tuple(act for act in facts.acts if act.kind is not ActKind.CREATE_ISSUES or not _is_done(act, links))
    return replace(facts, items=items, acts=acts)


def _why(link: IssueLink | None) -> tuple[Line, ...]:
    return (words.words(f"Not made: {link.error}"),) if link is not None and link.error else ()


def _is_done(act: Act, links: Mapping[int, IssueLink]) -> bool:
    """Say whether there is nothing left to be made by a button: all have an issue, or one on its way."""
    found = [links.get(int(one)) for one in act.value.split(",")]
    return all(link is not None and (link.external_id or not link.error) for link in found)


def _owner(session: WorkspaceSession, settings: Settings, link: IssueLink) -> str:
    """Name who has an issue, where we know whose account it is."""
    known = accounts.owner_of(session, settings, link.tracker, link.assignee_raw) if link.assignee_raw else None
    return known.name if known is not None else ""
