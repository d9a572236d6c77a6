"""Channels as Slack has them: the id behind a name, and whether the bot can post there."""

from collections.abc import Collection
from typing import Any

from handlers.slack.outbox import Outbox
from storage.queue import GiveUp

PAGE = 200


async def find_ids(outbox: Outbox, names: Collection[str]) -> dict[str, str]:
    """Map the #names of channels to their ids; names that Slack does not show are left out."""
    found: dict[str, str] = {}
    wanted = {name for name in names if name.startswith("#")}
    cursor = ""
    while wanted - found.keys():
        answer = await outbox.call(
            "conversations.list",
            types="public_channel,private_channel",
            exclude_archived="true",
            limit=PAGE,
            cursor=cursor,
        )
        listed: list[dict[str, Any]] = answer.get("channels") or []
        found |= {f"#{one.get('name')}": str(one["id"]) for one in listed if f"#{one.get('name')}" in wanted}
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return found


async def why_unusable(outbox: Outbox, channel: str) -> str:
    """Say why the bot cannot post in a channel, and what to do; empty when it can."""
    try:
        found = await _channel(outbox, channel)
    except GiveUp as refusal:
        if str(refusal) == "channel_not_found":
            return "there is no such channel, or it is private: create it, or type `/invite @Liaison` in it"
        return f"Slack does not show this channel ({refusal})"
    if found.get("is_archived"):
        return "this channel is archived: unarchive it, or name another"
    if _is_foreign(found):
        return "this channel is shared with another organisation: name one that is not"
    if not found.get("is_member"):
        return "Liaison is not in this channel: type `/invite @Liaison` in it"
    return ""


async def is_shared(outbox: Outbox, channel: str) -> bool:
    """Say whether people of another organisation read a channel."""
    return _is_foreign(await _channel(outbox, channel))


async def _channel(outbox: Outbox, channel: str) -> dict[str, Any]:
    answer = await outbox.call("conversations.info", channel=channel)
    found: dict[str, Any] = answer.get("channel") or {}
    return found


def _is_foreign(channel: dict[str, Any]) -> bool:
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))
