"""How a message leaves: one shared client, no blind retries, each message exactly once.

Slack has no idempotency key, and its SDK posts twice when an answer is lost. So every post carries a marker
(the `block_id` of its first block), and before a second try the channel is searched for it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.downloads import download
from handlers.slack.web_api import SlackDown, call
from integrations.trackers.base import File
from storage.queue import GiveUp

__all__ = ["PACE", "Draft", "Outbox", "SlackDown"]

log = structlog.get_logger(__name__)

# A message that may have been posted is looked for among those this young: a bot can be down over a long weekend.
LOOK_BACK = timedelta(days=7)
PAGE = 200
# 4,000 messages; looking further would use up what Slack allows in a minute.
MOST_PAGES = 20
# Slack takes one message a second in a channel.
PACE = timedelta(seconds=1)
# What Slack says of blocks it does not take. https://docs.slack.dev/reference/methods/chat.postMessage#errors
BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
# A section holds 3000 characters. https://docs.slack.dev/reference/block-kit/blocks/section-block
_SECTION_LIMIT = 3000


@dataclass(frozen=True)
class Draft:
    """A message to post; `marker` is unique to it. `text` says the same as the blocks.

    `is_strict`: blocks that Slack does not take are told to whoever posts, who has others, and not sent as plain words.
    """

    text: str
    blocks: list[dict[str, Any]]
    marker: str
    thread_ts: str = ""
    is_strict: bool = False


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
        return await call(self._client, method, arguments)

    async def post(self, channel: str, draft: Draft, *, may_have_been_posted: bool) -> str:
        """Post a message exactly once and return its ts."""
        if may_have_been_posted:
            found = await self._find(channel, draft)
            if found:
                return found
        arguments: dict[str, Any] = {"channel": channel, "unfurl_links": False, "unfurl_media": False}
        if draft.thread_ts:
            arguments["thread_ts"] = draft.thread_ts
        answer = await self._send("chat.postMessage", arguments, draft)
        return str(answer["ts"])

    async def file(self, slack_file_id: str) -> File:
        """Read a file with the bot's own rights, without making it public.

        Raises:
            NotGiven: Slack does not give it; the text says why.
            RetryLater: Slack said when to come again.
            SlackDown: it may be read later.
        """
        return await download(self._client, slack_file_id)

    async def update(self, channel: str, ts: str, draft: Draft) -> None:
        """Draw a message anew in place; it keeps its marker."""
        await self._send("chat.update", {"channel": channel, "ts": ts}, draft)

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
            await self._send("chat.postEphemeral", {"channel": channel, "user": slack_user_id}, draft)
        except GiveUp:
            # An earlier try may have come this far.
            await self.tell(slack_user_id, draft, may_have_been_posted=True)

    async def _send(self, method: str, arguments: dict[str, Any], draft: Draft) -> dict[str, Any]:
        """Send a draft; as plain words when Slack does not take its blocks: better plain than not at all."""
        try:
            return await self.call(method, **arguments, text=draft.text, blocks=_marked(draft))
        except GiveUp as refusal:
            if draft.is_strict or str(refusal) not in BAD_BLOCKS:
                raise
            log.error("blocks_refused", method=method, marker=draft.marker, error=str(refusal))
        plain = _plain(draft)
        return await self.call(method, **arguments, text=plain.text, blocks=_marked(plain))

    async def _find(self, channel: str, draft: Draft) -> str:
        """Find the message that carries the marker; empty if it was never posted."""
        async for message in self._recent(channel, draft.thread_ts):
            blocks = message.get("blocks") or [{}]
            if blocks[0].get("block_id") == draft.marker:
                return str(message["ts"])
        return ""

    async def _recent(self, channel: str, thread_ts: str) -> AsyncIterator[dict[str, Any]]:
        """Give what was posted lately: in a channel the newest first, in a thread (by Slack's rule) the oldest."""
        method = "conversations.replies" if thread_ts else "conversations.history"
        oldest = (datetime.now(UTC) - LOOK_BACK).timestamp()
        arguments: dict[str, Any] = {"channel": channel, "limit": PAGE, "oldest": f"{oldest:.6f}"}
        if thread_ts:
            arguments["ts"] = thread_ts
        for _ in range(MOST_PAGES):
            answer = await self.call(method, **arguments)
            for message in answer.get("messages") or []:
                yield message
            arguments["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
            if not arguments["cursor"]:
                return


def _marked(draft: Draft) -> list[dict[str, Any]]:
    if not draft.blocks:
        return []
    return [{**draft.blocks[0], "block_id": draft.marker}, *draft.blocks[1:]]


def _plain(draft: Draft) -> Draft:
    words = draft.text[:_SECTION_LIMIT]
    section = {"type": "section", "text": {"type": "plain_text", "text": words}}
    return Draft(words, [section], draft.marker, draft.thread_ts)
