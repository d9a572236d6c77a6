"""The parts of GitLab's deliveries that we use.

Source: https://docs.gitlab.com/user/project/integrations/webhook_events
"""

from pydantic import BaseModel

from integrations.announcing import announced_in, is_prerelease, noted_in
from integrations.trackers.base import Account, Comment, Issue, Item, markers_in
from integrations.trackers.gitlab.activity import LONGEST_TITLE, deployment_state, merge_request_id
from integrations.trackers.gitlab.payloads import Moment, read_text, state_of
from storage.models import ItemKind

_APPROVALS = frozenset({"approved", "approval"})


class HookUser(BaseModel):
    """Who did it; the id is missing where it is only somebody who is named."""

    id: int | None = None
    username: str = ""
    name: str = ""

    def account(self) -> Account:
        return Account(self.username, self.name)


class HookProject(BaseModel):
    """Where it happened."""

    path_with_namespace: str
    web_url: str = ""


class HookLabel(BaseModel):
    """A label."""

    title: str


class HookIssueParts(BaseModel):
    """An issue as deliveries have it: of its author only the id."""

    iid: int
    title: str
    description: str | None = None
    state: str
    url: str = ""
    author_id: int
    created_at: Moment
    updated_at: Moment
    labels: tuple[HookLabel, ...] = ()
    confidential: bool | None = False


class HookNoteParts(BaseModel):
    """A note as deliveries have it; an internal one, which older servers call confidential, is not for all."""

    id: int
    note: str
    noteable_type: str = ""
    url: str = ""
    author_id: int
    created_at: Moment
    updated_at: Moment
    system: bool = False
    internal: bool | None = False
    confidential: bool | None = False

    @property
    def is_for_all(self) -> bool:
        return not (self.system or self.internal or self.confidential)


class HookNoteIssue(BaseModel):
    """The issue of a note."""

    iid: int


class HookMergeRequestParts(BaseModel):
    """A merge request as deliveries have it."""

    iid: int
    title: str
    state: str
    url: str = ""
    author_id: int
    source_branch: str = ""
    target_branch: str = ""
    draft: bool = False
    action: str = ""
    merge_commit_sha: str | None = None
    description: str | None = None
    created_at: Moment
    updated_at: Moment


class Hook(BaseModel):
    """What every delivery has."""

    project: HookProject
    user: HookUser = HookUser()

    @property
    def path(self) -> str:
        return self.project.path_with_namespace

    def author(self, author_id: int) -> Account:
        """Name the author, if it is the one who did this; deliveries name nobody else."""
        return self.user.account() if self.user.id == author_id else Account("")


class HookIssue(Hook):
    """An issue was made, changed, closed or opened again."""

    object_attributes: HookIssueParts
    assignees: tuple[HookUser, ...] = ()

    def issue(self, account_key: str) -> Issue:
        raw = self.object_attributes
        author, labels = self.author(raw.author_id), tuple(label.title for label in raw.labels)
        is_ours = bool(account_key) and author.key == account_key
        return Issue(
            external_id=str(raw.iid),
            project=self.path,
            key=f"#{raw.iid}",
            url=raw.url,
            title=raw.title,
            state=state_of(raw.state, labels),
            state_raw=raw.state,
            updated_at=raw.updated_at,
            created_at=raw.created_at,
            author=author,
            labels=labels,
            assignee=self.assignees[0].account() if self.assignees else None,
            body=read_text(raw.description or ""),
            markers=markers_in(raw.description or "") if is_ours else (),
            restricted=bool(raw.confidential),
        )


class HookNote(Hook):
    """A note was written or changed, on an issue or on something else."""

    object_attributes: HookNoteParts
    issue: HookNoteIssue | None = None

    def comment(self, account_key: str) -> Comment | None:
        raw = self.object_attributes
        if self.issue is None or raw.noteable_type != "Issue" or not raw.is_for_all:
            return None
        author = self.author(raw.author_id)
        is_ours = bool(account_key) and author.key == account_key
        return Comment(
            external_id=str(raw.id),
            issue_id=str(self.issue.iid),
            project=self.path,
            author=author,
            body=read_text(raw.note),
            created_at=raw.created_at,
            updated_at=raw.updated_at,
            url=raw.url,
            markers=markers_in(raw.note) if is_ours else (),
            by_us=is_ours,
        )


class HookMergeRequest(Hook):
    """A merge request was made, changed, approved, merged or closed."""

    object_attributes: HookMergeRequestParts
    reviewers: tuple[HookUser, ...] = ()
    labels: tuple[HookLabel, ...] = ()

    def items(self) -> tuple[Item, ...]:
        return (self._merge_request(), *self._approval())

    def _merge_request(self) -> Item:
        raw = self.object_attributes
        state = {"opened": "open", "locked": "open"}.get(raw.state, raw.state)
        # A delivery does not say when it was merged: then, when it says so first.
        ended_at = raw.updated_at if state in {"merged", "closed"} else None
        merged_at = raw.updated_at.isoformat() if state == "merged" else None
        return Item(
            kind=ItemKind.PULL_REQUEST,
            external_id=merge_request_id(self.path, raw.iid),
            project=self.path,
            title=raw.title[:LONGEST_TITLE],
            url=raw.url,
            author=self.author(raw.author_id).key,
            state="draft" if raw.draft and state == "open" else state,
            opened_at=raw.created_at,
            updated_at=raw.updated_at,
            closed_at=ended_at,
            data={
                "number": raw.iid,
                "merged_at": merged_at,
                "merge_sha": raw.merge_commit_sha,
                "branch": raw.source_branch,
                "target": raw.target_branch,
                "requested_reviewers": [reviewer.username for reviewer in self.reviewers],
                "labels": [label.title for label in self.labels],
                "announce": announced_in(raw.description or ""),
            },
        )

    def _approval(self) -> tuple[Item, ...]:
        raw = self.object_attributes
        if raw.action not in _APPROVALS:
            return ()
        parent = merge_request_id(self.path, raw.iid)
        approval = Item(
            kind=ItemKind.REVIEW,
            external_id=f"{parent}:{self.user.username}",
            project=self.path,
            title=raw.title[:LONGEST_TITLE],
            url=raw.url,
            author=self.user.username,
            state="approved",
            opened_at=raw.updated_at,
            updated_at=raw.updated_at,
            parent_external_id=parent,
            data={"verdict": "approved"},
        )
        return (approval,)


class HookRelease(Hook):
    """A release was made, changed or deleted."""

    tag: str
    name: str | None = None
    description: str | None = None
    url: str = ""
    action: str = ""
    created_at: Moment
    released_at: Moment

    def item(self) -> Item:
        return Item(
            kind=ItemKind.RELEASE,
            external_id=f"{self.path}@{self.tag}",
            project=self.path,
            title=(self.name or self.tag)[:LONGEST_TITLE],
            url=self.url,
            author="",
            state="prerelease" if is_prerelease(self.tag) else "published",
            opened_at=self.created_at,
            updated_at=self.created_at,
            closed_at=self.released_at,
            data={
                "tag": self.tag,
                "prerelease": is_prerelease(self.tag),
                "published_at": self.released_at.isoformat(),
                "notes": noted_in(self.description or ""),
            },
        )


class HookDeployment(Hook):
    """A deployment began, ended or failed."""

    deployment_id: int
    status: str
    status_changed_at: Moment
    environment: str
    environment_external_url: str | None = None
    ref: str = ""
    short_sha: str = ""
    deployable_url: str | None = None

    def item(self) -> Item:
        at, is_over = self.status_changed_at, self.status in {"success", "failed", "canceled"}
        return Item(
            kind=ItemKind.DEPLOYMENT,
            external_id=f"{self.path}:{self.deployment_id}",
            project=self.path,
            title=f"{self.ref} to {self.environment}"[:LONGEST_TITLE],
            url=self.environment_external_url or self.deployable_url or "",
            author=self.user.username,
            state=deployment_state(self.status),
            opened_at=at,
            updated_at=at,
            closed_at=at if is_over else None,
            data={"environment": self.environment, "sha": self.short_sha, "ref": self.ref},
        )
