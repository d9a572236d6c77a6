"""The tables, one module per family."""

from sqlmodel import SQLModel

from storage.models.activity import ImportRun, ImportState, ItemKind, Release, Shown, SourceItem
from storage.models.columns import WorkspaceRow
from storage.models.jobs import Job, JobState
from storage.models.links import CommentOrigin, IssueComment, IssueLink, IssueState, SyncCursor
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
    "CommentOrigin",
    "Component",
    "Counter",
    "Decision",
    "DuplicateVerdict",
    "FollowReason",
    "Follower",
    "FoundIn",
    "HeldReport",
    "ImportRun",
    "ImportState",
    "IssueComment",
    "IssueLink",
    "IssueState",
    "ItemKind",
    "Job",
    "JobState",
    "Person",
    "Reach",
    "Release",
    "Report",
    "ReportState",
    "Resolution",
    "Role",
    "Severity",
    "Shown",
    "Source",
    "SourceItem",
    "SyncCursor",
    "Team",
    "Via",
    "WorkspaceRow",
]
