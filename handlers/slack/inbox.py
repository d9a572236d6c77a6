"""The inbox: an event is on the disk before Slack hears "ok"."""

from typing import Any

from bot.services import Services
from bot.triage.previews import KEY
from storage.queue import NewJob, defer_alone

EVENT_JOB = "slack_event"
# Subtypes of a message that a person wrote.
_WRITTEN = frozenset({None, "file_share", "thread_broadcast"})
# What its author, or somebody who may, did to it later.
_AFTERWARDS = frozenset({"message_changed", "message_deleted"})
_WANTED = frozenset(
    {
        "reaction_added",
        "reaction_removed",
        "app_mention",
        "app_home_opened",
        "link_shared",
        "member_joined_channel",
        "member_left_channel",
    }
)


async def keep_event(services: Services, body: dict[str, Any]) -> None:
    """Commit an event to the queue, once per event id; what nobody here listens to is let go."""
    event = body.get("event") or {}
    if not is_wanted(event):
        return
    event_id = str(body.get("event_id") or f"{event.get('type')}:{event.get('event_ts')}:{event.get('user')}")
    job = NewJob(EVENT_JOB, {"event": event, "event_id": event_id}, f"events:{_place(event)}", f"event:{event_id}")
    await defer_alone(services.database, services.workspace, job)


def is_wanted(event: dict[str, Any]) -> bool:
    """Say whether any feature could act on an event: of messages, people's direct ones, replies, keys."""
    if event.get("type") != "message":
        return event.get("type") in _WANTED
    if event.get("subtype") in _AFTERWARDS:
        return _is_reply_changed(event)
    if event.get("bot_id") or event.get("subtype") not in _WRITTEN:
        return False
    if event.get("channel_type") == "im" or event.get("thread_ts"):
        return True
    # Of all else that is written only what names an issue is kept.
    return KEY.search(str(event.get("text") or "")) is not None


def _is_reply_changed(event: dict[str, Any]) -> bool:
    """Say whether a person's reply was edited or deleted; Slack also tells of links unfurled and of our own edits."""
    before = event.get("previous_message") or {}
    after = event.get("message") or before
    is_reply = bool(after.get("thread_ts")) and after.get("thread_ts") != after.get("ts")
    return is_reply and not after.get("bot_id") and bool(after.get("user"))


def _place(event: dict[str, Any]) -> str:
    item = event.get("item") or {}
    return str(event.get("channel") or item.get("channel") or event.get("user", ""))
