"""Socket Mode: Slack's envelopes over a websocket that we open; no public address needed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.shape import is_event, is_readable

log = structlog.get_logger(__name__)

# Bolt starts a task per envelope without bound; this many at once keep memory flat in a flood.
AT_ONCE = 64
LAST_ACKS_S = 2.0


class BoundedSocketMode(AsyncSocketModeHandler):
    """Handles so many envelopes at once and no more, and can wait for the last acks before it closes."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        web_client: AsyncWebClient,
        keep_event: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        super().__init__(app, app_token, web_client=web_client)
        self._keep_event = keep_event
        self._free = asyncio.Semaphore(AT_ONCE)
        self._handling = 0
        self._idle = asyncio.Event()
        self._is_closing = False

    async def handle(self, client: Any, req: Any) -> None:
        """Handle one envelope; once closing, take none, so that Slack sends it again to the next process."""
        if self._is_closing:
            return
        self._handling += 1
        self._idle.clear()
        try:
            async with self._free:
                await self._answer(client, req)
        finally:
            self._handling -= 1
            if not self._handling:
                self._idle.set()

    async def _answer(self, client: Any, req: Any) -> None:
        if is_readable(req.payload):
            if not is_event(req.payload):
                await super().handle(client, req)
                return
            await self._keep_event(req.payload)
        # What cannot be read is answered all the same, or Slack would send it again.
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=req.envelope_id))

    async def close_gently(self) -> None:
        """Take nothing new, let what is in hand be acked, then close."""
        self._is_closing = True
        if self._handling:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), LAST_ACKS_S)
        await self.close_async()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
