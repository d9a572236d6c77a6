"""How a message leaves: one shared client, no blind retries, each message exactly once.

Slack has no idempotency key, and its SDK posts twice when an answer is lost. So every post carries a marker
(the `block_id` of its first block), and before a second try the channel is searched for it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from storage.queue import GiveUp, RetryLater

log = structlog.get_logger(__name__)

# Looking further back than this for a message that may have been posted seconds ago is pointless.
LOOK_BACK = 50
FATAL = frozenset(
    {
        "account_inactive",
        "channel_not_found",
        "invalid_auth",
        "is_archived",
        "missing_scope",
        "not_authed",
        "not_in_channel",
        "restricted_action",
        "token_revoked",
        "user_not_found",
    }
)
# Slack takes one message a second in a channel.
PACE = timedelta(seconds=1)


@dataclass(frozen=True)
class Draft:
    """A message to post; `marker` is unique to it. `text` says the same as the blocks."""

    text: str
    blocks: list[dict[str, Any]]
    marker: str
    thread_ts: str = ""


class SlackDown(Exception):
    """Slack did not answer, or not with sense; the call may or may not have had its effect."""


class Outbox:
    """Calls Slack's Web API with one session; failures become RetryLater, GiveUp or SlackDown."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method and return its answer.

        Raises:
            RetryLater: Slack said when to come again.
            GiveUp: no further try can succeed; the text is Slack's error code.
            SlackDown: the outcome is unknown.
        """
        try:
            response = await self._client.api_call(method, json=arguments)
        except SlackApiError as refusal:
            raise _translate(method, refusal) from refusal
        except (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError) as failure:
            raise SlackDown(f"{method}: {type(failure).__name__}") from failure
        return dict(response.data) if isinstance(response.data, dict) else {}

    async def post(self, channel: str, draft: Draft, *, may_have_been_posted: bool) -> str:
        """Post a message exactly once and return its ts."""
        blocks = _marked(draft)
        if may_have_been_posted:
            found = await self._find(channel, draft)
            if found:
                return found
        arguments: dict[str, Any] = {"channel": channel, "text": draft.text, "blocks": blocks}
        if draft.thread_ts:
            arguments["thread_ts"] = draft.thread_ts
        answer = await self.call("chat.postMessage", unfurl_links=False, unfurl_media=False, **arguments)
        return str(answer["ts"])

    async def update(self, channel: str, ts: str, draft: Draft) -> None:
        """Draw a message anew in place; it keeps its marker."""
        await self.call("chat.update", channel=channel, ts=ts, text=draft.text, blocks=_marked(draft))

    async def tell(self, slack_user_id: str, draft: Draft, *, may_have_been_posted: bool) -> str:
        """Post a direct message exactly once and return its ts."""
        channel = await self.direct_channel(slack_user_id)
        return await self.post(channel, draft, may_have_been_posted=may_have_been_posted)

    async def direct_channel(self, slack_user_id: str) -> str:
        """Open the direct conversation with a person."""
        answer = await self.call("conversations.open", users=slack_user_id)
        return str(answer["channel"]["id"])

    async def whisper(self, channel: str, slack_user_id: str, draft: Draft) -> None:
        """Show a message to one person in a channel; as a direct message where that is not possible."""
        try:
            await self.call(
                "chat.postEphemeral",
                channel=channel,
                user=slack_user_id,
                text=draft.text,
                blocks=_marked(draft),
            )
        except GiveUp:
            await self.tell(slack_user_id, draft, may_have_been_posted=False)

    async def _find(self, channel: str, draft: Draft) -> str:
        """Find the message that carries the marker; empty if it was never posted."""
        arguments: dict[str, Any] = {"channel": channel, "limit": LOOK_BACK}
        method = "conversations.history"
        if draft.thread_ts:
            method, arguments["ts"] = "conversations.replies", draft.thread_ts
        answer = await self.call(method, **arguments)
        for message in answer.get("messages", []):
            blocks = message.get("blocks") or [{}]
            if blocks[0].get("block_id") == draft.marker:
                return str(message["ts"])
        return ""


def _marked(draft: Draft) -> list[dict[str, Any]]:
    if not draft.blocks:
        return []
    return [{**draft.blocks[0], "block_id": draft.marker}, *draft.blocks[1:]]


def _translate(method: str, refusal: SlackApiError) -> Exception:
    response = refusal.response
    error = str(response.get("error", "")) if isinstance(response.data, dict) else ""
    if response.status_code == 429 or error in {"ratelimited", "rate_limited"}:
        return RetryLater(_retry_after(response.headers.get("Retry-After")))
    if error in FATAL:
        return GiveUp(error)
    if response.status_code >= 500 or not error or error in {"internal_error", "fatal_error", "service_unavailable"}:
        return SlackDown(f"{method}: {error or response.status_code}")
    log.error("slack_refused", method=method, error=error)
    return GiveUp(error)


def _retry_after(header: Any) -> timedelta:
    """Read Retry-After: whole or fractional seconds; a date or nothing counts as the usual 30 s."""
    try:
        seconds = float(header)
    except (TypeError, ValueError):
        return timedelta(seconds=30)
    return timedelta(seconds=min(max(seconds, 0.2), 3600))
