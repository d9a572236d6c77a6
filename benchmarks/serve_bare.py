"""What we are compared with: Bolt's hello world, acking one event, one button and one form, on the same server.

It too acks after its listener (`process_before_response`), as a bot must that keeps what it acks.
"""

import sys
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.payloads import BOT_TOKEN, PATH, SIGNING_SECRET


def make_app(slack_url: str) -> Starlette:
    """Make the hello world with one listener of each kind that is measured."""
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack_url)
    app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)

    @app.event("message")
    async def on_message(body: dict[str, Any]) -> None:
        body["event"]

    @app.action("bench.0")
    async def on_click(ack: Any) -> None:
        await ack()

    @app.view("report.form")
    async def on_form(ack: Any) -> None:
        await ack()

    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    return Starlette(routes=[Route(PATH, endpoint, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
