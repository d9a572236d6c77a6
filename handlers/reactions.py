"""Emoji on messages: 🎫 files, 👀 takes, ✅ verifies; taking 🎫 away withdraws."""

from typing import Any

from bot.errors import UserError
from bot.text import is_blank
from bot.triage import intake, lookup, workflow
from bot.triage.decisions import Order
from bot.triage.intake import NewReport
from handlers.slack.feature import Feature, Task
from handlers.slack.messages import files_of
from handlers.slack.outbox import Draft
from handlers.views.blocks import section
from handlers.views.text import escape
from storage.models import ReportState, Source, Via
from storage.queue import GiveUp

FILE = "ticket"
TAKE = "eyes"
VERIFY = "white_check_mark"
DO_NOT_FILE = (":megaphone:", "📣", ":mega:")


async def added(task: Task, event: dict[str, Any]) -> None:
    """Do what an emoji on a message means."""
    item = event.get("item") or {}
    if item.get("type") != "message":
        return
    channel, ts = str(item["channel"]), str(item["ts"])
    name = event.get("reaction")
    if name == FILE:
        await _file(task, event, channel, ts)
    elif name in {TAKE, VERIFY}:
        await _decide(task, event, channel, ts)


async def removed(task: Task, event: dict[str, Any]) -> None:
    """Withdraw the report of a message whose 🎫 its reporter took away."""
    item = event.get("item") or {}
    if event.get("reaction") != FILE or item.get("type") != "message":
        return
    card = await lookup.find_by_card(task.services, str(item["channel"]), str(item["ts"]))
    if card is not None:
        await intake.withdraw_message(task.services, _order(task, card.line.report_id, event))


async def _file(task: Task, event: dict[str, Any], channel: str, ts: str) -> None:
    message = await _read(task, channel, ts)
    words = str(message.get("text") or "")
    if message.get("bot_id") or not message or words.lstrip().startswith(DO_NOT_FILE):
        return
    first_line = next((line.strip() for line in words.splitlines() if not is_blank(line)), "")
    new = NewReport(
        title=first_line or _title_of_files(message),
        what=words if words.strip() != first_line or len(first_line) > 200 else "",
        reporter=str(event["user"]),
        source=Source.FORWARD,
        via=Via.REACTION,
        request_key=f"event:{task.payload['event_id']}",
        source_channel=channel,
        source_ts=ts,
        source_thread_ts=str(message.get("thread_ts") or ""),
        attachments=tuple(files_of(message)),
    )
    await intake.report_bug(task.services, new)


async def _decide(task: Task, event: dict[str, Any], channel: str, ts: str) -> None:
    card = await lookup.find_by_card(task.services, channel, ts)
    # ✅ and 👀 mean something on a card only, not on the message a report was made from.
    if card is None or card.card_ts != ts:
        return
    order = _order(task, card.line.report_id, event)
    try:
        if event["reaction"] == TAKE:
            await workflow.take(task.services, order)
        elif card.line.state is ReportState.FIXED:
            await workflow.verify(task.services, order)
    except UserError as refusal:
        said = escape(str(refusal))
        draft = Draft(said, [section(said)], f"liaison:refusal:{task.job.id}")
        await task.outbox.whisper(channel, str(event["user"]), draft)


async def _read(task: Task, channel: str, ts: str) -> dict[str, Any]:
    """Read one message, in a thread or not; empty when the bot cannot see it."""
    try:
        answer = await task.outbox.call("conversations.replies", channel=channel, ts=ts, limit=1)
        found = _with_ts(answer, ts)
        if not found:
            answer = await task.outbox.call(
                "conversations.history", channel=channel, latest=ts, oldest=ts, inclusive=True, limit=1
            )
            found = _with_ts(answer, ts)
    except GiveUp:
        return {}
    return found


def _with_ts(answer: dict[str, Any], ts: str) -> dict[str, Any]:
    messages: list[dict[str, Any]] = answer.get("messages", [])
    return next((message for message in messages if message.get("ts") == ts), {})


def _title_of_files(message: dict[str, Any]) -> str:
    files = files_of(message)
    return f"See {files[0]['name']}" if files else "A message without words"


def _order(task: Task, report_id: int, event: dict[str, Any]) -> Order:
    return Order(report_id, str(event["user"]), Via.REACTION, f"event:{task.payload['event_id']}")


FEATURE = Feature(name="reactions", events={"reaction_added": added, "reaction_removed": removed})
