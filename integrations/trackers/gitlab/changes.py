"""What changed in a project: each list by the time of change, the oldest first, from where the last look ended.

Notes are in no list of the project: those of each issue that changed are read, for a note changes its issue. That a
note was deleted is told nowhere.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from integrations import positions
from integrations.exchange import Answer, HttpError
from integrations.positions import Changing, Position
from integrations.trackers.base import Changes, Comment, Item
from integrations.trackers.gitlab.activity import RawDeployment, RawEvent, RawMergeRequest, RawRelease
from integrations.trackers.gitlab.payloads import RawIssue, RawNote
from integrations.trackers.gitlab.project import PAGE, GitLabProject, parsed_list

# Releases and approvals cannot be asked for by time of change (or only by day): the newest of them are looked through.
NEWEST = 50
_MISSING = frozenset({403, 404})
Thing = TypeVar("Thing", bound=Changing)
Read = Callable[[Answer], list[Thing]]


class Cursor(BaseModel):
    """How far each list was read."""

    issues: Position
    notes: Position
    merge_requests: Position
    approvals: Position
    releases: Position
    deployments: Position


class Looked:
    """What one look brought."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.comments: list[Comment] = []
        self.more = False


async def since(project: GitLabProject, cursor: str, now: datetime) -> Changes:
    """Read what changed; with an empty cursor only find out what time it is there.

    Raises:
        HttpError: GitLab does not answer, or this is no cursor of ours.
    """
    if not cursor:
        return Changes(cursor=(await _now(project, now)).model_dump_json())
    try:
        here = Cursor.model_validate_json(cursor)
    except ValidationError:
        raise HttpError("where the last look ended is not readable") from None
    return await _look(project, here)


async def _look(project: GitLabProject, here: Cursor) -> Changes:
    looked, us = Looked(), (await project.me()).username
    issues, issues_at = await _changed(
        project, "issues", here.issues, lambda answer: parsed_list(RawIssue, answer), looked
    )
    notes_at = await _notes(project, issues, here.notes, looked, is_end=not issues_at.floor)
    onward = Cursor(
        issues=issues_at,
        notes=notes_at,
        merge_requests=await _merge_requests(project, here.merge_requests, looked),
        approvals=await _approvals(project, here.approvals, looked),
        releases=await _releases(project, here.releases, looked),
        deployments=await _deployments(project, here.deployments, looked),
    )
    return Changes(
        issues=tuple(raw.issue(project.path, us) for raw in issues),
        comments=tuple(looked.comments),
        items=tuple(looked.items),
        cursor=onward.model_dump_json(),
        more=looked.more,
    )


async def _now(project: GitLabProject, now: datetime) -> Cursor:
    """Begin at the server's own time, with which its times are compared."""
    answer = await project.get("")
    try:
        at = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        at = now
    begin = Position(since=at)
    return Cursor(issues=begin, notes=begin, merge_requests=begin, approvals=begin, releases=begin, deployments=begin)


async def _changed(
    project: GitLabProject, path: str, here: Position, read: Callable[[Answer], Sequence[Thing]], looked: Looked
) -> tuple[tuple[Thing, ...], Position]:
    """Read a page of what changed since a position."""
    page = int(here.page or 1)
    scope = {} if path == "deployments" else {"scope": "all"}
    answer = await project.get(
        path,
        **scope,
        order_by="updated_at",
        sort="asc",
        updated_after=here.since.isoformat(),
        per_page=PAGE,
        page=page,
    )
    things = read(answer)
    fresh = positions.unseen(things, here)
    if len(things) < PAGE:
        return fresh, positions.to_end(here, things)
    looked.more = True
    last = things[-1].updated_at
    # By pages alone things would be skipped: what changes meanwhile moves to the end, and the rest moves up.
    if last > here.since:
        return fresh, positions.to_page(here, things, "", since=last)
    return fresh, positions.to_page(here, things, str(page + 1))


async def _notes(
    project: GitLabProject, issues: Sequence[RawIssue], here: Position, looked: Looked, *, is_end: bool
) -> Position:
    """Read the notes of the issues that changed."""
    us, met = (await project.me()).username, list[RawNote]()
    for issue in issues:
        if issue.user_notes_count:
            notes = await _newest_notes(project, issue, here.floor or here.since)
            fresh = positions.unseen(notes, here)
            looked.comments += [note.comment(project.path, issue.external_id, us, project.home) for note in fresh]
            met += notes
    return positions.to_end(here, met) if is_end else positions.to_page(here, met, "")


async def _newest_notes(project: GitLabProject, issue: RawIssue, begin: datetime) -> list[RawNote]:
    """Read an issue's notes down to the moment where the last look began."""
    path, found, page = f"issues/{issue.iid}/notes", list[RawNote](), 1
    while True:
        answer = await project.get(path, order_by="updated_at", sort="desc", per_page=PAGE, page=page)
        notes = parsed_list(RawNote, answer)
        found += [note for note in notes if note.is_for_all and note.updated_at >= begin]
        if len(notes) < PAGE or notes[-1].updated_at < begin:
            return found[::-1]
        page += 1


async def _merge_requests(project: GitLabProject, here: Position, looked: Looked) -> Position:
    def read(answer: Answer) -> list[Item]:
        return [raw.item(project.path) for raw in parsed_list(RawMergeRequest, answer)]

    return await _optional(lambda: _changed(project, "merge_requests", here, read, looked), here, looked)


async def _deployments(project: GitLabProject, here: Position, looked: Looked) -> Position:
    def read(answer: Answer) -> list[Item]:
        return [raw.item(project.path) for raw in parsed_list(RawDeployment, answer)]

    return await _optional(lambda: _changed(project, "deployments", here, read, looked), here, looked)


async def _approvals(project: GitLabProject, here: Position, looked: Looked) -> Position:
    """Read approvals; GitLab takes a day only, and gives what is after it."""

    async def newest() -> tuple[Sequence[Item], Position]:
        day = (here.since - timedelta(days=1)).date().isoformat()
        wanted = {"action": "approved", "target_type": "merge_request", "after": day}
        answer = await project.get("events", **wanted, sort="desc", per_page=PAGE)
        return _since([raw.item(project.path, project.home) for raw in parsed_list(RawEvent, answer)], here)

    return await _optional(newest, here, looked)


async def _releases(project: GitLabProject, here: Position, looked: Looked) -> Position:
    async def newest() -> tuple[Sequence[Item], Position]:
        answer = await project.get("releases", order_by="created_at", sort="desc", per_page=NEWEST)
        return _since([raw.item(project.path) for raw in parsed_list(RawRelease, answer)], here)

    return await _optional(newest, here, looked)


def _since(items: Sequence[Item], here: Position) -> tuple[Sequence[Item], Position]:
    """Leave out what was there before the last look."""
    recent = [item for item in items if item.updated_at >= here.since]
    return positions.unseen(recent, here), positions.to_end(here, recent)


async def _optional(
    read: Callable[[], Awaitable[tuple[Sequence[Item], Position]]], here: Position, looked: Looked
) -> Position:
    """Read a list that may be switched off in the project, or hidden from us."""
    try:
        items, onward = await read()
    except HttpError as error:
        if error.status not in _MISSING:
            raise
        return here
    looked.items += items
    return onward
