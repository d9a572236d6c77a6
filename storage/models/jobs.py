"""Work for later."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice, document


class JobState(StrEnum):
    """Where a job stands; `dead` waits for a person (`liaison queue retry`)."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Job(WorkspaceRow, table=True):
    """One piece of work for the outside world, made in the transaction of the change that needs it.

    Jobs of one `lane` run one at a time, in the order they were made. `attempts` goes up when a job is taken,
    not when it ends: more than 1 means an earlier try may have had its effect.
    """

    __table_args__ = (
        UniqueConstraint("workspace", "unique_key"),
        Index("ix_job_ready", "state", "run_at"),
        Index("ix_job_lane", "lane", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=64)
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    lane: str | None = Field(default=None, max_length=128)
    unique_key: str | None = Field(default=None, max_length=255)
    state: JobState = Field(default=JobState.READY, sa_column=choice(JobState))
    attempts: int = 0
    run_at: datetime
    lease_until: datetime | None = None
    created_at: datetime
    finished_at: datetime | None = None
    error: str = ""
