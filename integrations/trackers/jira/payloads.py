"""What Jira answers about issues, comments and people, in Cloud and in Data Center, read into our own values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from integrations.markup.base import Document
from integrations.trackers.base import Account, Comment, Issue
from integrations.trackers.jira.states import state_of
from integrations.trackers.jira.texts import markers_of, read_text

# A property of the issue that holds the marker; nobody sees it in Jira.
PROPERTY = "liaison"


def _moment(value: Any) -> Any:
    """Read "2026-11-23T13:20:08.123+0000", which has no colon in its zone, and deliveries' milliseconds."""
    if isinstance(value, str) and value[-5:-4] in {"+", "-"} and value[-4:].isdigit():
        return f"{value[:-2]}:{value[-2:]}"
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]
# What somebody does not show is null.
Words = Annotated[str, BeforeValidator(lambda value: value or "")]


class RawUser(BaseModel):
    """A person: Cloud knows an account id, Data Center a name."""

    account_id: Words = Field("", alias="accountId")
    name: Words = ""
    display_name: Words = Field("", alias="displayName")
    email_address: Words = Field("", alias="emailAddress")

    @property
    def key(self) -> str:
        return self.account_id or self.name

    def account(self) -> Account:
        return Account(self.key, self.display_name, self.email_address)


class RawNamed(BaseModel):
    """A thing with a name."""

    key: str = ""
    name: str = ""


class RawStatus(BaseModel):
    """A status; its category is `new`, `indeterminate` or `done`."""

    name: str
    category: RawNamed = Field(RawNamed(key="new"), alias="statusCategory")


class RawIssueType(BaseModel):
    """A kind of issue."""

    id: str
    name: str
    subtask: bool = False


class RawProject(BaseModel):
    """A project."""

    id: str
    key: str
    issue_types: tuple[RawIssueType, ...] = Field((), alias="issueTypes")
    archived: bool = False


class RawComment(BaseModel):
    """A comment; `visibility` is set where only some may see it, and a service desk has notes that are not public."""

    id: str
    author: RawUser | None = None
    body: Any = None
    created: Moment
    updated: Moment
    visibility: dict[str, Any] | None = None
    jsd_public: bool = Field(True, alias="jsdPublic")

    @property
    def is_for_all(self) -> bool:
        """Whether everybody who sees the issue sees it."""
        return self.jsd_public and not self.visibility


class RawComments(BaseModel):
    """Some of an issue's comments."""

    comments: tuple[RawComment, ...] = ()
    total: int = 0


class RawRestriction(BaseModel):
    """Who alone may see an issue of a team-managed project; empty where all may."""

    to: dict[str, Any] | None = Field(None, alias="issuerestrictions")


class RawFields(BaseModel):
    """What an issue says; `security` is the level that says who alone may see it, where there is one."""

    summary: str
    description: Any = None
    status: RawStatus
    resolution: RawNamed | None = None
    project: RawNamed
    creator: RawUser | None = None
    assignee: RawUser | None = None
    labels: tuple[str, ...] = ()
    created: Moment
    updated: Moment
    comment: RawComments | None = None
    security: dict[str, Any] | None = None
    restriction: RawRestriction | None = Field(None, alias="issuerestriction")

    @property
    def is_restricted(self) -> bool:
        return bool(self.security or (self.restriction and self.restriction.to))


class RawIssue(BaseModel):
    """An issue."""

    id: str
    key: str
    self: str = ""
    fields: RawFields
    properties: dict[str, Any] = {}


class RawCreated(BaseModel):
    """The names of an issue that was just made."""

    id: str
    key: str


class RawResolutions(BaseModel):
    """The resolutions that may be given on the way to another status."""

    allowed: tuple[RawNamed, ...] = Field((), alias="allowedValues")


class RawTransitionFields(BaseModel):
    """What may be given on the way to another status, as far as we do."""

    resolution: RawResolutions | None = None


class RawTransition(BaseModel):
    """A way from an issue's status to another one."""

    id: str
    name: str
    to: RawStatus
    fields: RawTransitionFields = RawTransitionFields()

    @property
    def resolutions(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields.resolution.allowed) if self.fields.resolution else ()


class RawTransitions(BaseModel):
    """All ways there are."""

    transitions: tuple[RawTransition, ...] = ()


class RawSearch(BaseModel):
    """Some of the issues that were searched for: Cloud names the next page, Data Center counts."""

    issues: tuple[RawIssue, ...] = ()
    next_page_token: str = Field("", alias="nextPageToken")
    total: int = 0


class RawCount(BaseModel):
    """About how many issues there are."""

    count: int = 0


class RawAttachment(BaseModel):
    """A file in an issue."""

    id: str
    content: str
    filename: str = ""


class RawFiles(BaseModel):
    """The files of an issue."""

    attachment: tuple[RawAttachment, ...] = ()


class RawWithFiles(BaseModel):
    """An issue of which only the files are read."""

    fields: RawFiles


class RawPermission(BaseModel):
    """Something that we may do or not."""

    name: str = ""
    have: bool = Field(False, alias="havePermission")


class RawPermissions(BaseModel):
    """What we may do."""

    permissions: dict[str, RawPermission] = {}


class RawLinkType(BaseModel):
    """A kind of link between issues."""

    name: str
    outward: str = ""


class RawLinkTypes(BaseModel):
    """All kinds of links."""

    types: tuple[RawLinkType, ...] = Field((), alias="issueLinkTypes")


@dataclass(frozen=True)
class Reading:
    """What must be known to read an issue: the site's address and who we are."""

    home: str
    account_key: str
    read: Callable[[Any], Document] = read_text

    def issue(self, raw: RawIssue) -> Issue:
        """Read an issue. Its marker is trusted if our account made it; the creator of an issue cannot be changed."""
        fields = raw.fields
        return Issue(
            external_id=raw.id,
            project=fields.project.key,
            key=raw.key,
            url=f"{self.home}/browse/{raw.key}",
            title=fields.summary,
            state=state_of(fields.status.category.key, fields.status.name, _resolution(fields), fields.labels),
            state_raw=fields.status.name,
            updated_at=fields.updated,
            created_at=fields.created,
            author=_account(fields.creator),
            labels=fields.labels,
            assignee=fields.assignee.account() if fields.assignee else None,
            body=self.read(fields.description),
            markers=_markers(raw) if self._is_us(fields.creator) else (),
            restricted=fields.is_restricted,
        )

    def comment(self, raw: RawComment, issue_id: str, key: str) -> Comment:
        """Read a comment of an issue."""
        is_ours = self._is_us(raw.author)
        return Comment(
            external_id=raw.id,
            issue_id=issue_id,
            project=key.rpartition("-")[0],
            author=_account(raw.author),
            body=self.read(raw.body),
            created_at=raw.created,
            updated_at=raw.updated,
            url=f"{self.home}/browse/{key}?focusedCommentId={raw.id}",
            markers=markers_of(raw.body) if is_ours else (),
            by_us=is_ours,
        )

    def _is_us(self, person: RawUser | None) -> bool:
        return person is not None and bool(person.key) and person.key == self.account_key


def _markers(raw: RawIssue) -> tuple[str, ...]:
    """Give the marker that we set aside, which no edit of the text touches, or those in the text."""
    kept = raw.properties.get(PROPERTY)
    marker = kept.get("marker") if isinstance(kept, dict) else None
    return (marker,) if isinstance(marker, str) and marker else markers_of(raw.fields.description)


def _resolution(fields: RawFields) -> str:
    return fields.resolution.name if fields.resolution else ""


def _account(person: RawUser | None) -> Account:
    return person.account() if person else Account("", "somebody")
