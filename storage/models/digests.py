"""Digests: who reads them, each run of one, the sentence of a lead, and what a release changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice, document


class Slot(StrEnum):
    """What a digest is posted for: a time of the day, of the week, a release, or because somebody asked."""

    DAILY = "daily"
    WEEKLY = "weekly"
    RELEASE = "release"
    ASKED = "asked"


class RunState(StrEnum):
    """Where a run of a digest stands; `bot.digests.run_states` has the way from one to the next."""

    DUE = "due"
    COLLECTING = "collecting"
    RENDERED = "rendered"
    POSTING = "posting"
    CHECKING = "checking"
    POSTED = "posted"
    SKIPPED = "skipped"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Health(StrEnum):
    """How a lead says that things stand."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"


class ChangeKind(StrEnum):
    """What a change in a release is to customers."""

    FEATURE = "feature"
    FIX = "fix"
    SPEED = "speed"
    INTERNAL = "internal"


class ChangeState(StrEnum):
    """Where a change in a release stands on its way to those who announce it."""

    DETECTED = "detected"
    DRAFTED = "drafted"
    APPROVED = "approved"
    ANNOUNCED = "announced"
    INTERNAL = "internal"


class Audience(WorkspaceRow, table=True):
    """What people changed in Slack of an audience that the settings file or the defaults name.

    `changes` holds fields of `bot.routing.settings.Audience` that go before the file's. `paused` without
    `paused_until` is for good. `known_since`: nothing is posted for the time before that. `watch_id` is the message
    in `watch_channel` that Slack itself sends if no further digest is posted.
    """

    __table_args__ = (UniqueConstraint("workspace", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64)
    changes: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    paused: bool = False
    paused_until: datetime | None = None
    known_since: datetime
    watch_channel: str = Field(default="", max_length=32)
    watch_id: str = Field(default="", max_length=64)


class DigestRun(WorkspaceRow, table=True):
    """One digest of one audience for one slot; the unique key is what makes it one.

    `period` names the slot: its local date, or the release. `since` is where "changed" begins. `snapshot` is the
    digest as it was collected, from which it is drawn again; `fingerprint` says whether another has news.
    `source_health` is a line per source that was asked. `ts` is the message in `channel_id`, `thread` those below it.
    """

    __table_args__ = (
        UniqueConstraint("workspace", "audience_key", "slot", "period"),
        Index("ix_digestrun_posted", "workspace", "audience_key", "state", "due_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    audience_key: str = Field(max_length=64)
    slot: Slot = Field(sa_column=choice(Slot))
    period: str = Field(max_length=255)
    due_at: datetime
    since: datetime | None = None
    state: RunState = Field(default=RunState.DUE, sa_column=choice(RunState))
    skip_reason: str = Field(default="", max_length=64)
    is_late: bool = False
    snapshot: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    fingerprint: str = Field(default="", max_length=64)
    source_health: list[dict[str, Any]] = Field(default_factory=list, sa_column=document())
    channel_id: str = Field(default="", max_length=32)
    ts: str = Field(default="", max_length=32)
    thread: list[str] = Field(default_factory=list, sa_column=document())
    attempts: int = 0
    error: str = ""
    posted_at: datetime | None = None


class HealthWord(WorkspaceRow, table=True):
    """The sentence a lead was asked for before a digest; without `answered_at` nobody answered (yet).

    Then `text`, where there is any, says why they could not be asked.
    """

    __table_args__ = (UniqueConstraint("workspace", "audience_key", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    audience_key: str = Field(max_length=64)
    period: str = Field(max_length=255)
    person_id: int = Field(foreign_key="person.id")
    asked_at: datetime
    health: Health | None = Field(default=None, sa_column=choice(Health, nullable=True))
    text: str = ""
    answered_at: datetime | None = None


class ReleaseChange(WorkspaceRow, table=True):
    """One change that a release contains: a merged pull request, and what customers are told of it."""

    __table_args__ = (
        UniqueConstraint("workspace", "release_id", "item_id"),
        Index("ix_releasechange_decided", "workspace", "decided_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    release_id: int = Field(foreign_key="release.id", index=True)
    item_id: int = Field(foreign_key="sourceitem.id", index=True)
    title: str = ""
    kind: ChangeKind = Field(default=ChangeKind.INTERNAL, sa_column=choice(ChangeKind))
    component_key: str | None = Field(default=None, max_length=64)
    announce_text: str = ""
    state: ChangeState = Field(default=ChangeState.DETECTED, sa_column=choice(ChangeState))
    by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = None
    version: int = 1


class WorkspaceFact(WorkspaceRow, table=True):
    """Something learnt of a Slack workspace, such as that it does not take a kind of block."""

    __table_args__ = (UniqueConstraint("workspace", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=64)
    value: str = ""
