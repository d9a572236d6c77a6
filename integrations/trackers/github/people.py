"""People whom an issue can be given to."""

from pydantic import BaseModel

from integrations.http import HttpError, Request
from integrations.trackers.base import Account, told
from integrations.trackers.github.payloads import User, account_from, read_one
from integrations.trackers.github.repository import GitHubRepository

# The search may find many; nobody wants to choose from more, and each costs a question.
MOST = 5


class FoundUsers(BaseModel):
    """What the search for people gives."""

    items: list[User] = []


async def find_accounts(repository: GitHubRepository, word: str) -> tuple[Account, ...]:
    """Find people by e-mail (only public ones can be found), login or name, who can be given an issue.

    Raises:
        TrackerError: GitHub did not say.
    """
    wanted = " ".join(word.replace('"', " ").split())
    if not wanted:
        return ()
    with told("GitHub", "looking for a person"):
        kind = "in:email" if "@" in wanted else "in:login in:name"
        query = {"q": f'"{wanted}" {kind} type:user' if " " in wanted else f"{wanted} {kind} type:user"}
        answer = await repository.ask(Request("GET", "search/users", {**query, "per_page": MOST}))
        candidates = read_one(FoundUsers, answer.json()).items[:MOST]
        return tuple([account_from(user) for user in candidates if await _can_be_given(repository, user.login)])


async def _can_be_given(repository: GitHubRepository, login: str) -> bool:
    try:
        await repository.ask(Request("GET", repository.path(f"assignees/{login}")))
    except HttpError as error:
        if error.status != 404:
            raise
        return False
    return True
