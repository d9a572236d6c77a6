"""What Redmine answers about issues, their notes and people, read into our own values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from integrations.markup.base import Document
from integrations.trackers.base import Account, Comment, Issue, markers_in
from storage.models import IssueState


class RawName(BaseModel):
    """A thing that is only named."""

    id: int
    name: str = ""


class RawStatus(BaseModel):
    """A status of issues; servers before 5.0 say only in their list whether it is a closed one."""

    id: int
    name: str
    is_closed: bool | None = None


class RawStatuses(BaseModel):
    """All statuses, in the order that the administrator gave them."""

    issue_statuses: tuple[RawStatus, ...]


class RawTracker(BaseModel):
    """A kind of issues, such as Bug."""

    id: int
    name: str
    default_status: RawName | None = None


class RawTrackers(BaseModel):
    """All kinds of issues."""

    trackers: tuple[RawTracker, ...]


class RawMembership(BaseModel):
    """What part somebody has in a project; a group has no `user`."""

    project: RawName
    user: RawName | None = None
    roles: tuple[RawName, ...] = ()


class RawMemberships(BaseModel):
    """Some of the parts that people have in a project."""

    memberships: tuple[RawMembership, ...]
    total_count: int = 0


class RawRole(BaseModel):
    """What a role allows."""

    name: str
    permissions: tuple[str, ...] = ()


class RawUser(BaseModel):
    """A person; what others may see of them is up to them."""

    id: int
    login: str = ""
    firstname: str = ""
    lastname: str = ""
    mail: str = ""
    admin: bool = False
    memberships: tuple[RawMembership, ...] = ()

    def account(self) -> Account:
        return Account(str(self.id), f"{self.firstname} {self.lastname}".strip(), self.mail)


class RawUsers(BaseModel):
    """Some people."""

    users: tuple[RawUser, ...]


class RawProject(BaseModel):
    """A project."""

    id: int
    identifier: str
    status: int = 1
    trackers: tuple[RawTracker, ...] = ()
    enabled_modules: tuple[RawName, ...] | None = None


class RawJournal(BaseModel):
    """What somebody did to an issue, and the note they wrote with it."""

    id: int
    user: RawName | None = None
    notes: str | None = None
    created_on: datetime
    private_notes: bool = False

    @property
    def is_comment(self) -> bool:
        """Whether there is a note in it that is meant for all who see the issue."""
        return bool(self.notes and self.notes.strip()) and not self.private_notes


class RawAttachment(BaseModel):
    """A file in an issue."""

    id: int
    filename: str
    content_url: str


class RawIssue(BaseModel):
    """An issue; what comes only when asked for is empty else."""

    id: int
    project: RawName
    tracker: RawName
    status: RawStatus
    author: RawName | None = None
    assigned_to: RawName | None = None
    subject: str
    description: str | None = None
    created_on: datetime
    updated_on: datetime
    is_private: bool | None = False
    journals: tuple[RawJournal, ...] = ()
    allowed_statuses: tuple[RawStatus, ...] | None = None
    attachments: tuple[RawAttachment, ...] = ()

    @property
    def external_id(self) -> str:
        return str(self.id)

    @property
    def updated_at(self) -> datetime:
        return self.updated_on


class RawIssues(BaseModel):
    """A page of issues."""

    issues: tuple[RawIssue, ...]
    total_count: int = 0


class RawUpload(BaseModel):
    """A file that was sent, and what names it until it belongs to an issue."""

    token: str


@dataclass(frozen=True)
class Reading:
    """What must be known to read an issue: the server's address, who we are, and the form of its texts."""

    home: str
    account_key: str
    read_text: Callable[[str], Document]
    state_of: Callable[[RawStatus], IssueState]

    def issue(self, raw: RawIssue, project: str) -> Issue:
        """Read an issue."""
        return Issue(
            external_id=str(raw.id),
            project=project,
            key=f"#{raw.id}",
            url=f"{self.home}/issues/{raw.id}",
            title=raw.subject,
            state=self.state_of(raw.status),
            state_raw=raw.status.name,
            updated_at=raw.updated_on,
            created_at=raw.created_on,
            author=_account(raw.author),
            assignee=_account(raw.assigned_to) if raw.assigned_to else None,
            body=self.read_text(raw.description or ""),
            markers=markers_in(raw.description or "") if self._is_us(raw.author) else (),
            restricted=bool(raw.is_private),
        )

    def comment(self, raw: RawJournal, issue: RawIssue, project: str, updated_at: datetime | None = None) -> Comment:
        """Read a note. Redmine does not say when it was edited; `updated_at` is when that was seen."""
        is_ours = self._is_us(raw.user)
        return Comment(
            external_id=str(raw.id),
            issue_id=str(issue.id),
            project=project,
            author=_account(raw.user),
            body=self.read_text(raw.notes or ""),
            created_at=raw.created_on,
            updated_at=updated_at or raw.created_on,
            url=f"{self.home}/issues/{issue.id}#change-{raw.id}",
            markers=markers_in(raw.notes or "") if is_ours else (),
            by_us=is_ours,
        )

    def _is_us(self, person: RawName | None) -> bool:
        return person is not None and str(person.id) == self.account_key


def _account(person: RawName | None) -> Account:
    return Account(str(person.id), person.name) if person else Account("", "somebody")
