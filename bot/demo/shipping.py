"""What the example shop brought out: its versions, and the changes that are in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.models import ChangeKind, ChangeState

REPOSITORY = "acme/shop"
COMING = "2.5.0-rc1"
_FRIDAY = 4
# From Friday, four in the afternoon in UTC, to Monday; told as an hour of that Friday.
_EVENING = 16
_WEEKEND = timedelta(hours=56)
_TIMES_SHORTER = 56


@dataclass(frozen=True)
class Version:
    """A version, and how many days ago it came out."""

    tag: str
    days_ago: float
    is_prerelease: bool = False


VERSIONS = (
    Version("1.9.0", 82.2),
    Version("1.9.1", 76.3),
    Version("2.0.0", 72.1),
    Version("2.0.1", 70.4),
    Version("2.0.2", 64.2),
    Version("2.1.0", 57.3),
    Version("2.1.1", 54.9),
    Version("2.1.2", 48.2),
    Version("2.1.3", 43.0),
    Version("2.2.0", 37.4),
    Version("2.2.1", 34.2),
    Version("2.2.2", 29.1),
    Version("2.2.3", 25.3),
    Version("2.2.4", 20.2),
    Version("2.3.0", 15.4),
    Version("2.3.1", 11.1),
    Version("2.3.2", 4.3),
    Version("2.4.0", 1.1),
    Version(COMING, 0.4, is_prerelease=True),
)


@dataclass(frozen=True)
class Feature:
    """A change that is no fix: merged so many days ago, and what customers are told of it."""

    title: str
    days_ago: float
    kind: ChangeKind = ChangeKind.INTERNAL
    component: str = ""
    announce: str = ""
    state: ChangeState = ChangeState.INTERNAL
    decided_days_ago: float = 0.0


FEATURES = (
    Feature("Move pictures to the new store", 80.0),
    Feature(
        "Wish lists can be shared",
        73.0,
        ChangeKind.FEATURE,
        "web",
        "Share your wish list with a link.",
        ChangeState.ANNOUNCED,
        70.0,
    ),
    Feature("Split the tests of the payment service", 66.5),
    Feature("Update the database driver", 60.1),
    Feature(
        "Store finder with opening hours",
        58.2,
        ChangeKind.FEATURE,
        "web",
        "See when your store is open before you go.",
        ChangeState.ANNOUNCED,
        55.0,
    ),
    Feature("Count slow queries", 50.6),
    Feature("Remove the old order form", 45.2),
    Feature(
        "Pay with Klarna",
        38.5,
        ChangeKind.FEATURE,
        "checkout",
        "Pay in three parts with Klarna.",
        ChangeState.ANNOUNCED,
        36.0,
    ),
    Feature("Build on two machines", 35.0),
    Feature("Name things in the search index", 27.3),
    Feature(
        "Search understands sizes",
        16.2,
        ChangeKind.FEATURE,
        "search",
        "Type “shoes 42” and see only those that fit.",
        ChangeState.ANNOUNCED,
        14.0,
    ),
    Feature("Keep logs for a month", 12.4),
    Feature(
        "Invoices as a spreadsheet",
        5.2,
        ChangeKind.FEATURE,
        "invoices",
        "Download all invoices of a year as one spreadsheet.",
        ChangeState.APPROVED,
        3.2,
    ),
    Feature("Retry the mail server once", 4.9),
    Feature(
        "Saved addresses",
        2.2,
        ChangeKind.FEATURE,
        "checkout",
        "Save an address once and pick it with one click.",
        ChangeState.DRAFTED,
    ),
    Feature(
        "Faster search results",
        1.9,
        ChangeKind.SPEED,
        "search",
        "Results appear about three times faster.",
        ChangeState.DRAFTED,
    ),
    Feature("Read settings once at the start", 1.6),
    Feature("Fewer pictures in the tests", 1.4),
)


@dataclass(frozen=True)
class OpenPull:
    """A pull request that waits: `reviewers` are the accounts asked for a review."""

    title: str
    days_ago: float
    author: str
    reviewers: tuple[str, ...]
    labels: tuple[str, ...] = ()


OPEN_PULLS = (
    OpenPull("New empty page for search results", 2.3, "bo", ("cleo",), ("needs-design-review",)),
    OpenPull("Return labels without an account", 3.4, "finn", ("bo",)),
    OpenPull("Ask for the birthday only once", 0.4, "bo", ("finn",)),
)


def published_at(version: Version, now: datetime) -> datetime:
    """Say when a version came out."""
    return at_work(now, version.days_ago)


def at_work(now: datetime, days_ago: float) -> datetime:
    """Give a moment so many days ago; what falls into a weekend happened in its order on the Friday before."""
    at = now - timedelta(days=days_ago)
    evening = (at - timedelta(days=(at.weekday() - _FRIDAY) % 7)).replace(hour=_EVENING, minute=0)
    into_weekend = at - evening
    return evening + into_weekend / _TIMES_SHORTER if timedelta() < into_weekend < _WEEKEND else at


def version_for(merged_at: datetime, now: datetime) -> Version | None:
    """Find the first version that holds what was merged then; None if it is still to come out."""
    later = (one for one in VERSIONS if not one.is_prerelease and published_at(one, now) > merged_at)
    return next(later, None)


def build_for(fixed_at: datetime, now: datetime) -> str:
    """Name the build in which something that was fixed then is to be looked at."""
    version = version_for(fixed_at, now)
    return version.tag if version else COMING
