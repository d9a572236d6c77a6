"""What was decided, and everything that happened: append-only."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice, document


class Via(StrEnum):
    """The surface an action came by."""

    BUTTON = "button"
    COMMAND = "command"
    MODAL = "modal"
    REACTION = "reaction"
    MESSAGE = "message"
    SYNC = "sync"
    SCHEDULE = "schedule"
    API = "api"


class Decision(WorkspaceRow, table=True):
    """One human decision on a report (or, later, a spec or an experiment); never changed but for `undone_by_id`."""

    __table_args__ = (
        Index("ix_decision_subject", "subject_type", "subject_id"),
        Index("ix_decision_at", "workspace", "kind", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subject_type: str = Field(max_length=32)
    subject_id: int
    kind: str = Field(max_length=32)
    by_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime
    reason: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    undone_by_id: int | None = Field(default=None, foreign_key="decision.id")


class AuditEvent(WorkspaceRow, table=True):
    """One thing that happened. `request_key` makes the same request twice one event."""

    __table_args__ = (
        UniqueConstraint("workspace", "request_key"),
        Index("ix_audit_subject", "subject_type", "subject_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor_id: int | None = Field(default=None, foreign_key="person.id")
    via: Via = Field(sa_column=choice(Via))
    subject_type: str = Field(max_length=32)
    subject_id: int
    action: str = Field(max_length=64)
    before: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    after: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    request_key: str | None = Field(default=None, max_length=255)
