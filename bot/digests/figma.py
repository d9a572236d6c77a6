"""What the sections that tell of Figma share: which files, whether they were read, and whose answers count."""

from bot.digests.base import Scope
from bot.digests.facts import Facts, Rank
from bot.routing.settings import Settings
from storage import frames, people
from storage.database import WorkspaceSession
from storage.models import Role

SOURCE = frames.FIGMA


def files(scope: Scope) -> tuple[str, ...]:
    """List the files that the settings name; empty where there is nothing to tell of."""
    return tuple(scope.settings.figma.files) if scope.settings.figma is not None else ()


def unread(session: WorkspaceSession, scope: Scope, name: str, about: str) -> Facts | None:
    """Say that a file was never read yet, so that nothing is not taken for none; None if all were."""
    if not frames.unread(session, files(scope)):
        return None
    return Facts(name, Rank.CHANGED, about, stale=f"{about}: Figma was not read yet.", is_news=False)


def designers(session: WorkspaceSession, settings: Settings) -> frozenset[str]:
    """Give what designers are called in Figma, by name or id, in small letters."""
    named = settings.figma.designers if settings.figma is not None else ()
    known = {person.slack_user_id: person.name for person in people.with_role(session, Role.DESIGNER)}
    for slack_user_id in named:
        person = people.known(session, slack_user_id)
        known[slack_user_id] = person.name if person is not None else ""
    accounts = {key: member.accounts.get(SOURCE, "") for key, member in settings.people.items()}
    return frozenset(name.casefold() for key in known if (name := accounts.get(key) or known[key]))
