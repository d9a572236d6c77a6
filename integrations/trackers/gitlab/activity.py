"""Merge requests, approvals, releases and deployments: what digests are made of."""

from pydantic import BaseModel

from integrations.announcing import announced_in, is_prerelease, noted_in
from integrations.trackers.base import Item
from integrations.trackers.gitlab.payloads import Moment, RawUser
from storage.models import ItemKind

LONGEST_TITLE = 300
_STATES = {"opened": "open", "locked": "open"}
_OVER = frozenset({"success", "failed", "canceled", "skipped"})


class RawMergeRequest(BaseModel):
    """A merge request."""

    iid: int
    title: str
    state: str
    web_url: str
    created_at: Moment
    updated_at: Moment
    author: RawUser | None = None
    draft: bool = False
    merged_at: Moment | None = None
    closed_at: Moment | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    source_branch: str = ""
    target_branch: str = ""
    reviewers: tuple[RawUser, ...] = ()
    labels: tuple[str, ...] = ()
    description: str | None = None

    def item(self, project: str) -> Item:
        state = _STATES.get(self.state, self.state)
        return Item(
            kind=ItemKind.PULL_REQUEST,
            external_id=merge_request_id(project, self.iid),
            project=project,
            title=self.title[:LONGEST_TITLE],
            url=self.web_url,
            author=self.author.username if self.author else "",
            state="draft" if self.draft and state == "open" else state,
            opened_at=self.created_at,
            updated_at=self.updated_at,
            closed_at=self.merged_at or self.closed_at,
            data={
                "number": self.iid,
                "merged_at": self.merged_at.isoformat() if self.merged_at else None,
                "merge_sha": self.merge_commit_sha or self.squash_commit_sha,
                "branch": self.source_branch,
                "target": self.target_branch,
                "requested_reviewers": [reviewer.username for reviewer in self.reviewers],
                "labels": list(self.labels),
                "announce": announced_in(self.description or ""),
            },
        )


class RawEvent(BaseModel):
    """Something that somebody did; we ask for approvals only."""

    id: int
    created_at: Moment
    target_iid: int
    target_title: str | None = None
    author_username: str = ""

    def item(self, project: str, home: str) -> Item:
        return Item(
            kind=ItemKind.REVIEW,
            external_id=f"{merge_request_id(project, self.target_iid)}:{self.author_username}",
            project=project,
            title=(self.target_title or "")[:LONGEST_TITLE],
            url=f"{home}/{project}/-/merge_requests/{self.target_iid}",
            author=self.author_username,
            state="approved",
            opened_at=self.created_at,
            updated_at=self.created_at,
            parent_external_id=merge_request_id(project, self.target_iid),
            data={"verdict": "approved"},
        )


class RawLinks(BaseModel):
    """Where a release is."""

    self: str = ""


class RawRelease(BaseModel):
    """A release; it may lie in the future. GitLab knows no prereleases: their tags say it."""

    tag_name: str
    name: str | None = None
    created_at: Moment
    released_at: Moment
    description: str | None = None
    author: RawUser | None = None
    links: RawLinks = RawLinks()

    model_config = {"populate_by_name": True, "alias_generator": lambda name: "_links" if name == "links" else name}

    def item(self, project: str) -> Item:
        return Item(
            kind=ItemKind.RELEASE,
            external_id=f"{project}@{self.tag_name}",
            project=project,
            title=(self.name or self.tag_name)[:LONGEST_TITLE],
            url=self.links.self,
            author=self.author.username if self.author else "",
            state="prerelease" if is_prerelease(self.tag_name) else "published",
            opened_at=self.created_at,
            updated_at=self.created_at,
            closed_at=self.released_at,
            data={
                "tag": self.tag_name,
                "prerelease": is_prerelease(self.tag_name),
                "published_at": self.released_at.isoformat(),
                "notes": noted_in(self.description or ""),
            },
        )


class RawEnvironment(BaseModel):
    """Where something is deployed to."""

    name: str
    external_url: str | None = None


class RawDeployment(BaseModel):
    """A deployment."""

    id: int
    ref: str
    sha: str
    status: str
    created_at: Moment
    updated_at: Moment
    environment: RawEnvironment
    user: RawUser | None = None

    def item(self, project: str) -> Item:
        return Item(
            kind=ItemKind.DEPLOYMENT,
            external_id=f"{project}:{self.id}",
            project=project,
            title=f"{self.ref} to {self.environment.name}"[:LONGEST_TITLE],
            url=self.environment.external_url or "",
            author=self.user.username if self.user else "",
            state=deployment_state(self.status),
            opened_at=self.created_at,
            updated_at=self.updated_at,
            closed_at=self.updated_at if self.status in _OVER else None,
            data={"environment": self.environment.name, "sha": self.sha, "ref": self.ref},
        )


def merge_request_id(project: str, iid: int) -> str:
    """Name a merge request as people do."""
    return f"{project}!{iid}"


def deployment_state(status: str) -> str:
    """Give the words that other services use."""
    return {"failed": "failure", "running": "in_progress", "created": "pending"}.get(status, status)
