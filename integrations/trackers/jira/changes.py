"""What changed in a project: its issues by the time of their last change, the oldest first, and their comments.

A comment that is written, edited or deleted changes its issue. JQL counts in minutes, and Cloud's search sees a change
some seconds late; so each look goes back some minutes, and what was seen is left out.
"""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, ValidationError

from integrations.exchange import Answer, HttpError
from integrations.trackers.base import Changes, Comment
from integrations.trackers.jira.comments import read_comments
from integrations.trackers.jira.payloads import RawComment, RawIssue
from integrations.trackers.jira.site import Found, JiraSite

# As far as the search may be behind.
LAG = timedelta(minutes=2)
# What was seen is kept for longer than any look goes back.
KEPT = LAG + timedelta(minutes=3)
_EDGE = timedelta(seconds=10)
_PAGES_OVERLAP = 10


class Cursor(BaseModel):
    """How far issues were read: what changed since `since`, but for `seen` (times of changes, by id).

    `began` is when the first look was. While a long list is read, `jql` and `page` say where to go on in it, and
    `newest` is the latest change met so far.
    """

    began: datetime
    since: datetime
    seen: dict[str, datetime] = {}
    jql: str = ""
    page: str = ""
    newest: datetime | None = None


async def since(site: JiraSite, cursor: str, now: datetime) -> Changes:
    """Read what changed; with an empty cursor only find out what time it is there.

    Raises:
        HttpError: Jira does not answer, or this is no cursor of ours.
    """
    if not cursor:
        at = time_there(await site.get("myself"), now)
        return Changes(cursor=Cursor(began=at, since=at).model_dump_json())
    try:
        here = Cursor.model_validate_json(cursor)
    except ValidationError:
        raise HttpError("where the last look ended is not readable") from None
    reading = await site.reading()
    found = await _page(site, here, now)
    fresh = [raw for raw in found.issues if _is_fresh(here, raw.id, raw.fields.updated)]
    comments: list[Comment] = []
    seen = {raw.id: raw.fields.updated for raw in found.issues}
    for raw in fresh:
        for comment in await _comments(site, raw):
            if _is_fresh(here, f"c{comment.id}", comment.updated):
                comments.append(reading.comment(comment, raw.id, raw.key))
            seen[f"c{comment.id}"] = comment.updated
    onward = _onward(here, found, seen)
    return Changes(
        issues=tuple(reading.issue(raw) for raw in fresh),
        comments=tuple(comments),
        cursor=onward.model_dump_json(),
        more=bool(onward.page),
    )


async def _page(site: JiraSite, here: Cursor, now: datetime) -> Found:
    """Ask by minutes before now, which needs no time zone: JQL reads moments in the zone of the account."""
    if not here.page:
        at = time_there(await site.get("myself"), now)
        minutes = math.ceil((at - here.since + LAG) / timedelta(minutes=1))
        here.jql = f'project = "{site.project}" AND updated >= -{max(minutes, 1)}m ORDER BY updated ASC, key ASC'
    return await site.search(here.jql, here.page, "comment")


def _is_fresh(here: Cursor, key: str, at: datetime) -> bool:
    is_late = at < here.since - KEPT
    return not is_late and at >= here.began - _EDGE and here.seen.get(key) != at


async def _comments(site: JiraSite, raw: RawIssue) -> Iterable[RawComment]:
    """Give an issue's comments; a search brings only some of many."""
    brought = raw.fields.comment
    if brought is None or len(brought.comments) < brought.total:
        return await read_comments(site, raw.id)
    return [comment for comment in brought.comments if comment.is_for_all]


def _onward(here: Cursor, found: Found, seen: dict[str, datetime]) -> Cursor:
    newest = max([raw.fields.updated for raw in found.issues] + [here.newest or here.since])
    kept = {key: at for key, at in {**here.seen, **seen}.items() if at >= newest - KEPT - LAG}
    if not found.page:
        return Cursor(began=here.began, since=newest, seen=kept)
    # By number things would be skipped: what changes meanwhile moves to the end, and the rest moves up.
    page = str(int(found.page) - _PAGES_OVERLAP) if found.page.isdigit() else found.page
    return here.model_copy(update={"seen": kept, "page": page, "newest": newest})


def time_there(answer: Answer, now: datetime) -> datetime:
    """Give the server's own time, with which its times are compared."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return now
