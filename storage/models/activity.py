"""What was pulled from elsewhere: pull requests, reviews, deployments, releases; and runs of an import."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice, document


class ItemKind(StrEnum):
    """What a thing pulled from elsewhere is."""

    PULL_REQUEST = "pr"
    REVIEW = "review"
    DEPLOYMENT = "deploy"
    RELEASE = "release"
    FIGMA_COMMENT = "figma_comment"
    FIGMA_FRAME = "figma_frame"


class ImportState(StrEnum):
    """Where an import of existing issues stands."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class SourceItem(WorkspaceRow, table=True):
    """One thing pulled from elsewhere, kept once; `data` holds what only its kind has."""

    __table_args__ = (
        UniqueConstraint("workspace", "source", "kind", "external_id"),
        Index("ix_sourceitem_state", "workspace", "kind", "state", "opened_at"),
        Index("ix_sourceitem_parent", "workspace", "kind", "parent_external_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=32)
    project: str = Field(default="", max_length=255)
    kind: ItemKind = Field(sa_column=choice(ItemKind))
    external_id: str = Field(max_length=255)
    parent_external_id: str = Field(default="", max_length=255)
    title: str = ""
    url: str = ""
    author: str = ""
    state: str = Field(default="", max_length=64)
    component_key: str | None = Field(default=None, max_length=64)
    data: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    opened_at: datetime
    updated_at: datetime = Field(index=True)
    closed_at: datetime | None = None


class Release(WorkspaceRow, table=True):
    """A version that was published."""

    __table_args__ = (
        UniqueConstraint("workspace", "source", "repo", "tag"),
        Index("ix_release_workspace_published", "workspace", "published_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=32)
    repo: str = Field(max_length=255)
    tag: str = Field(max_length=255)
    name: str = ""
    url: str = ""
    published_at: datetime = Field(index=True)
    prerelease: bool = False


class ImportRun(WorkspaceRow, table=True):
    """One import of the existing issues of a project: how far it came, and where its progress is shown."""

    id: int | None = Field(default=None, primary_key=True)
    tracker: str = Field(max_length=32)
    project: str = Field(max_length=255)
    state: ImportState = Field(default=ImportState.RUNNING, sa_column=choice(ImportState))
    cursor: str = ""
    total: int = 0
    done: int = 0
    known: int = 0
    by_id: int = Field(foreign_key="person.id")
    channel: str = Field(default="", max_length=32)
    ts: str = Field(default="", max_length=32)
    started_at: datetime
    ended_at: datetime | None = None
    error: str = ""


class Shown(WorkspaceRow, table=True):
    """When an issue was last unfurled in a channel."""

    __table_args__ = (UniqueConstraint("workspace", "channel", "tracker", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=32)
    tracker: str = Field(max_length=32)
    external_id: str = Field(max_length=300)
    at: datetime
