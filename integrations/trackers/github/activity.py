"""Pull requests, reviews, releases and deployments: what digests are made of. Parsing only, no network."""

from datetime import UTC, datetime

from pydantic import BaseModel

from integrations.announcing import announced_in, noted_in
from integrations.trackers.base import Item
from integrations.trackers.github.payloads import User
from integrations.trackers.github.polling import Changing
from storage.models import ItemKind

LONGEST_TITLE = 300
_LONG_AGO = datetime(2008, 1, 1, tzinfo=UTC)


class Branch(BaseModel):
    """One end of a pull request."""

    ref: str


class RawLabel(BaseModel):
    """A label."""

    name: str


class RawPull(Changing):
    """A pull request."""

    number: int
    title: str
    state: str
    html_url: str
    created_at: datetime
    head: Branch
    base: Branch
    draft: bool = False
    user: User | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    merge_commit_sha: str | None = None
    requested_reviewers: tuple[User, ...] = ()
    labels: tuple[RawLabel, ...] = ()
    body: str | None = None

    @property
    def identity(self) -> str:
        return str(self.number)


class RawReview(BaseModel):
    """A review of a pull request; one that is pending was not sent yet."""

    id: int
    state: str
    html_url: str
    user: User | None = None
    submitted_at: datetime | None = None


class RawRelease(Changing):
    """A release; a draft has no `published_at`. Older servers do not say when it was changed."""

    updated_at: datetime = _LONG_AGO

    id: int
    tag_name: str
    html_url: str
    created_at: datetime
    name: str | None = None
    draft: bool = False
    prerelease: bool = False
    published_at: datetime | None = None
    author: User | None = None
    body: str | None = None

    @property
    def identity(self) -> str:
        return str(self.id)

    @property
    def began_at(self) -> datetime:
        return self.published_at or self.created_at


class RawDeployment(Changing):
    """A deployment; how it went is said by its statuses."""

    id: int
    sha: str
    ref: str
    environment: str
    url: str
    created_at: datetime
    creator: User | None = None

    @property
    def identity(self) -> str:
        return str(self.id)


class RawDeploymentStatus(BaseModel):
    """One step of a deployment: pending, in_progress, success, failure, error, inactive."""

    state: str
    created_at: datetime
    target_url: str | None = None
    environment_url: str | None = None


def pull_item(raw: RawPull, project: str) -> Item:
    """Make an item of a pull request; its state is open, draft, merged or closed."""
    state = "merged" if raw.merged_at else raw.state
    return Item(
        kind=ItemKind.PULL_REQUEST,
        external_id=f"{project}#{raw.number}",
        project=project,
        title=raw.title[:LONGEST_TITLE],
        url=raw.html_url,
        author=_login(raw.user),
        state="draft" if raw.draft and state == "open" else state,
        opened_at=raw.created_at,
        updated_at=raw.updated_at,
        closed_at=raw.merged_at or raw.closed_at,
        data={
            "number": raw.number,
            "merged_at": raw.merged_at.isoformat() if raw.merged_at else None,
            "merge_sha": raw.merge_commit_sha if raw.merged_at else None,
            "branch": raw.head.ref,
            "target": raw.base.ref,
            "requested_reviewers": [reviewer.login for reviewer in raw.requested_reviewers],
            "labels": [label.name for label in raw.labels],
            "announce": announced_in(raw.body or ""),
        },
    )


def review_item(raw: RawReview, pull: Item) -> Item | None:
    """Make an item of a review: approved, changes_requested, commented, dismissed; None while it is being written."""
    if raw.submitted_at is None or raw.state.lower() == "pending":
        return None
    return Item(
        kind=ItemKind.REVIEW,
        external_id=str(raw.id),
        project=pull.project,
        title=pull.title,
        url=raw.html_url,
        author=_login(raw.user),
        state=raw.state.lower(),
        opened_at=raw.submitted_at,
        updated_at=raw.submitted_at,
        parent_external_id=pull.external_id,
        data={"verdict": raw.state.lower()},
    )


def release_item(raw: RawRelease, project: str) -> Item | None:
    """Make an item of a release; None for a draft, which nobody is to know of."""
    if raw.draft or raw.published_at is None:
        return None
    return Item(
        kind=ItemKind.RELEASE,
        external_id=str(raw.id),
        project=project,
        title=(raw.name or raw.tag_name)[:LONGEST_TITLE],
        url=raw.html_url,
        author=_login(raw.author),
        state="prerelease" if raw.prerelease else "published",
        opened_at=raw.created_at,
        updated_at=max(raw.updated_at, raw.published_at),
        closed_at=raw.published_at,
        data={
            "tag": raw.tag_name,
            "prerelease": raw.prerelease,
            "published_at": raw.published_at.isoformat(),
            "notes": noted_in(raw.body or ""),
        },
    )


def deployment_item(raw: RawDeployment, status: RawDeploymentStatus | None, project: str) -> Item:
    """Make an item of a deployment and its newest status; with none it is pending."""
    state = status.state if status else "pending"
    updated_at = max(raw.updated_at, status.created_at) if status else raw.updated_at
    is_over = state in {"success", "failure", "error", "inactive"}
    return Item(
        kind=ItemKind.DEPLOYMENT,
        external_id=str(raw.id),
        project=project,
        title=f"{raw.ref} to {raw.environment}"[:LONGEST_TITLE],
        url=((status.environment_url or status.target_url) if status else "") or "",
        author=_login(raw.creator),
        state=state,
        opened_at=raw.created_at,
        updated_at=updated_at,
        closed_at=updated_at if is_over else None,
        data={"environment": raw.environment, "sha": raw.sha, "ref": raw.ref},
    )


def _login(user: User | None) -> str:
    return user.login if user else "ghost"
