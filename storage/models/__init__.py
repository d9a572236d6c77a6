"""The tables, one module per family."""

from sqlmodel import SQLModel

from storage.models.activity import ImportRun, ImportState, ItemKind, Release, Shown, SourceItem
from storage.models.columns import WorkspaceRow
from storage.models.digests import (
    Audience,
    ChangeKind,
    ChangeState,
    DigestRun,
    Health,
    HealthWord,
    ReleaseChange,
    RunState,
    Slot,
    WorkspaceFact,
)
from storage.models.jobs import Job, JobState
from storage.models.links import CommentOrigin, IssueComment, IssueFile, IssueLink, IssueState, SyncCursor
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
    "Audience",
    "AuditEvent",
    "ChangeKind",
    "ChangeState",
    "CommentOrigin",
    "Component",
    "Counter",
    "Decision",
    "DigestRun",
    "DuplicateVerdict",
    "FollowReason",
    "Follower",
    "FoundIn",
    "Health",
    "HealthWord",
    "HeldReport",
    "ImportRun",
    "ImportState",
    "IssueComment",
    "IssueFile",
    "IssueLink",
    "IssueState",
    "ItemKind",
    "Job",
    "JobState",
    "Person",
    "Reach",
    "Release",
    "ReleaseChange",
    "Report",
    "ReportState",
    "Resolution",
    "Role",
    "RunState",
    "Severity",
    "Shown",
    "Slot",
    "Source",
    "SourceItem",
    "SyncCursor",
    "Team",
    "Via",
    "WorkspaceFact",
    "WorkspaceRow",
]
