"""Whose account in a tracker something is: as the settings say, else as was learnt of people."""

from bot.routing.settings import Settings
from storage import people
from storage.database import WorkspaceSession
from storage.models import Person


def named_by(settings: Settings, tracker: str, account: str) -> str:
    """Give the Slack user whose account this is by the settings; empty if they name nobody."""
    wanted = account.casefold()
    for slack_user_id, member in settings.people.items():
        if member.accounts.get(tracker, "").casefold() == wanted:
            return slack_user_id
    return ""


def owner_of(session: WorkspaceSession, settings: Settings, tracker: str, account: str) -> Person | None:
    """Find whose account this is among those we know."""
    named = named_by(settings, tracker, account)
    return people.known(session, named) if named else people.by_account(session, tracker, account, "")
