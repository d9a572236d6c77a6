"""Signed HTTP events and health, for installations with a public address."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from handlers import health
from handlers.http_guard import PARSED, HttpGuard
from handlers.slack.shape import is_event, is_readable

EVENTS_PATH = "/slack/events"


@dataclass(frozen=True)
class Doors:
    """Where a request goes: an event is kept, and Bolt finds who answers the rest."""

    keep_event: Callable[[dict[str, Any]], Awaitable[None]]
    ask_bolt: Callable[[Request], Awaitable[Response]]


def make_asgi(
    doors: Doors,
    *,
    secrets: Sequence[str],
    now: Callable[[], datetime],
    ready: Callable[[], health.Health],
    more: Sequence[Route] = (),
) -> Starlette:
    """Make the web application: Slack's endpoint behind the guard, the health routes, and `more`."""

    async def events(scope: Scope, receive: Receive, send: Send) -> None:
        body = scope[PARSED]
        # What cannot be read is answered all the same, or Slack would send it again.
        response = Response()
        if is_readable(body):
            if is_event(body):
                await doors.keep_event(body)
            else:
                response = await doors.ask_bolt(Request(scope, receive))
        await response(scope, receive, send)

    guarded = HttpGuard(events, secrets=secrets, now=now)
    # Not a Mount: that answers 307 to the address without a slash at its end, and Slack follows no redirect.
    return Starlette(routes=[*health.routes(ready), Route(EVENTS_PATH, endpoint=guarded), *more])


def make_server(asgi: Starlette, *, host: str, port: int) -> uvicorn.Server:
    """Make the server; signals are ours to handle, so it only serves."""
    return _Server(uvicorn.Config(asgi, host=host, port=port, log_level="warning", access_log=False, lifespan="off"))


class _Server(uvicorn.Server):
    """Leaves signals alone: the application stops its parts in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
