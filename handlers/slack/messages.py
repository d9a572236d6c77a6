"""The message a report was made from: its thread in order, its files, its address."""

from typing import Any

from bot import text
from bot.triage.comments_out import LOCKS
from handlers.slack.feature import Task
from handlers.slack.people import learn
from storage import people, reports
from storage.database import WorkspaceSession
from storage.models import Report
from storage.queue import GiveUp

# A thread longer than this is read in Slack, not on a card.
THREAD_LIMIT = 50
# As much as one message of Slack holds.
ENTRY_LIMIT = text.TEXT_LIMIT


async def gather_thread(task: Task, report_id: int) -> None:
    """Keep the thread so far, the files and the permalink of the message a report was made from.

    Of files only the address is kept, which shows them to those who may see them anyway; they are copied later.
    """
    workspace = task.services.workspace
    report = await task.services.database.read(workspace, lambda session: reports.get(session, report_id))
    if report is None or not report.source_ts or report.transcript or report.attachments:
        return
    try:
        messages = await _thread(task, report)
    except GiveUp:
        # The bot is not in that channel: the words of the message itself came with the request.
        messages = []
    names = await _names(task, {str(message.get("user", "")) for message in messages})
    permalink = await _permalink(task, report)

    def unit(session: WorkspaceSession) -> None:
        found = reports.get(session, report_id)
        assert found is not None
        found.transcript = [_entry(message, names) for message in messages if message.get("text")]
        found.attachments = [file for message in messages for file in files_of(message)]
        found.permalink = permalink
        session.add(found)

    await task.services.database.write(workspace, unit)


def files_of(message: dict[str, Any]) -> list[dict[str, str]]:
    """List the files of a message by id, name and the address that only members can open."""
    return [
        {
            "id": str(file.get("id", "")),
            "name": text.clean_title(str(file.get("name") or "file")),
            "permalink": str(file.get("permalink") or file.get("url_private") or ""),
        }
        for file in message.get("files") or []
    ]


async def _thread(task: Task, report: Report) -> list[dict[str, Any]]:
    """Read the thread up to the time of the report; a message outside a thread is its own first.

    What begins with 🔒 is left out, unless it is what was reported.
    """
    answer = await task.outbox.call(
        "conversations.replies",
        channel=report.source_channel,
        ts=report.source_thread_ts or report.source_ts,
        limit=THREAD_LIMIT,
    )
    messages: list[dict[str, Any]] = answer.get("messages", [])
    return [
        message
        for message in messages
        if not message.get("bot_id") and (message.get("ts") == report.source_ts or not _is_locked(message))
    ]


def _is_locked(message: dict[str, Any]) -> bool:
    return str(message.get("text") or "").lstrip().startswith(LOCKS)


async def _names(task: Task, slack_user_ids: set[str]) -> dict[str, str]:
    known = await _known(task)
    for slack_user_id in slack_user_ids - known.keys() - {""}:
        await learn(task, slack_user_id)
    return await _known(task)


async def _known(task: Task) -> dict[str, str]:
    return await task.services.database.read(task.services.workspace, people.names)


async def _permalink(task: Task, report: Report) -> str:
    try:
        answer = await task.outbox.call("chat.getPermalink", channel=report.source_channel, message_ts=report.source_ts)
    except GiveUp:
        return ""
    return str(answer.get("permalink", ""))


def _entry(message: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    user = str(message.get("user", ""))
    said = text.clean(str(message["text"]), limit=ENTRY_LIMIT).text
    return {"author": names.get(user, user), "ts": str(message.get("ts", "")), "text": said}
