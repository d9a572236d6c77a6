"""What changed in a team: two lists, the newest change first, each read down to where the last look began."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from integrations import positions
from integrations.exchange import HttpError
from integrations.positions import Position
from integrations.trackers.base import Changes
from integrations.trackers.linear import documents
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.payloads import RawComments, RawIssues

PAGE = 50
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_Page = TypeVar("_Page", RawIssues, RawComments)


class Cursor(BaseModel):
    """How far each list was read."""

    issues: Position
    comments: Position


async def since(api: LinearApi, key: str, cursor: str) -> Changes:
    """Read a page of each list; with an empty cursor only find out where the lists end now.

    Raises:
        HttpError: Linear does not answer, or this is no cursor of ours.
    """
    if not cursor:
        return Changes(cursor=(await _now(api, key)).model_dump_json())
    here = _read_cursor(cursor)
    issue_page = await _page(api, documents.CHANGED_ISSUES, key, here.issues, RawIssues, "issues")
    comment_page = await _page(api, documents.CHANGED_COMMENTS, key, here.comments, RawComments, "comments")
    issues = tuple(raw.issue() for raw in issue_page.nodes)
    comments = comment_page.comments()
    onward = Cursor(
        issues=_onward(here.issues, issues, issue_page), comments=_onward(here.comments, comments, comment_page)
    )
    return Changes(
        issues=positions.unseen(issues, here.issues),
        comments=positions.unseen(comments, here.comments),
        cursor=onward.model_dump_json(),
        more=bool(onward.issues.page or onward.comments.page),
    )


def _read_cursor(cursor: str) -> Cursor:
    try:
        return Cursor.model_validate_json(cursor)
    except ValidationError:
        raise HttpError("where the last look ended is not readable") from None


async def _page(api: LinearApi, document: str, key: str, here: Position, model: type[_Page], name: str) -> _Page:
    wanted = {"key": key, "since": here.since.isoformat(), "first": PAGE, "after": here.page or None}
    return (await api.ask(document, wanted)).read(model, name)


def _onward(here: Position, met: Any, page: RawIssues | RawComments) -> Position:
    if page.page_info.has_next_page and page.page_info.end_cursor:
        return positions.to_page(here, met, page.page_info.end_cursor)
    return positions.to_end(here, met)


async def _now(api: LinearApi, key: str) -> Cursor:
    """Begin at the newest change of all, by Linear's own clock."""
    wanted = {"key": key, "since": _EARLIEST.isoformat(), "first": 1, "after": None}
    issues = (await api.ask(documents.CHANGED_ISSUES, wanted)).read(RawIssues, "issues").nodes
    comments = (await api.ask(documents.CHANGED_COMMENTS, wanted)).read(RawComments, "comments").nodes
    return Cursor(
        issues=_from({raw.id: raw.updated_at for raw in issues}),
        comments=_from({raw.id: raw.updated_at for raw in comments}),
    )


def _from(newest: dict[str, datetime]) -> Position:
    return Position(since=max(newest.values(), default=_EARLIEST), seen=newest)
