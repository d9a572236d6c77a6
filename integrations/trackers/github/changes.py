"""What happened in a repository since the last look: issues, comments, and what digests are made of.

The cursor says of each list how far it was read and which ETag the last answer had. Deleted comments are in no list;
deliveries tell of them.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from integrations.http import HttpError, Request
from integrations.trackers.base import Changes, Item, TrackerError, told
from integrations.trackers.github.activity import (
    RawDeployment,
    RawDeploymentStatus,
    RawPull,
    RawRelease,
    RawReview,
    deployment_item,
    pull_item,
    release_item,
    review_item,
)
from integrations.trackers.github.payloads import RawComment, RawIssue, comment_from, issue_from, read_all
from integrations.trackers.github.polling import Changing, Position, Thing, read_changed, server_time, start
from integrations.trackers.github.repository import GitHubRepository

# Lists that cannot be asked for changes only are asked for their newest.
NEWEST = 100
OLDEST_FIRST = {"sort": "updated", "direction": "asc"}
NEWEST_FIRST = {"state": "all", "sort": "updated", "direction": "desc", "per_page": NEWEST}


class Newest(BaseModel):
    """How far a list of the newest was read: its ETag, and what each thing in it was like, by its id."""

    since: datetime
    etag: str = ""
    seen: dict[str, str] = {}


class Cursor(BaseModel):
    """How far each list was read."""

    issues: Position
    comments: Position
    pulls: Newest
    releases: Newest
    deployments: Newest


async def changes_since(repository: GitHubRepository, cursor: str, now: datetime) -> Changes:
    """Say what changed since the cursor, and where to go on; without a cursor begin now.

    Raises:
        TrackerError: GitHub did not say, or this is no cursor.
    """
    if not cursor:
        with told("GitHub", "asking for changes"):
            at = start(server_time(await repository.ask(Request("GET", repository.path(""))), now))
        newest = Newest(since=at.since)
        begun = Cursor(issues=at, comments=at, pulls=newest, releases=newest, deployments=newest)
        return Changes(cursor=begun.model_dump_json())
    try:
        here = Cursor.model_validate_json(cursor)
    except ValidationError:
        raise TrackerError("It is unknown how far GitHub was read. Import its issues anew.", retryable=False) from None
    with told("GitHub", "asking for changes"):
        return await _read(repository, here)


async def _read(repository: GitHubRepository, here: Cursor) -> Changes:
    login, project = await repository.login(), repository.project
    listed = Request("GET", repository.path("issues"), {"state": "all", **OLDEST_FIRST})
    issues = await read_changed(repository.ask, listed, here.issues, partial(read_all, RawIssue))
    listed = Request("GET", repository.path("issues/comments"), OLDEST_FIRST)
    comments = await read_changed(repository.ask, listed, here.comments, partial(read_all, RawComment))
    pulls, pull_items = await _pulls(repository, here.pulls)
    releases, release_items = await _releases(repository, here.releases)
    deployments, deployment_items = await _deployments(repository, here.deployments)
    onward = Cursor(
        issues=issues.position,
        comments=comments.position,
        pulls=pulls,
        releases=releases,
        deployments=deployments,
    )
    return Changes(
        issues=tuple(issue_from(raw, project, login) for raw in issues.things if raw.pull_request is None),
        comments=tuple(comment_from(raw, project, login) for raw in comments.things if raw.is_on_issue),
        items=(*pull_items, *release_items, *deployment_items),
        cursor=onward.model_dump_json(),
        more=issues.more or comments.more,
    )


async def _pulls(repository: GitHubRepository, here: Newest) -> tuple[Newest, list[Item]]:
    """Read the pull requests that changed, and the reviews of each."""
    value, etag = await _newest(repository, "pulls", dict(NEWEST_FIRST), here.etag)
    if value is None:
        return here, []
    raws = read_all(RawPull, value)
    changed, onward = _changed(raws, here, etag)
    items = []
    for raw in changed:
        pull = pull_item(raw, repository.project)
        answer = await repository.ask(Request("GET", repository.path(f"pulls/{raw.number}/reviews"), {"per_page": 100}))
        reviews = [review_item(review, pull) for review in read_all(RawReview, answer.json())]
        items += [pull, *(review for review in reviews if review and review.updated_at >= here.since)]
    return onward, items


async def _releases(repository: GitHubRepository, here: Newest) -> tuple[Newest, list[Item]]:
    value, etag = await _newest(repository, "releases", {"per_page": NEWEST}, here.etag)
    if value is None:
        return here, []
    raws = read_all(RawRelease, value)
    changed, onward = _changed(raws, here, etag)
    items = [release_item(raw, repository.project) for raw in changed]
    return onward, [item for item in items if item]


async def _deployments(repository: GitHubRepository, here: Newest) -> tuple[Newest, list[Item]]:
    """Read the deployments that changed, and how far each of them is."""
    value, etag = await _newest(repository, "deployments", {"per_page": NEWEST}, here.etag)
    if value is None:
        return here, []
    raws = read_all(RawDeployment, value)
    changed, onward = _changed(raws, here, etag)
    items = []
    for raw in changed:
        path = repository.path(f"deployments/{raw.id}/statuses")
        answer = await repository.ask(Request("GET", path, {"per_page": 1}))
        statuses = read_all(RawDeploymentStatus, answer.json())
        items.append(deployment_item(raw, statuses[0] if statuses else None, repository.project))
    return onward, items


async def _newest(
    repository: GitHubRepository, path: str, params: dict[str, Any], etag: str
) -> tuple[list[Any] | None, str]:
    """Read a list unless it is as it was; None too where it is not for us, which `check` says."""
    try:
        answer = await repository.ask(Request("GET", repository.path(path), params, etag=etag))
    except HttpError as error:
        if error.status not in {403, 404}:
            raise
        return None, ""
    return (None, "") if answer.status == 304 else (answer.json(), answer.etag)


def _changed(listed: Sequence[Thing], here: Newest, etag: str) -> tuple[list[Thing], Newest]:
    """Tell what changed from what was seen, oldest first; what rested before we began was never news."""
    seen = {thing.identity: thing.fingerprint for thing in listed}
    news = [thing for thing in listed if here.seen.get(thing.identity, _at_rest(thing, here)) != thing.fingerprint]
    return sorted(news, key=lambda thing: thing.updated_at), Newest(since=here.since, etag=etag, seen=seen)


def _at_rest(thing: Changing, here: Newest) -> str:
    return thing.fingerprint if max(thing.updated_at, thing.began_at) < here.since else ""
