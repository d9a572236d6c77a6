"""Redmine: a project's issues and their notes, by its REST interface (5.0 and later; older ones edit no notes)."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from integrations.trackers.base import IssueAddress, Tracker, TrackerContext, TrackerKind, TrackerVariable
from integrations.trackers.redmine.tracker import NAME, RedmineTracker

_ISSUE_PATH = re.compile(r"/issues/(\d{1,12})/?")


def read_url(url: str, values: Mapping[str, str]) -> IssueAddress | None:
    """Read the address of an issue's page on the Redmine that the variables name; it does not say which project."""
    try:
        parts, home = urlsplit(url), urlsplit(values.get("REDMINE_URL", ""))
    except ValueError:
        return None
    prefix = home.path.rstrip("/")
    if (parts.scheme, parts.netloc.lower()) != (home.scheme, home.netloc.lower()) or not parts.path.startswith(prefix):
        return None
    found = _ISSUE_PATH.fullmatch(parts.path[len(prefix) :])
    return IssueAddress("", found[1]) if found else None


def _make(context: TrackerContext) -> Tracker:
    return RedmineTracker.of(context.project, context.values, context.now)


KIND = TrackerKind(
    name=NAME,
    title="Redmine",
    # https://www.redmine.org/projects/redmine/wiki/RedmineProjects
    project_pattern=r"(?!\d+$)[a-z0-9][a-z0-9_-]{0,99}",
    project_example="web",
    make=_make,
    read_url=read_url,
    variables=(
        TrackerVariable("REDMINE_URL", "Address of Redmine", required=True),
        TrackerVariable("REDMINE_API_KEY", "API access key of Liaison's account", required=True, secret=True),
        TrackerVariable("REDMINE_TEXT", "Form of its texts: textile or markdown", default="textile"),
        TrackerVariable("REDMINE_TRACKER", "Kind of the issues that are made", default="Bug"),
    ),
)
