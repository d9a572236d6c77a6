"""People's names, asked of Slack once and kept."""

from collections.abc import Iterable

from bot import text
from bot.triage.cards import Who
from handlers.slack.feature import Task
from storage import people
from storage.database import WorkspaceSession
from storage.queue import GiveUp


async def learn_names(task: Task, persons: Iterable[Who | None]) -> None:
    """Ask Slack for the names of people we know only by id."""
    for who in persons:
        if who is not None and who.name == who.slack_user_id:
            await learn(task, who.slack_user_id)


async def learn(task: Task, slack_user_id: str) -> None:
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
