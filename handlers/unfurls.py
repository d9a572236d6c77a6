"""Links to issues and bare keys in messages are shown with what they stand for now, quietly."""

from typing import Any

import structlog

from bot.triage import previews
from handlers.slack.channels import is_shared
from handlers.slack.feature import Feature, Task
from handlers.slack.outbox import Draft
from handlers.views import preview
from storage.queue import GiveUp

log = structlog.get_logger(__name__)


async def link_shared(task: Task, event: dict[str, Any]) -> None:
    """Show what links to issues stand for, below the message."""
    channel, ts = str(event.get("channel") or ""), str(event.get("message_ts") or "")
    urls = [str(one.get("url") or "") for one in event.get("links") or [] if isinstance(one, dict)]
    if not channel.startswith(("C", "G")) or not ts or await is_shared(task.outbox, channel):
        return
    found = await previews.of_links(task.services, channel, urls)
    if not found:
        return
    shown = {one.word: {"blocks": preview.draw(one)} for one in found}
    try:
        await task.outbox.call("chat.unfurl", channel=channel, ts=ts, unfurls=shown)
    except GiveUp as refusal:
        # Older or local servers, or a message that is gone: the link itself is still there.
        log.info("not_unfurled", error=str(refusal))


async def message(task: Task, event: dict[str, Any]) -> None:
    """Show what bare keys in a message stand for, in one line of its thread."""
    channel = str(event.get("channel") or "")
    words = str(event.get("text") or "")
    if event.get("subtype") or event.get("channel_type") == "im" or not previews.KEY.search(words):
        return
    if await is_shared(task.outbox, channel):
        return
    found = await previews.of_keys(task.services, channel, words)
    if not found:
        return
    thread_ts = str(event.get("thread_ts") or event.get("ts") or "")
    draft = Draft(*preview.listed(found), f"liaison:preview:{task.payload['event_id']}", thread_ts)
    await task.outbox.post(channel, draft, may_have_been_posted=task.job.may_have_run)


FEATURE = Feature(name="unfurls", events={"link_shared": link_shared, "message": message})
