"""What a digest says, as plain values: collected once, kept, and drawn for Slack, the terminal and tests alike."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class Piece:
    """Some words in one style. A `url` makes them a link; a `mention` (a Slack user id) tells that person.

    Only who must act is mentioned; other names are plain words.
    """

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    url: str = ""
    mention: str = ""


Line = tuple[Piece, ...]


class ActKind(StrEnum):
    """What a button or a menu in a digest does."""

    VERIFY = "verify"
    TRIAGE = "triage"
    TAKE = "take"
    CREATE_ISSUES = "create_issues"
    ANNOUNCE = "announce"


@dataclass(frozen=True)
class Act:
    """Something the reader can do; `value` names what it is done to, `label` what the button says."""

    kind: ActKind
    value: str
    label: str = ""


@dataclass(frozen=True)
class Item:
    """One thing in a list. `subject` names it for good, such as `report:131` or `item:88`.

    `state`, `owner`, `severity` and `is_overdue` are what makes it news when it changes; ages and counts are in the
    words only, or every day would be news. `details` are the lines below it.
    """

    subject: str
    line: Line
    details: tuple[Line, ...] = ()
    state: str = ""
    owner: str = ""
    severity: str = ""
    is_overdue: bool = False
    acts: tuple[Act, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """Give what two digests must differ in for there to be news."""
        return (self.subject, self.state, self.owner, self.severity, "overdue" if self.is_overdue else "")


@dataclass(frozen=True)
class Figure:
    """A number with its size. `name` is its name in the dictionary of figures; `value` is written out.

    `series` are the last eight weeks, oldest first, None where a week is missing; `against` is what to compare with
    ("8-week mean 12", "was 27 h"). `raw` is the number itself, None if there is none to show, which `value` then
    says. `n`: how many things it is made of, None where that says nothing. `chart`: worth a chart of its own.
    """

    name: str
    label: str
    value: str
    raw: float | None = None
    n: int | None = None
    series: tuple[float | None, ...] = ()
    against: str = ""
    is_unusual: bool = False
    chart: bool = False


@dataclass(frozen=True)
class Quote:
    """What a customer said, and who it was."""

    text: str
    by: str


class Rank(StrEnum):
    """Where a section stands in its digest, in this order."""

    NEEDS_YOU = "needs_you"
    CHANGED = "changed"
    FIGURES = "figures"
    COMING = "coming"


@dataclass(frozen=True)
class Facts:
    """What a section has to say. `heading` and `summary` make its first line; the view shows the first few items.

    `stale` says why figures of a source are missing; then it stands in their place. `state` is what else makes it
    news when it changes, such as the states of KPIs. `is_news` is false for what is worth no digest by itself:
    figures, an internal count. `total` is how many items there are where `items` are only the first of them.
    """

    section: str
    rank: Rank
    heading: str
    summary: str = ""
    lead: tuple[Line, ...] = ()
    items: tuple[Item, ...] = ()
    figures: tuple[Figure, ...] = ()
    quotes: tuple[Quote, ...] = ()
    notes: tuple[Line, ...] = ()
    acts: tuple[Act, ...] = ()
    stale: str = ""
    state: tuple[str, ...] = ()
    is_news: bool = True
    total: int = 0

    @property
    def unlisted(self) -> int:
        """Give how many there are that are not even among `items`."""
        return max(0, self.total - len(self.items))


@dataclass(frozen=True)
class Mark:
    """What became of something after the digest was posted: its line is struck through and says by whom."""

    struck: bool
    by: str
    what: str


@dataclass(frozen=True)
class SourceHealth:
    """How a source of facts is. `read_at`: when it was last read whole; with `failing_since` it is not, and why.

    `told` names who was told of that.
    """

    name: str
    title: str
    read_at: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Digest:
    """A whole digest. `title` is its first line, `gist` what a notification shows; moments are aware, in UTC.

    `since` is the last post, which "changed" compares with; `zone` the audience's; `next_at` the next due one.
    `shown` says of each item that needs somebody since when it has been shown as it is.
    """

    audience: str
    slot: str
    title: str
    zone: str
    due_at: datetime
    since: datetime
    gist: str = ""
    next_at: datetime | None = None
    is_late: bool = False
    facts: tuple[Facts, ...] = ()
    sources: tuple[SourceHealth, ...] = ()
    shown: dict[str, datetime] = field(default_factory=dict)
