"""Issues in trackers that belong to something here, their comments, and how far each tracker was read."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice, document


class IssueState(StrEnum):
    """A tracker's state, folded to the four that every tracker has."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class CommentOrigin(StrEnum):
    """Where a comment was written first; its author can change it only there."""

    SLACK = "slack"
    TRACKER = "tracker"


class IssueLink(WorkspaceRow, table=True):
    """An issue in a tracker; `marker` is unguessable, so that a lost answer can be looked up.

    `state`, `title`, `labels` and `assignee_raw` are as the tracker last had them (at `remote_updated_at`): what
    comes back equal is no news. `our_labels` are those that Liaison put there; `intended_at` is when it was first
    asked to make the issue, `settled` says that no second issue can come to light any more.
    """

    __table_args__ = (
        UniqueConstraint("workspace", "subject_type", "subject_id", "tracker"),
        Index("ix_issuelink_external", "workspace", "tracker", "project", "external_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subject_type: str = Field(max_length=32)
    subject_id: int
    tracker: str = Field(max_length=32)
    project: str = Field(default="", max_length=255)
    marker: str = Field(max_length=64)
    external_id: str = ""
    key: str = ""
    url: str = ""
    title: str = ""
    state: IssueState = Field(default=IssueState.OPEN, sa_column=choice(IssueState))
    state_raw: str = ""
    labels: list[str] = Field(default_factory=list, sa_column=document())
    our_labels: list[str] = Field(default_factory=list, sa_column=document())
    assignee_raw: str = ""
    remote_updated_at: datetime | None = None
    intended_at: datetime | None = None
    settled: bool = True
    synced_at: datetime | None = None
    error: str = ""


class IssueComment(WorkspaceRow, table=True):
    """One comment, as a message in Slack and as a comment in the tracker.

    `text` is the text as its author last wrote it, a `markup` tree as JSON. `fingerprint` is a hash of what
    was last seen or written on the other side: what comes back equal is our own echo. `version` goes up by one with
    every change of `text`; `sent_version` is the one the other side has, 0: none yet. `edited_ts` is Slack's time of
    the newest edit that was heard of.
    """

    __table_args__ = (
        Index("ix_issuecomment_message", "workspace", "channel", "ts"),
        Index("ix_issuecomment_external", "workspace", "link_id", "external_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    link_id: int = Field(foreign_key="issuelink.id", index=True)
    origin: CommentOrigin = Field(sa_column=choice(CommentOrigin))
    channel: str = Field(default="", max_length=32)
    ts: str = Field(default="", max_length=32)
    external_id: str = Field(default="", max_length=128)
    marker: str = Field(default="", max_length=64)
    author: str = Field(default="", max_length=200)
    author_key: str = Field(default="", max_length=255)
    url: str = ""
    text: str = ""
    files: list[dict[str, Any]] = Field(default_factory=list, sa_column=document())
    fingerprint: str = Field(default="", max_length=64)
    version: int = 1
    sent_version: int = 0
    deleted: bool = False
    edited_ts: str = Field(default="", max_length=32)
    created_at: datetime
    remote_updated_at: datetime | None = None


class IssueFile(WorkspaceRow, table=True):
    """A file in Slack that is copied into an issue, once. `comment_id` is the reply it came with; None: the report.

    `url` is where the copy is; empty while there is none. From `intended_at` on there may be one that is not known of.
    `error` says why there is none.
    """

    __table_args__ = (UniqueConstraint("workspace", "link_id", "slack_file_id"),)

    id: int | None = Field(default=None, primary_key=True)
    link_id: int = Field(foreign_key="issuelink.id", index=True)
    comment_id: int | None = Field(default=None, foreign_key="issuecomment.id")
    slack_file_id: str = Field(max_length=32)
    name: str = Field(default="", max_length=255)
    url: str = ""
    intended_at: datetime | None = None
    error: str = ""


class SyncCursor(WorkspaceRow, table=True):
    """How far a project of a tracker was read by polling, and how that goes."""

    __table_args__ = (UniqueConstraint("workspace", "tracker", "project"),)

    id: int | None = Field(default=None, primary_key=True)
    tracker: str = Field(max_length=32)
    project: str = Field(max_length=255)
    cursor: str = ""
    polled_at: datetime | None = None
    delivered_at: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
