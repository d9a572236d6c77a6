"""People's names, asked of Slack once and kept."""

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from bot import text
from bot.services import Services
from bot.triage.cards import Who
from handlers.slack.outbox import Outbox
from storage import people
from storage.database import WorkspaceSession
from storage.queue import GiveUp

PAGE = 200


class Caller(Protocol):
    """A job or a request: what has both the database and Slack at hand."""

    @property
    def services(self) -> Services:
        """Give what a rule may use."""

    @property
    def outbox(self) -> Outbox:
        """Give the way to Slack."""


async def find_people(outbox: Outbox, names: Collection[str]) -> dict[str, list[str]]:
    """Map each @name to the ids of all that Slack shows by it: their name, display name or full name."""
    found: dict[str, list[str]] = {name: [] for name in names}
    cursor = ""
    while found:
        answer = await outbox.call("users.list", limit=PAGE, cursor=cursor)
        members: list[dict[str, Any]] = answer.get("members") or []
        for member in (one for one in members if not one.get("deleted")):
            profile = member.get("profile") or {}
            shown = [member.get("name"), profile.get("display_name"), profile.get("real_name"), member.get("real_name")]
            called = {f"@{name}".casefold() for name in shown if name}
            for name in (one for one in found if one.casefold() in called):
                found[name].append(str(member["id"]))
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return found


async def learn_names(task: Caller, persons: Iterable[Who | None]) -> None:
    """Ask Slack for the names of people we know only by id."""
    for who in persons:
        if who is not None and who.name == who.slack_user_id:
            await learn(task, who.slack_user_id)


async def learn(task: Caller, slack_user_id: str) -> None:
    """Ask Slack who somebody is and keep name, address, zone, and whether it is a bot."""
    try:
        answer = await task.outbox.call("users.info", user=slack_user_id)
    except GiveUp:
        return
    user = answer.get("user", {})
    profile = user.get("profile", {})

    def unit(session: WorkspaceSession) -> None:
        person = people.meet(session, slack_user_id)
        shown = profile.get("real_name") or user.get("real_name") or profile.get("display_name") or user.get("name")
        person.name = text.clean_title(str(shown or "")) or slack_user_id
        person.email = text.clean(str(profile.get("email") or ""), limit=320).text
        person.tz = str(user.get("tz") or "UTC")
        person.is_bot = bool(user.get("is_bot"))
        session.add(person)

    await task.services.database.write(task.services.workspace, unit)
