"""Issues in trackers that belong to something here."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice


class IssueState(StrEnum):
    """A tracker's state, folded to the four that every tracker has."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    DROPPED = "dropped"


class IssueLink(WorkspaceRow, table=True):
    """An issue in a tracker; `marker` is unguessable, so that a lost answer can be looked up."""

    __table_args__ = (UniqueConstraint("workspace", "subject_type", "subject_id", "tracker"),)

    id: int | None = Field(default=None, primary_key=True)
    subject_type: str = Field(max_length=32)
    subject_id: int
    tracker: str = Field(max_length=32)
    marker: str = Field(max_length=64)
    external_id: str = ""
    key: str = ""
    url: str = ""
    title: str = ""
    state: IssueState = Field(default=IssueState.OPEN, sa_column=choice(IssueState))
    synced_at: datetime | None = None
    error: str = ""
