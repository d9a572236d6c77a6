"""Who uses Liaison, and the teams and components of the settings file, mirrored."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice, document


class Role(StrEnum):
    """What a person does in the team; decides nothing but what is shown first."""

    PM = "pm"
    ENGINEER = "engineer"
    DESIGNER = "designer"
    QA = "qa"
    MARKETING = "marketing"
    SUPPORT = "support"
    LEAD = "lead"
    OTHER = "other"


class Person(WorkspaceRow, table=True):
    """One member of the workspace that Liaison has met; `role_known`: the person or the settings file said it.

    `tracker_accounts` holds the key of their account in each tracker where it is known; empty: there is none.
    """

    __table_args__ = (UniqueConstraint("workspace", "slack_user_id"),)

    id: int | None = Field(default=None, primary_key=True)
    slack_user_id: str = Field(max_length=32)
    name: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=320)
    role: Role = Field(default=Role.OTHER, sa_column=choice(Role))
    tz: str = Field(default="UTC", max_length=64)
    away_until: datetime | None = None
    is_bot: bool = False
    role_known: bool = False
    tracker_accounts: dict[str, str] = Field(default_factory=dict, sa_column=document())


class Team(WorkspaceRow, table=True):
    """A triage team as the settings file has it; `members` are Slack user ids.

    `open_to_channel` means: no people are listed, so `members` mirrors who is in the channel.
    """

    __table_args__ = (UniqueConstraint("workspace", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64)
    name: str = Field(max_length=200)
    channel_id: str = Field(default="", max_length=32)
    open_to_channel: bool = False
    members: list[str] = Field(default_factory=list, sa_column=document())


class Component(WorkspaceRow, table=True):
    """A part of the product as the settings file has it."""

    __table_args__ = (UniqueConstraint("workspace", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64)
    name: str = Field(max_length=200)
    team_key: str = Field(max_length=64)
    tracker: dict[str, Any] = Field(default_factory=dict, sa_column=document())
