"""A bug report and the people who follow it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.models.columns import WorkspaceRow, choice, document


class ReportState(StrEnum):
    """Where a report stands; see docs/states.md for the way from one to the next."""

    NEW = "new"
    NEEDS_INFO = "needs_info"
    SNOOZED = "snoozed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    FIXED = "fixed"
    CLOSED = "closed"


class Resolution(StrEnum):
    """Why a report is closed."""

    FIXED = "fixed"
    FIXED_NOT_VERIFIED = "fixed_not_verified"
    DUPLICATE = "duplicate"
    NOT_A_BUG = "not_a_bug"
    BY_DESIGN = "by_design"
    CANNOT_REPRODUCE = "cannot_reproduce"
    WILL_NOT_FIX = "will_not_fix"
    NO_ANSWER = "no_answer"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """How bad it is; the sentences of the form are in `bot.triage.severity`."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class Reach(StrEnum):
    """How many users meet it."""

    MOST = "most"
    MANY = "many"
    FEW = "few"


class Source(StrEnum):
    """The surface a report came from."""

    COMMAND = "command"
    SHORTCUT = "shortcut"
    FORWARD = "forward"
    ADAPTER = "adapter"


class FoundIn(StrEnum):
    """Where the product ran when it was met."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEV = "dev"
    UNKNOWN = "unknown"


class FollowReason(StrEnum):
    """Why a person is told what becomes of a report."""

    REPORTER = "reporter"
    ME_TOO = "me_too"
    WATCHER = "watcher"


def _partial(name: str, condition: str, *columns: str) -> Index:
    """Make an index of those rows alone that fit, so that the many that are over cost nothing."""
    return Index(name, "workspace", *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def _reached(moment: str) -> Index:
    return _partial(f"ix_report_{moment.removesuffix('_at')}", f"{moment} IS NOT NULL", moment)


class Report(WorkspaceRow, table=True):
    """A bug report, from the first word to "it shipped".

    `version` goes up by one with every change, so that of two people who decide at once one is told.
    `title` is one line; `what`, `expected` and `steps` hold what the person typed, cleaned, never cut below
    40,000 characters. `attachments` are `{"id", "name", "permalink"}` of private Slack files,
    `transcript` the thread at the time of the report, `{"author", "ts", "text"}` in order.
    `route_rule` is the name of the rule that decided, `route_corrected` says that a person decided otherwise.
    `proposed_severity` is a rule's. `promise_left_s` are the (working) seconds to `due_at` while the promise waits.
    """

    __table_args__ = (
        UniqueConstraint("workspace", "number"),
        Index("ix_report_source", "workspace", "source_channel", "source_ts"),
        Index("ix_report_workspace_state", "workspace", "state"),
        Index("ix_report_route", "workspace", "route_rule", "id"),
        # For figures of a time, and of what is open: `storage.figures`. The times are written once or twice each.
        Index("ix_report_created", "workspace", "created_at"),
        *(_reached(name) for name in ("triaged_at", "fixed_at", "verified_at", "closed_at")),
        _partial("ix_report_open", "state != 'closed'", "state", "created_at"),
        _partial("ix_report_backlog", "state IN ('accepted', 'in_progress')", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: int
    title: str = Field(max_length=200)
    what: str = ""
    expected: str = ""
    steps: str = ""
    url: str = ""
    attachments: list[dict[str, str]] = Field(default_factory=list, sa_column=document())
    transcript: list[dict[str, str]] = Field(default_factory=list, sa_column=document())
    source: Source = Field(sa_column=choice(Source))
    source_channel: str = ""
    source_ts: str = ""
    source_thread_ts: str = ""
    permalink: str = ""
    reporter_id: int = Field(foreign_key="person.id", index=True)
    team_key: str = Field(max_length=64)
    component_key: str | None = Field(default=None, max_length=64)
    route_reason: str = ""
    route_rule: str = Field(default="", max_length=75)
    route_corrected: bool = False
    labels: list[str] = Field(default_factory=list, sa_column=document())
    found_in: FoundIn = Field(default=FoundIn.UNKNOWN, sa_column=choice(FoundIn))
    proposed_severity: Severity | None = Field(
        default=None, sa_column=choice(Severity, nullable=True, name="proposed_severity")
    )
    owner_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    severity: Severity | None = Field(default=None, sa_column=choice(Severity, nullable=True))
    reach: Reach | None = Field(default=None, sa_column=choice(Reach, nullable=True))
    private: bool = False
    state: ReportState = Field(default=ReportState.NEW, sa_column=choice(ReportState))
    resolution: Resolution | None = Field(default=None, sa_column=choice(Resolution, nullable=True))
    duplicate_of_id: int | None = Field(default=None, foreign_key="report.id", index=True)
    regression_of_id: int | None = Field(default=None, foreign_key="report.id", index=True)
    fixed_in: str = ""
    how_to_check: str = ""
    question: str = ""
    snooze_until: datetime | None = None
    wake_at_hits: int | None = None
    hits: int = 1
    came_back: int = 0
    due_at: datetime | None = None
    promise_left_s: int | None = None
    nudges: int = 0
    created_at: datetime
    top_at: datetime
    first_answer_at: datetime | None = None
    triaged_at: datetime | None = None
    started_at: datetime | None = None
    fixed_at: datetime | None = None
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    card_channel: str = ""
    card_ts: str = ""
    card_permalink: str = ""
    version: int = 1

    @property
    def key(self) -> str:
        """Give the name people call it by, such as `BUG-142`."""
        return f"BUG-{self.number}"


class Follower(WorkspaceRow, table=True):
    """A person who is told what becomes of a report."""

    __table_args__ = (UniqueConstraint("report_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    why: FollowReason = Field(sa_column=choice(FollowReason))
    customer: str = ""


class DuplicateVerdict(WorkspaceRow, table=True):
    """What a person said of two reports: the same, or not. `report_id` is the smaller of the two ids."""

    __table_args__ = (UniqueConstraint("report_id", "other_id"),)

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    other_id: int = Field(foreign_key="report.id", index=True)
    same: bool
    by_id: int = Field(foreign_key="person.id")
    at: datetime


class Counter(WorkspaceRow, table=True):
    """The last number given out, such as that of the newest report."""

    __table_args__ = (UniqueConstraint("workspace", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=32)
    value: int = 0


class HeldReport(WorkspaceRow, table=True):
    """A report whose form was sent but which waits for "is it the same?"; nothing typed is lost meanwhile."""

    __table_args__ = (UniqueConstraint("workspace", "form_id"),)

    id: int | None = Field(default=None, primary_key=True)
    form_id: str = Field(max_length=64)
    reporter: str = Field(max_length=32)
    content: dict[str, Any] = Field(default_factory=dict, sa_column=document())
    created_at: datetime
