"""What GitHub says of us: who we are, which repository, and what is missing."""

from pydantic import ValidationError

from integrations.http import Answer, HttpError, Request
from integrations.trackers.base import Standing, TrackerError, told
from integrations.trackers.github.access import AppAccess, Installation
from integrations.trackers.github.payloads import Repository, read_one
from integrations.trackers.github.repository import GitHubRepository

# https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
APP_PERMISSIONS = {
    "issues": "write",
    "pull_requests": "read",
    "contents": "read",
    "deployments": "read",
    "metadata": "read",
}
_RANK = {"read": 1, "write": 2, "admin": 3}
REFUSED = {
    "token": "GitHub refused the token. Make a new one that may read and write issues, and set GITHUB_TOKEN.",
    "app": (
        "GitHub refused the App's key. Look at GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY and "
        "GITHUB_APP_INSTALLATION_ID, which all belong together."
    ),
}


async def find_standing(repository: GitHubRepository) -> Standing:
    """Ask who we are, and whether we may do in the repository what is needed.

    Raises:
        TrackerError: GitHub did not say.
    """
    is_app = isinstance(repository.access, AppAccess)
    try:
        account = await repository.login()
        problems = await _app_problems(repository.access) if isinstance(repository.access, AppAccess) else []
    except TrackerError as error:
        if not _is_refused(error, is_app=is_app):
            raise
        return Standing("", repository.project, (REFUSED["app" if is_app else "token"],))
    with told("GitHub", "checking the repository"):
        try:
            answer = await repository.ask(Request("GET", repository.path("")))
        except HttpError as error:
            if error.status not in {403, 404}:
                raise
            return Standing(account, repository.project, (*problems, _not_there(repository.project)))
        found = read_one(Repository, answer.json())
    problems += repository_problems(found, repository.project, is_app=is_app)
    problems += [] if is_app else token_problems(answer)
    return Standing(account, found.full_name, tuple(problems))


def _is_refused(error: TrackerError, *, is_app: bool) -> bool:
    cause = error.__cause__
    return isinstance(cause, HttpError) and (cause.status == 401 or (is_app and cause.status == 404))


def _not_there(project: str) -> str:
    return (
        f"GitHub has no repository {project}, or does not show it to this account. "
        "Check the project's name, and give the account access to it."
    )


async def _app_problems(access: AppAccess) -> list[str]:
    with told("GitHub", "asking what the App may do"):
        try:
            return app_problems(await access.installation())
        except ValidationError:
            raise TrackerError("GitHub did not say what the App may do.", retryable=True) from None


def repository_problems(repository: Repository, project: str, *, is_app: bool) -> list[str]:
    """Say what a repository lacks; an App's rights are not shown there."""
    problems = []
    if repository.full_name.lower() != project.lower():
        problems.append(f"The project {project} is called {repository.full_name} now. Set its new name.")
    if repository.archived:
        problems.append(f"{project} is archived, so nothing can be written there. Unarchive it or choose another one.")
    if not repository.has_issues:
        problems.append(f"Issues are switched off in {project}. Switch them on in its settings.")
    allowed = repository.permissions
    if not is_app and allowed is not None and not (allowed.push or allowed.triage):
        problems.append(
            f"The account may make issues in {project} but not label, assign or close them. "
            "Give it the Triage or the Write role there."
        )
    return problems


def token_problems(answer: Answer) -> list[str]:
    """Say what a classic token was not allowed; the newer ones do not say what they are."""
    if "x-oauth-scopes" not in answer.headers:
        return []
    scopes = {scope.strip() for scope in answer.headers["x-oauth-scopes"].split(",")}
    if scopes & {"repo", "public_repo"}:
        return []
    return ["The token has no scope `repo` (for public repositories `public_repo`). Make one that has it."]


def app_problems(installation: Installation) -> list[str]:
    """Say what the App was not allowed."""
    if installation.suspended_at:
        return ["The GitHub App's installation is suspended. Unsuspend it in the organisation's settings."]
    return [
        f"The GitHub App lacks the permission {name.replace('_', ' ')}: {wanted}. "
        "Give it that, and accept it for the installation."
        for name, wanted in APP_PERMISSIONS.items()
        if _RANK.get(installation.permissions.get(name, ""), 0) < _RANK[wanted]
    ]
