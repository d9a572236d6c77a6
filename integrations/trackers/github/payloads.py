"""What GitHub sends, and what it means: no network here. The same objects come in answers and in deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from integrations.markup import markdown
from integrations.markup.base import Document
from integrations.trackers.base import Account, Comment, Issue, TrackerError, markers_in
from integrations.trackers.github.polling import Changing
from storage.models import IssueState

# GitHub has only open and closed; that somebody works on it is said by this label.
DOING_LABEL = "in progress"
_CLOSED_AS = {"not_planned": IssueState.DROPPED, "duplicate": IssueState.DROPPED}

Model = TypeVar("Model", bound=BaseModel)


class User(BaseModel):
    """A person, an organisation or a bot."""

    login: str
    name: str | None = None
    email: str | None = None


class Label(BaseModel):
    """A label."""

    name: str


class RawIssue(Changing):
    """An issue, or a pull request, which GitHub lists among the issues."""

    number: int
    title: str
    # Old servers leave it out of a delivery.
    state: str = "open"
    html_url: str
    created_at: datetime
    body: str | None = None
    state_reason: str | None = None
    user: User | None = None
    assignee: User | None = None
    labels: tuple[Label, ...] = ()
    pull_request: dict[str, Any] | None = None

    @property
    def identity(self) -> str:
        return str(self.number)


class RawComment(Changing):
    """A comment on an issue, or on a pull request."""

    id: int
    html_url: str
    issue_url: str
    created_at: datetime
    body: str | None = None
    user: User | None = None

    @property
    def identity(self) -> str:
        return str(self.id)

    @property
    def is_on_issue(self) -> bool:
        return "/pull/" not in self.html_url


class Permissions(BaseModel):
    """What we may do in a repository."""

    push: bool = False
    triage: bool = False


class Repository(BaseModel):
    """A repository."""

    full_name: str
    has_issues: bool = True
    archived: bool = False
    permissions: Permissions | None = None


def read_one(model: type[Model], value: Any) -> Model:
    """Read an answer.

    Raises:
        TrackerError: GitHub sent something else than it says it does.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _strange(model, error) from None


def read_all(model: type[Model], values: Any) -> list[Model]:
    """Read a list in an answer.

    Raises:
        TrackerError: GitHub sent something else than it says it does.
    """
    if not isinstance(values, list):
        raise TrackerError("GitHub sent something else than a list. Is GITHUB_API_URL right?", retryable=True)
    return [read_one(model, value) for value in values]


def issue_from(raw: RawIssue, project: str, our_login: str) -> Issue:
    """Make an issue of GitHub's."""
    labels = [label.name for label in raw.labels]
    return Issue(
        external_id=str(raw.number),
        project=project,
        key=f"{project}#{raw.number}",
        url=raw.html_url,
        title=raw.title,
        state=state_of(raw.state, raw.state_reason, labels),
        state_raw=f"{raw.state} ({raw.state_reason})" if raw.state_reason else raw.state,
        updated_at=raw.updated_at,
        created_at=raw.created_at,
        author=account_from(raw.user),
        labels=tuple(label for label in labels if label.lower() != DOING_LABEL),
        assignee=account_from(raw.assignee) if raw.assignee else None,
        body=document_from(raw.body),
        markers=_trusted_markers(raw.body, raw.user, our_login),
    )


def comment_from(raw: RawComment, project: str, our_login: str) -> Comment:
    """Make a comment of GitHub's."""
    return Comment(
        external_id=str(raw.id),
        issue_id=raw.issue_url.rpartition("/")[2],
        project=project,
        author=account_from(raw.user),
        body=document_from(raw.body),
        created_at=raw.created_at,
        updated_at=raw.updated_at,
        url=raw.html_url,
        markers=_trusted_markers(raw.body, raw.user, our_login),
        by_us=is_us(raw.user, our_login),
    )


def state_of(state: str, reason: str | None, labels: Sequence[str]) -> IssueState:
    """Fold GitHub's two states, their reasons and our label to the four states."""
    if state == "closed":
        return _CLOSED_AS.get(reason or "", IssueState.DONE)
    return IssueState.DOING if any(label.lower() == DOING_LABEL for label in labels) else IssueState.OPEN


def state_patch(state: IssueState) -> dict[str, str]:
    """Say how GitHub is told of a state; the label comes on top of it."""
    match state:
        case IssueState.DONE:
            return {"state": "closed", "state_reason": "completed"}
        case IssueState.DROPPED:
            return {"state": "closed", "state_reason": "not_planned"}
        case _:
            return {"state": "open"}


def account_from(user: User | None) -> Account:
    """Make an account; GitHub's "ghost" stands for whoever has deleted theirs."""
    if user is None:
        return Account("ghost", "somebody who left GitHub")
    return Account(user.login, user.name or "", user.email or "")


def document_from(body: str | None) -> Document:
    """Read a text."""
    return markdown.read((body or "").replace("\r\n", "\n"))


def markdown_of(document: Document) -> str:
    """Write a text; whoever is named with an account is told."""
    return markdown.write(document, mention=lambda account: f"@{account}")


def is_us(user: User | None, our_login: str) -> bool:
    """Say whether this is our own account."""
    return bool(our_login) and user is not None and user.login.lower() == our_login.lower()


def _trusted_markers(body: str | None, user: User | None, our_login: str) -> tuple[str, ...]:
    """Find markers, which anybody can copy, so only in what we wrote."""
    return markers_in(body or "") if is_us(user, our_login) else ()


def _strange(model: type[BaseModel], error: ValidationError) -> TrackerError:
    where = ".".join(str(part) for part in error.errors()[0]["loc"])
    return TrackerError(
        f"GitHub's answer is not what it should be ({model.__name__}: {where or 'not an object'}). "
        "Is GITHUB_API_URL right?",
        retryable=True,
    )
