"""The tracker protocol: what every issue tracker can be asked, in values that no tracker has for itself."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from integrations.exchange import HttpError
from integrations.markup.base import Document
from integrations.refusals import explain
from storage.database import Database
from storage.models import IssueState, ItemKind

# Malformed, too large, of a kind that is not taken, or not valid.
_NOT_ACCEPTED = frozenset({400, 413, 415, 422})
MARKER_PATTERN = re.compile(r"#liaison-([A-Za-z0-9_-]{20,64})")


class Ability(StrEnum):
    """What a tracker can do beyond what all can: make, read, move, comment, and say what changed."""

    LABELS = "labels"
    ASSIGNEE = "assignee"
    EDIT_COMMENTS = "edit_comments"
    DELETE_COMMENTS = "delete_comments"
    FILES = "files"
    WEBHOOKS = "webhooks"
    ACTIVITY = "activity"


class TrackerError(Exception):
    """A tracker did not do what it was asked; the text is for a person, says what to do, and holds no secret.

    `retryable`: asking again may help, not before `retry_after`. `may_have_happened`: the answer was lost, so look
    before asking again.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        retry_after: timedelta | None = None,
        may_have_happened: bool = False,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after
        self.may_have_happened = may_have_happened


class NotAccepted(TrackerError):
    """What a tracker was given is not as it wants it, such as a file too large; given again, it is refused again."""


@dataclass(frozen=True)
class Account:
    """A person (or a bot) as a tracker knows them; `key` is what it wants to be given back: a login or an id."""

    key: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class IssueDraft:
    """An issue to be made. `body` holds the `marker` in a link, so that the issue can be found again.

    `labels` and `assignee` (an Account.key, empty for nobody) are left out where the tracker cannot do them.
    """

    marker: str
    title: str
    body: Document
    labels: tuple[str, ...] = ()
    assignee: str = ""


@dataclass(frozen=True)
class Issue:
    """An issue as the tracker has it. `external_id` is the tracker's own and stays; `key` is what people call it.

    `state_raw` is the tracker's own word for the state; `project` is the target as the settings file names it.
    `markers` are those found in the body, if our account wrote it. `restricted`: only some people of the project may
    see it, so nothing of it is shown in Slack.
    """

    external_id: str
    project: str
    key: str
    url: str
    title: str
    state: IssueState
    state_raw: str
    updated_at: datetime
    created_at: datetime
    author: Account
    labels: tuple[str, ...] = ()
    assignee: Account | None = None
    body: Document = field(default_factory=Document)
    markers: tuple[str, ...] = ()
    restricted: bool = False


@dataclass(frozen=True)
class IssueChange:
    """What to change of an issue; None and () leave a thing as it is, an empty `assignee` means nobody.

    Labels are added and removed one by one: those that somebody else put there stay.
    """

    state: IssueState | None = None
    title: str | None = None
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    assignee: str | None = None


@dataclass(frozen=True)
class Comment:
    """A comment as the tracker has it; `markers` are those in its body, if our account wrote it."""

    external_id: str
    issue_id: str
    project: str
    author: Account
    body: Document
    created_at: datetime
    updated_at: datetime
    url: str = ""
    markers: tuple[str, ...] = ()
    by_us: bool = False


@dataclass(frozen=True)
class CommentGone:
    """A comment that was deleted."""

    external_id: str
    issue_id: str
    project: str


@dataclass(frozen=True)
class Item:
    """A pull request, review, release or deployment: what digests are made of. `data` holds what only its kind has.

    A release has `tag`, `prerelease`, `published_at`; a deployment `environment`, `sha`; a pull request `merged_at`,
    `branch`, `requested_reviewers`; a review `verdict`.
    """

    kind: ItemKind
    external_id: str
    project: str
    title: str
    url: str
    author: str
    state: str
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    parent_external_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What happened in a tracker, from a delivery or from a poll: the same after parsing.

    `cursor` is where the next poll goes on (opaque; empty in a delivery), `more`: ask again at once.
    """

    issues: tuple[Issue, ...] = ()
    comments: tuple[Comment, ...] = ()
    gone: tuple[CommentGone, ...] = ()
    items: tuple[Item, ...] = ()
    cursor: str = ""
    more: bool = False


@dataclass(frozen=True)
class IssuePage:
    """Some of all issues of a project, oldest first; an empty `cursor` ends the list. `total` is 0 if unknown."""

    issues: tuple[Issue, ...]
    cursor: str
    total: int = 0


@dataclass(frozen=True)
class Standing:
    """What a tracker says of us: who we are, which project; `problems` are sentences that say what to do."""

    account: str
    project: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """A file to be copied privately into an issue."""

    name: str
    content: bytes
    media_type: str


class Tracker(Protocol):
    """One project in an issue tracker. Every method may raise TrackerError, and nothing else."""

    @property
    def name(self) -> str:
        """Give the key the settings file knows the tracker by."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """Say what it can do beyond the rest."""

    async def check(self) -> Standing:
        """Ask who we are, whether the project is there, and which permission is missing; changes nothing."""

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make an issue; after an unknown outcome ask `find_by_marker` before calling again."""

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        """Find the issues of our account that carry `marker`, oldest first; sees what was made a second ago."""

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue; None if there is none (any more)."""

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        """Change an issue; what it cannot do (see `abilities`) it leaves."""

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        """Close an issue as a duplicate of another one, with a link to it."""

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        """Comment on an issue; `body` holds the marker in a link. After an unknown outcome ask `list_comments`."""

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        """Replace the text of our own comment."""

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Delete our own comment; one that is gone already is fine."""

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        """List the comments of an issue, oldest first."""

    async def changes_since(self, cursor: str) -> Changes:
        """Say what changed since the cursor; with an empty one only give a cursor of now.

        Nothing that changes is left out, whatever the precision of the tracker's clock; things may come twice.
        """

    async def list_issues(self, cursor: str) -> IssuePage:
        """Give a page of all issues of the project, for import; an empty cursor begins."""

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        """Find people who can be given an issue, by e-mail, login or name."""

    async def attach(self, external_id: str, file: File) -> str:
        """Copy a file into an issue, as private as the issue is; return its address. Only with Ability.FILES.

        After an unknown outcome ask `find_file` before calling again.
        """

    async def find_file(self, external_id: str, mark: str) -> str:
        """Find the file of an issue that has `mark` (letters and digits) in its name: its address, or empty."""

    async def close(self) -> None:
        """Let go of its connections; nothing is asked after that."""


@dataclass(frozen=True)
class Delivery:
    """A webhook's request: header names in lower case, and the body as it came."""

    headers: Mapping[str, str]
    body: bytes


class Webhook(Protocol):
    """How a tracker tells us of changes; nothing here asks the network."""

    def verify(self, delivery: Delivery, secret: str, now: datetime) -> bool:
        """Say whether the delivery was signed with this secret, in constant time."""

    def delivery_id(self, delivery: Delivery) -> str:
        """Give what is the same when the same delivery comes again; a hash of the body where there is no id."""

    def parse(self, delivery: Delivery, account_key: str) -> Changes:
        """Say what a verified delivery tells; `account_key` is our own, so that our own markers are seen.

        What is not understood or of no interest gives no changes.

        Raises:
            ValueError: this is not what the tracker sends.
        """


@dataclass(frozen=True)
class TrackerVariable:
    """An environment variable that a tracker is configured by."""

    name: str
    meaning: str
    default: str = ""
    required: bool = False
    secret: bool = False


@dataclass(frozen=True)
class TrackerContext:
    """What a tracker is made from. `values` are its variables, by name; those not given are empty."""

    project: str
    values: Mapping[str, str]
    workspace: str
    database: Database
    now: Callable[[], datetime]


@dataclass(frozen=True)
class IssueAddress:
    """Where an issue is, read from a link to it. `external_id` may be its key where the tracker takes either.

    `project` is empty where a link does not name it: the issue itself does, read by a tracker made for project "".
    """

    project: str
    external_id: str


@dataclass(frozen=True)
class TrackerKind:
    """A tracker as it is registered; `project_pattern` (whole match) is what the settings file may name as target.

    `read_url` reads a link to an issue, given the tracker's variables; `key_pattern` is what a bare key looks like in
    a message (one group around the project, empty pattern if bare keys mean nothing). It is in use once all its
    `required` variables are given and, where there are `alternatives`, all of one of them.
    """

    name: str
    title: str
    project_pattern: str
    project_example: str
    make: Callable[[TrackerContext], Tracker]
    read_url: Callable[[str, Mapping[str, str]], IssueAddress | None]
    variables: tuple[TrackerVariable, ...] = ()
    webhook: Webhook | None = None
    webhook_secret: str = ""
    key_pattern: str = ""
    alternatives: tuple[tuple[str, ...], ...] = ()

    def lacking(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Name the variables that must still be given, by the alternative that needs the fewest."""
        required = [variable.name for variable in self.variables if variable.required]
        ways = self.alternatives or ((),)
        return min(
            (tuple(name for name in (*required, *names) if not values.get(name)) for names in ways),
            key=len,
        )


def markers_in(text: str) -> tuple[str, ...]:
    """List the markers in an issue's or comment's raw text, whatever its form."""
    return tuple(dict.fromkeys(MARKER_PATTERN.findall(text)))


def with_marker(url: str, marker: str) -> str:
    """Put a marker into a link: people do not see it there, and every service keeps it."""
    return f"{url.partition('#')[0]}#liaison-{marker}"


@contextmanager
def told(service: str, doing: str) -> Iterator[None]:
    """Turn an HttpError into a TrackerError with words for a person; `doing` is like "making the issue"."""
    try:
        yield
    except HttpError as error:
        kind = NotAccepted if error.status in _NOT_ACCEPTED else TrackerError
        raise kind(
            explain(service, doing, error),
            retryable=error.retryable,
            retry_after=error.retry_after,
            may_have_happened=error.may_have_happened,
        ) from error
