"""Linear: a team's issues, by its GraphQL interface."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from integrations.trackers.base import IssueAddress, Tracker, TrackerContext, TrackerKind, TrackerVariable
from integrations.trackers.linear.api import API_URL
from integrations.trackers.linear.tracker import NAME, LinearTracker
from integrations.trackers.linear.webhook import LinearWebhook

_PAGES = "linear.app"
_WEBHOOK_VARIABLE = "LINEAR_WEBHOOK_SECRET"
# A team's key: https://linear.app/docs/teams
_KEY = r"[A-Z][A-Z0-9]{0,9}"
_ISSUE_PATH = re.compile(rf"/[^/]+/issue/(({_KEY})-\d{{1,9}})(?:/.*)?")


def read_url(url: str, values: Mapping[str, str]) -> IssueAddress | None:
    """Read https://linear.app/acme/issue/PAY-12/title; Linear takes the key wherever it takes an id."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    found = _ISSUE_PATH.fullmatch(parts.path)
    if parts.scheme != "https" or parts.hostname != _PAGES or found is None:
        return None
    return IssueAddress(project=found[2], external_id=found[1])


def _make(context: TrackerContext) -> Tracker:
    return LinearTracker.of(context.project, context.values, context.now)


KIND = TrackerKind(
    name=NAME,
    title="Linear",
    project_pattern=_KEY,
    project_example="PAY",
    make=_make,
    read_url=read_url,
    variables=(
        TrackerVariable("LINEAR_API_KEY", "API key of the account that Liaison works as", required=True, secret=True),
        TrackerVariable("LINEAR_API_URL", "Address of Linear's interface", default=API_URL),
        TrackerVariable(_WEBHOOK_VARIABLE, "Signing secret of the webhook", secret=True),
    ),
    webhook=LinearWebhook(),
    webhook_secret=_WEBHOOK_VARIABLE,
    key_pattern=rf"({_KEY})-\d{{1,9}}",
)
