"""Jira: a project's issues and comments, in Cloud (REST v3) and in Data Center (REST v2)."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from integrations.trackers.base import IssueAddress, Tracker, TrackerContext, TrackerKind, TrackerVariable
from integrations.trackers.jira.tracker import NAME, JiraTracker
from integrations.trackers.jira.webhook import JiraWebhook

_WEBHOOK_VARIABLE = "JIRA_WEBHOOK_SECRET"
# https://confluence.atlassian.com/adminjiraserver/changing-the-project-key-format-938847081.html
_PROJECT = r"[A-Z][A-Z0-9_]{1,31}"
_KEY = re.compile(rf"({_PROJECT})-[0-9]{{1,9}}")


def read_url(url: str, values: Mapping[str, str]) -> IssueAddress | None:
    """Read the address of an issue on the site that the variables name: its page, or a board with it selected."""
    try:
        parts, home = urlsplit(url), urlsplit(values.get("JIRA_URL", ""))
    except ValueError:
        return None
    prefix = home.path.rstrip("/")
    if (parts.scheme, parts.netloc.lower()) != (home.scheme, home.netloc.lower()) or not parts.path.startswith(prefix):
        return None
    path = parts.path[len(prefix) :]
    selected = parse_qs(parts.query).get("selectedIssue", [""])[0]
    key = path.removeprefix("/browse/").rstrip("/") if path.startswith("/browse/") else selected
    found = _KEY.fullmatch(key)
    return IssueAddress(found[1], key) if found else None


def _make(context: TrackerContext) -> Tracker:
    return JiraTracker.of(context.project, context.values, context.now)


KIND = TrackerKind(
    name=NAME,
    title="Jira",
    project_pattern=_PROJECT,
    project_example="PAY",
    make=_make,
    read_url=read_url,
    variables=(
        TrackerVariable("JIRA_URL", "Address of Jira, such as https://acme.atlassian.net", required=True),
        TrackerVariable("JIRA_EMAIL", "E-mail address of the token's account (Cloud; empty for Data Center)"),
        TrackerVariable("JIRA_TOKEN", "API token (Cloud) or personal access token", required=True, secret=True),
        TrackerVariable(_WEBHOOK_VARIABLE, "Secret of the webhook", secret=True),
        TrackerVariable("JIRA_ISSUE_TYPE", "Kind of the issues that are made", default="Bug"),
    ),
    webhook=JiraWebhook(),
    webhook_secret=_WEBHOOK_VARIABLE,
    key_pattern=rf"({_PROJECT})-[0-9]{{1,9}}",
)
