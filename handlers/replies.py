"""What people write to the bot or in a card's thread: an answer to a question, and a comment in the tracker."""

from typing import Any

from bot.errors import UserError
from bot.triage import comments_out, replies, workflow
from bot.triage.comments_out import Reply
from bot.triage.decisions import Order
from handlers.slack.feature import Feature, Task
from handlers.slack.outbox import Draft
from handlers.views import rich_text
from handlers.views.blocks import section
from storage.models import Via

WHICH = "Which report is this about? {keys} wait for your answer: press *Answer…* on its question."
NOTHING_ASKED = "No question waits for you. Type `/bug` to report something, or `/liaison help` for the rest."


async def message(task: Task, event: dict[str, Any]) -> None:
    """Take a message that answers a question; say so when it cannot be told which."""
    if event.get("subtype") in {"message_changed", "message_deleted"}:
        await _changed(task, event)
        return
    words, user = str(event.get("text") or ""), str(event.get("user") or "")
    if not user:
        return
    if event.get("channel_type") == "im":
        await _direct(task, event, user, words)
        return
    if not event.get("thread_ts"):
        return
    await comments_out.keep_reply(task.services, _reply(str(event["channel"]), event))
    report_id = await replies.find_question_in_thread(
        task.services, str(event["channel"]), str(event["thread_ts"]), user
    )
    if report_id is not None:
        await _answer(task, report_id, user, words)


async def _changed(task: Task, event: dict[str, Any]) -> None:
    """Follow what was done to a reply after it was written."""
    channel = str(event["channel"])
    after = event.get("message") or {}
    if event["subtype"] == "message_changed" and after.get("subtype") != "tombstone":
        if (after.get("edited") or {}).get("ts"):
            await comments_out.keep_reply(task.services, _reply(channel, after))
        return
    before = event.get("previous_message") or after
    ts = str(event.get("deleted_ts") or before.get("ts") or "")
    await comments_out.forget_reply(task.services, channel, ts, str(before.get("thread_ts") or ""))


def _reply(channel: str, message: dict[str, Any]) -> Reply:
    files = [
        {"id": str(file.get("id") or ""), "name": str(file.get("name") or "file"), "permalink": str(file["permalink"])}
        for file in message.get("files") or []
        if file.get("permalink")
    ]
    return Reply(
        channel=channel,
        ts=str(message.get("ts") or ""),
        thread_ts=str(message.get("thread_ts") or ""),
        slack_user_id=str(message.get("user") or ""),
        text=rich_text.read_message(message),
        edited_ts=str((message.get("edited") or {}).get("ts") or ""),
        files=tuple(files),
    )


async def _direct(task: Task, event: dict[str, Any], user: str, words: str) -> None:
    waiting = await replies.find_questions(task.services, user)
    if len(waiting) == 1:
        await _answer(task, waiting[0][0], user, words)
        said = f"Thank you. {waiting[0][1]} is back with the team, with your answer."
    elif waiting:
        said = WHICH.format(keys=" and ".join(key for _, key in waiting))
    else:
        said = NOTHING_ASKED
    draft = Draft(said, [section(said)], f"liaison:reply:{task.payload['event_id']}")
    await task.outbox.post(str(event["channel"]), draft, may_have_been_posted=task.job.may_have_run)


async def _answer(task: Task, report_id: int, user: str, words: str) -> None:
    order = Order(report_id, user, Via.MESSAGE, f"event:{task.payload['event_id']}")
    try:
        await workflow.answer(task.services, order, words=words)
    except UserError:
        # The report was decided meanwhile: the message stands in the thread, and nobody waits for it.
        return


FEATURE = Feature(name="replies", events={"message": message})
