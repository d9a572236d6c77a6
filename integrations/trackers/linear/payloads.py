"""What Linear answers, read into our own values."""

import hashlib
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from integrations.trackers.base import Account, Comment, Issue, markers_in
from integrations.trackers.linear import text
from storage.models import IssueState

# What we say of an issue in the trash, which keeps its state.
DELETED = "deleted"
# https://linear.app/docs/configuring-workflows: the kinds of states are fixed, their names are the team's own.
STATE_OF_TYPE = {
    "started": IssueState.DOING,
    "completed": IssueState.DONE,
    "canceled": IssueState.DROPPED,
    "duplicate": IssueState.DROPPED,
}


class Raw(BaseModel):
    """A part of an answer; what we do not use is left out."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class RawUser(Raw):
    """A person or an app."""

    id: str
    name: str = ""
    display_name: str = ""
    email: str = ""
    is_me: bool = False

    def account(self) -> Account:
        return Account(self.id, self.display_name or self.name, self.email)


class RawName(Raw):
    """Something of which only the name counts, such as an integration that acted."""

    name: str | None = None


class RawState(Raw):
    """A state of a team's workflow."""

    name: str
    type: str

    @property
    def state(self) -> IssueState:
        return STATE_OF_TYPE.get(self.type, IssueState.OPEN)


class RawTeam(Raw):
    """A team, by its key."""

    key: str


class RawLabel(Raw):
    """A label."""

    id: str
    name: str


class RawLabels(Raw):
    """The labels of an issue."""

    nodes: tuple[RawLabel, ...] = ()


class RawIssue(Raw):
    """An issue with all that we ask of it."""

    id: str
    identifier: str
    title: str
    url: str
    description: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    trashed: bool | None = None
    state: RawState
    team: RawTeam
    creator: RawUser | None = None
    bot_actor: RawName | None = None
    assignee: RawUser | None = None
    labels: RawLabels = RawLabels()

    @property
    def is_ours(self) -> bool:
        """Whether our account wrote it, so that its markers are ours."""
        return self.creator is not None and self.creator.is_me

    def issue(self) -> Issue:
        return Issue(
            external_id=self.id,
            project=self.team.key,
            key=self.identifier,
            url=self.url,
            title=self.title,
            state=IssueState.DROPPED if self.trashed else self.state.state,
            state_raw=DELETED if self.trashed else self.state.name,
            updated_at=self.updated_at,
            created_at=self.created_at,
            author=author_of(self.creator, self.bot_actor),
            labels=tuple(label.name for label in self.labels.nodes),
            assignee=self.assignee.account() if self.assignee else None,
            body=text.read(self.description or ""),
            markers=markers_in(self.description or "") if self.is_ours else (),
        )


class RawCommentIssue(Raw):
    """The issue that a comment belongs to."""

    id: str
    team: RawTeam


class RawComment(Raw):
    """A comment; what is not on an issue (but on a project, say) is none of ours."""

    id: str
    body: str
    url: str = ""
    created_at: AwareDatetime
    updated_at: AwareDatetime
    user: RawUser | None = None
    bot_actor: RawName | None = None
    external_user: RawName | None = None
    issue: RawCommentIssue | None = None

    def on_issue(self, issue_id: str, project: str) -> Comment:
        is_ours = self.user is not None and self.user.is_me
        return Comment(
            external_id=self.id,
            issue_id=issue_id,
            project=project,
            author=author_of(self.user, self.external_user or self.bot_actor),
            body=text.read(self.body),
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=self.url,
            markers=markers_in(self.body) if is_ours else (),
            by_us=is_ours,
        )


class RawPageInfo(Raw):
    """Where the page ends, and whether there is more."""

    has_next_page: bool = False
    has_previous_page: bool = False
    end_cursor: str | None = None
    start_cursor: str | None = None


class RawIssues(Raw):
    """A page of issues."""

    nodes: tuple[RawIssue, ...]
    page_info: RawPageInfo = RawPageInfo()


class RawComments(Raw):
    """A page of comments."""

    nodes: tuple[RawComment, ...]
    page_info: RawPageInfo = RawPageInfo()

    def comments(self) -> tuple[Comment, ...]:
        return tuple(raw.on_issue(raw.issue.id, raw.issue.team.key) for raw in self.nodes if raw.issue)


class RawUsers(Raw):
    """People."""

    nodes: tuple[RawUser, ...]


class RawTeamName(Raw):
    """A team as it is listed."""

    key: str = ""
    issue_count: int = 0


class RawTeamNames(Raw):
    """The team that has the key, if there is one."""

    nodes: tuple[RawTeamName, ...]


class RawProfile(Raw):
    """Where a person's profile is."""

    id: str
    url: str


class RawProfiles(Raw):
    """The profiles of several people."""

    nodes: tuple[RawProfile, ...]


class RawRelation(Raw):
    """How an issue is related to another one."""

    type: str
    related_issue: "RawId"


class RawId(Raw):
    """Something of which only the id counts."""

    id: str


class RawRelations(Raw):
    """The relations of an issue."""

    nodes: tuple[RawRelation, ...]


def author_of(user: RawUser | None, other: RawName | None) -> Account:
    """Name who wrote it: a member, or else somebody who wrote through an integration."""
    return user.account() if user else Account("", (other and other.name) or "Linear")


def id_from(marker: str) -> str:
    """Make the id that we choose: Linear takes a UUID v4, and the same marker always gives the same one."""
    return str(UUID(bytes=hashlib.sha256(marker.encode()).digest()[:16], version=4))
