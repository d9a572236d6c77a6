"""Signed HTTP events and health, for installations with a public address."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.internals import parse_body
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from handlers import health
from handlers.http_guard import HttpGuard
from handlers.slack.shape import is_readable

EVENTS_PATH = "/slack/events"


def make_asgi(
    app: AsyncApp, *, secrets: Sequence[str], now: Callable[[], datetime], ready: Callable[[], health.Health]
) -> Starlette:
    """Make the web application: Slack's endpoint behind the guard, and the health routes."""
    bolt = AsyncSlackRequestHandler(app)

    async def events(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = request.headers.get("content-type", "").split(";")[0]
        body = parse_body((await request.body()).decode(), media_type)
        # Answered all the same, or Slack would send it again.
        response = await bolt.handle(request) if is_readable(body) else Response()
        await response(scope, receive, send)

    guarded = HttpGuard(events, secrets=secrets, now=now)
    # Not a Mount: that answers 307 to the address without a slash at its end, and Slack follows no redirect.
    return Starlette(routes=[*health.routes(ready), Route(EVENTS_PATH, endpoint=guarded)])


def make_server(asgi: Starlette, *, host: str, port: int) -> uvicorn.Server:
    """Make the server; signals are ours to handle, so it only serves."""
    return _Server(uvicorn.Config(asgi, host=host, port=port, log_level="warning", access_log=False, lifespan="off"))


class _Server(uvicorn.Server):
    """Leaves signals alone: the application stops its parts in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
