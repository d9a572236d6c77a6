"""GitHub: issues, comments and activity of a repository, as a person's token or as a GitHub App."""

from integrations.http import Http
from integrations.trackers.base import Tracker, TrackerContext, TrackerKind, TrackerVariable
from integrations.trackers.github.access import Access, AppAccess, AppKey, TokenAccess
from integrations.trackers.github.addresses import API_URL, PROJECT, read_url
from integrations.trackers.github.repository import GitHubRepository
from integrations.trackers.github.tracker import GitHubTracker
from integrations.trackers.github.webhook import GitHubWebhook

__all__ = ["KIND"]

SIGNED_WITH = "GITHUB_WEBHOOK_SECRET"


def _make(context: TrackerContext) -> Tracker:
    """Make the tracker of one repository.

    Raises:
        ValueError: an address or a key is none.
    """
    values = context.values
    api_url = values.get("GITHUB_API_URL") or API_URL
    access = _access(context, api_url)
    http = Http(api_url, access.headers, now=context.now)
    return GitHubTracker(GitHubRepository(http, access, context.project), context.now)


def _access(context: TrackerContext, api_url: str) -> Access:
    values = context.values
    if values.get("GITHUB_TOKEN"):
        return TokenAccess(values["GITHUB_TOKEN"])
    key = AppKey(values.get("GITHUB_APP_ID", ""), values.get("GITHUB_APP_PRIVATE_KEY", ""), context.now)
    app = Http(api_url, key.headers, now=context.now)
    return AppAccess(app, values.get("GITHUB_APP_INSTALLATION_ID", "").strip(), context.now)


KIND = TrackerKind(
    name="github",
    title="GitHub",
    project_pattern=PROJECT,
    project_example="acme/web",
    make=_make,
    read_url=read_url,
    variables=(
        TrackerVariable("GITHUB_TOKEN", "token of the account that makes issues; or the three of an App", secret=True),
        TrackerVariable("GITHUB_APP_ID", "id of the GitHub App that makes issues, instead of a token"),
        TrackerVariable("GITHUB_APP_PRIVATE_KEY", "its private key, the whole PEM file", secret=True),
        TrackerVariable("GITHUB_APP_INSTALLATION_ID", "where it is installed: the number in the page's address"),
        TrackerVariable("GITHUB_API_URL", "address of the API, of GitHub Enterprise Server for example", API_URL),
        TrackerVariable(SIGNED_WITH, "secret that GitHub signs its deliveries with", secret=True),
    ),
    alternatives=(
        ("GITHUB_TOKEN",),
        ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_INSTALLATION_ID"),
    ),
    webhook=GitHubWebhook(),
    webhook_secret=SIGNED_WITH,
    key_pattern=rf"({PROJECT})#\d{{1,12}}",
)
