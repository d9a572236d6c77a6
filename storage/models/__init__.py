"""The tables, one module per family."""

from sqlmodel import SQLModel

from storage.models.columns import WorkspaceRow
from storage.models.jobs import Job, JobState
from storage.models.links import IssueLink, IssueState
from storage.models.people import Component, Person, Role, Team
from storage.models.record import AuditEvent, Decision, Via
from storage.models.reports import (
    Counter,
    DuplicateVerdict,
    Follower,
    FollowReason,
    FoundIn,
    HeldReport,
    Reach,
    Report,
    ReportState,
    Resolution,
    Severity,
    Source,
)

METADATA = SQLModel.metadata

__all__ = [
    "METADATA",
    "AuditEvent",
    "Component",
    "Counter",
    "Decision",
    "DuplicateVerdict",
    "FollowReason",
    "Follower",
    "FoundIn",
    "HeldReport",
    "IssueLink",
    "IssueState",
    "Job",
    "JobState",
    "Person",
    "Reach",
    "Report",
    "ReportState",
    "Resolution",
    "Role",
    "Severity",
    "Source",
    "Team",
    "Via",
    "WorkspaceRow",
]
