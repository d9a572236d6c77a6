"""GitLab: a project's issues, and what digests are made of, by its REST interface."""

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from integrations.trackers.base import IssueAddress, Tracker, TrackerContext, TrackerKind, TrackerVariable
from integrations.trackers.gitlab.project import URL
from integrations.trackers.gitlab.tracker import NAME, GitLabTracker
from integrations.trackers.gitlab.webhook import GitLabWebhook

_WEBHOOK_VARIABLE = "GITLAB_WEBHOOK_SECRET"
# https://docs.gitlab.com/user/reserved_names: at least one group, then the project.
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}"
_PROJECT = rf"{_NAME}(?:/{_NAME}){{1,20}}"
_ISSUE_PATH = re.compile(rf"/({_PROJECT})/(?:-/)?(?:issues|work_items)/(\d{{1,12}})/?")


def read_url(url: str, values: Mapping[str, str]) -> IssueAddress | None:
    """Read the address of an issue's page on the GitLab that the variables name."""
    try:
        parts, home = urlsplit(url), urlsplit(values.get("GITLAB_URL") or URL)
    except ValueError:
        return None
    prefix = home.path.rstrip("/")
    if (parts.scheme, parts.netloc.lower()) != (home.scheme, home.netloc.lower()) or not parts.path.startswith(prefix):
        return None
    found = _ISSUE_PATH.fullmatch(unquote(parts.path[len(prefix) :]))
    return IssueAddress(found[1], found[2]) if found else None


def _make(context: TrackerContext) -> Tracker:
    return GitLabTracker.of(context.project, context.values, context.now)


KIND = TrackerKind(
    name=NAME,
    title="GitLab",
    project_pattern=_PROJECT,
    project_example="acme/web",
    make=_make,
    read_url=read_url,
    variables=(
        TrackerVariable("GITLAB_URL", "Address of GitLab", default=URL),
        TrackerVariable("GITLAB_TOKEN", "Access token with the scope api", required=True, secret=True),
        TrackerVariable(_WEBHOOK_VARIABLE, "Secret token, or signing token (whsec_...), of the webhook", secret=True),
    ),
    webhook=GitLabWebhook(),
    webhook_secret=_WEBHOOK_VARIABLE,
)
