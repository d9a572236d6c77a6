"""What an answer of Slack's means: come again then, never, or nobody knows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.outbox import Outbox
from handlers.slack.web_api import SlackDown, retry_after
from storage.queue import GiveUp, RetryLater

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def _outbox(answer: Answer) -> AsyncIterator[Outbox]:
    """An outbox before a server that gives this answer; it waits half a second for it."""
    app = web.Application()
    app.router.add_route("*", "/{method}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.5)) as session:
        yield Outbox(AsyncWebClient(token="xoxb-1", base_url=url, session=session, retry_handlers=[]))
    await runner.cleanup()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("0", 0.2),
        ("-3", 0.2),
        ("Mon, 23 Nov 2026 09:00:07 GMT", 7),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.2),
        ("", 30),
        ("soon", 30),
        ("nan", 30),
        ("inf", 30),
        ("1e300", 3600),
    ],
)
def test_wait_is_what_slack_says_in_whatever_form(given: str, seconds: float) -> None:
    assert retry_after({"Retry-After": given}, NOW) == timedelta(seconds=seconds)


def test_wait_is_the_usual_one_when_slack_names_none() -> None:
    assert retry_after({}, NOW) == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("status", "body", "content_type", "kind", "text"),
    [
        (429, '{"ok":false,"error":"ratelimited"}', "application/json", RetryLater, "retry after 5.0 s"),
        (429, "<html>slow down</html>", "text/html", RetryLater, "retry after 5.0 s"),
        (200, '{"ok":false,"error":"channel_not_found"}', "application/json", GiveUp, "channel_not_found"),
        (200, '{"ok":false,"error":"anything_else"}', "application/json", GiveUp, "anything_else"),
        (200, '{"ok":false,"error":"internal_error"}', "application/json", SlackDown, "internal_error"),
        (500, '{"ok":false,"error":"whatever"}', "application/json", SlackDown, "whatever"),
        (502, "<html>Bad Gateway</html>", "text/html", SlackDown, "502"),
        (502, "<html>Bad Gateway</html>", "application/json", SlackDown, "502"),
        (502, "Bad Gateway", "text/plain", SlackDown, "chat.postMessage: "),
        (200, "<html>Log in to the hotel's network</html>", "text/html", SlackDown, "200"),
        (200, "[]", "application/json", SlackDown, "chat.postMessage: "),
        (200, '{"ok":tru', "application/json", SlackDown, "200"),
    ],
)
async def test_answer_is_understood(
    status: int, body: str, content_type: str, kind: type[Exception], text: str
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=content_type, headers={"Retry-After": "5"})

    async with _outbox(answer) as outbox:
        with pytest.raises(kind, match=text):
            await outbox.call("chat.postMessage", channel="C1", text="x")


async def test_outcome_is_unknown_when_the_answer_takes_too_long_or_drips() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.1)
        return response

    async with _outbox(drip) as outbox:
        with pytest.raises(SlackDown, match=r"chat\.postMessage: TimeoutError"):
            await outbox.call("chat.postMessage", channel="C1", text="x")


async def test_methods_that_read_get_no_json() -> None:
    """Slack ignores JSON there, and says that the arguments are missing."""
    seen: list[tuple[str, str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, request.content_type, request.query_string))
        return web.json_response({"ok": True})

    async with _outbox(answer) as outbox:
        await outbox.call("conversations.replies", channel="C1", ts="1.0", limit=1, inclusive=True, cursor=None)
        await outbox.call("users.info", user="U1")
        await outbox.call("chat.postMessage", channel="C1")

    assert seen == [
        ("GET", "application/x-www-form-urlencoded", "channel=C1&ts=1.0&limit=1&inclusive=1"),
        ("GET", "application/x-www-form-urlencoded", "user=U1"),
        ("POST", "application/json", ""),
    ]
