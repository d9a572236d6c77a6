"""Signed HTTP events and health, for installations with a public address."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from handlers import health
from handlers.http_guard import HttpGuard

EVENTS_PATH = "/slack/events"


def make_asgi(
    app: AsyncApp, *, secrets: Sequence[str], now: Callable[[], datetime], ready: Callable[[], health.Health]
) -> Starlette:
    """Make the web application: Slack's endpoint behind the guard, and the health routes."""
    bolt = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await bolt.handle(request)

    slack = Starlette(routes=[Route("/{path:path}", events, methods=["POST"])])
    guarded = HttpGuard(slack, secrets=secrets, now=now)
    return Starlette(routes=[*health.routes(ready), Mount(EVENTS_PATH, app=guarded)])


def make_server(asgi: Starlette, *, host: str, port: int) -> uvicorn.Server:
    """Make the server; signals are ours to handle, so it only serves."""
    return _Server(uvicorn.Config(asgi, host=host, port=port, log_level="warning", access_log=False, lifespan="off"))


class _Server(uvicorn.Server):
    """Leaves signals alone: the application stops its parts in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
