"""Who is in a triage team's channel: for teams without a list of people, they may decide."""

from typing import Any

from bot.routing import mirror
from handlers.slack.channels import find_ids
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.people import learn
from storage import people
from storage.database import WorkspaceSession

PAGE = 200


async def sync(task: Task) -> None:
    """Read the members of every channel whose members are its team."""
    workspace = task.services.workspace
    teams = await task.services.database.read(workspace, people.teams)
    for team in teams:
        channel = (await find_ids(task.outbox, [team.channel_id])).get(team.channel_id, team.channel_id)
        members = await _members(task, channel) if team.open_to_channel else team.members
        key = team.key

        def unit(
            session: WorkspaceSession, key: str = key, channel: str = channel, members: list[str] = members
        ) -> None:
            mirror.keep_channel(session, key, channel_id=channel, members=members)

        await task.services.database.write(workspace, unit)
        await _learn_new(task, members)


async def changed(task: Task, event: dict[str, Any]) -> None:
    """Read the members anew when somebody comes or goes."""
    await sync(task)


async def _learn_new(task: Task, members: list[str]) -> None:
    known = await task.services.database.read(task.services.workspace, people.names)
    for slack_user_id in members:
        if slack_user_id not in known:
            await learn(task, slack_user_id)


async def _members(task: Task, channel: str) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        answer = await task.outbox.call("conversations.members", channel=channel, limit=PAGE, cursor=cursor)
        found += [str(member) for member in answer.get("members", [])]
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return found


FEATURE = Feature(
    name="members",
    events={"member_joined_channel": changed, "member_left_channel": changed},
    jobs={mirror.SYNC_MEMBERS: JobSpec(sync)},
)
