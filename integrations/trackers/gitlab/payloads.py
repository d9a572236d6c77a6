"""What GitLab answers about issues and their notes, read into our own values."""

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator

from integrations.markup import markdown
from integrations.markup.base import Document
from integrations.trackers.base import Account, Comment, Issue, markers_in
from storage.models import IssueState

# GitLab knows open and closed only; labels say the rest, and are put there and taken away by us as well as by people.
DOING = "in progress"
DROPPED = "wontfix"
DUPLICATE = "duplicate"
STATE_LABELS = frozenset({DOING, DROPPED, DUPLICATE})


def _moment(value: Any) -> Any:
    """Read "2015-05-17 17:06:40 UTC" and "2021-04-28 21:50:00 +0200", too, which deliveries have."""
    return re.sub(r" (UTC|[+-]\d{4})$", _zone, value) if isinstance(value, str) else value


def _zone(found: re.Match[str]) -> str:
    return "+00:00" if found[1] == "UTC" else found[1]


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class RawUser(BaseModel):
    """A person or a bot."""

    id: int
    username: str
    name: str = ""
    email: str | None = None
    public_email: str | None = None

    def account(self) -> Account:
        return Account(self.username, self.name, self.public_email or "")


class RawIssue(BaseModel):
    """An issue."""

    iid: int
    title: str
    description: str | None = None
    state: str
    web_url: str
    created_at: Moment
    updated_at: Moment
    author: RawUser
    assignees: tuple[RawUser, ...] = ()
    labels: tuple[str, ...] = ()
    user_notes_count: int = 1
    confidential: bool | None = False

    @property
    def external_id(self) -> str:
        return str(self.iid)

    def issue(self, project: str, account_key: str) -> Issue:
        return Issue(
            external_id=str(self.iid),
            project=project,
            key=f"#{self.iid}",
            url=self.web_url,
            title=self.title,
            state=state_of(self.state, self.labels),
            state_raw=self.state,
            updated_at=self.updated_at,
            created_at=self.created_at,
            author=self.author.account(),
            labels=self.labels,
            assignee=self.assignees[0].account() if self.assignees else None,
            body=read_text(self.description or ""),
            markers=markers_in(self.description or "") if self.author.username == account_key else (),
            restricted=bool(self.confidential),
        )


class RawNote(BaseModel):
    """A comment; those of the system say what somebody did, internal ones are for some people of the project only.

    Older servers call an internal one confidential.
    """

    id: int
    body: str
    created_at: Moment
    updated_at: Moment
    author: RawUser
    system: bool = False
    internal: bool | None = False
    confidential: bool | None = False

    @property
    def external_id(self) -> str:
        return str(self.id)

    @property
    def is_for_all(self) -> bool:
        return not (self.system or self.internal or self.confidential)

    def comment(self, project: str, issue_id: str, account_key: str, home: str) -> Comment:
        is_ours = self.author.username == account_key
        return Comment(
            external_id=str(self.id),
            issue_id=issue_id,
            project=project,
            author=self.author.account(),
            body=read_text(self.body),
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=f"{home}/{project}/-/issues/{issue_id}#note_{self.id}",
            markers=markers_in(self.body) if is_ours else (),
            by_us=is_ours,
        )


class RawUpload(BaseModel):
    """A file that was uploaded: the text that shows it, and where it is."""

    markdown: str
    full_path: str = ""
    url: str = ""


class RawAccess(BaseModel):
    """A role, by its number."""

    access_level: int = 0


class RawPermissions(BaseModel):
    """What roles we have: in the project itself, and by its group."""

    project_access: RawAccess | None = None
    group_access: RawAccess | None = None

    @property
    def level(self) -> int:
        return max(role.access_level if role else 0 for role in (self.project_access, self.group_access))


class RawProject(BaseModel):
    """The project."""

    path_with_namespace: str
    archived: bool = False
    issues_access_level: str = "enabled"
    permissions: RawPermissions | None = None


class RawToken(BaseModel):
    """The token itself."""

    scopes: tuple[str, ...] = ()


def state_of(state: str, labels: tuple[str, ...]) -> IssueState:
    """Fold open and closed, with our labels, to the four states."""
    if state == "closed":
        return IssueState.DROPPED if {DROPPED, DUPLICATE} & set(labels) else IssueState.DONE
    return IssueState.DOING if DOING in labels else IssueState.OPEN


def read_text(raw: str) -> Document:
    """Read Markdown."""
    return markdown.read(raw)


def write_text(document: Document) -> str:
    """Write Markdown; people are mentioned by their username."""
    return markdown.write(document, mention=lambda account: f"@{account}")
