"""The least Slack a bot can start on: answers every Web API call at once and lists what was called."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from benchmarks.payloads import WORKSPACE

ANSWER = {
    "ok": True,
    "team_id": WORKSPACE,
    "user_id": "U0BOT",
    "bot_id": "B0BOT",
    "url": "https://bench.slack.com/",
    "team": "bench",
    "user": "liaison",
    "members": [],
    "channels": [],
    "channel": {"id": "D0BENCH"},
    "view": {"id": "V0BENCH"},
    "ts": "1700000000.000100",
}


def make_stub() -> Starlette:
    """Make the application: `/api/…`, `/hook` for response addresses, and `/calls`, which lists and forgets."""
    calls: list[str] = []

    async def api(request: Request) -> Response:
        calls.append(request.path_params["method"])
        return JSONResponse(ANSWER)

    async def hook(_: Request) -> Response:
        calls.append("response_url")
        return PlainTextResponse("ok")

    async def listed(_: Request) -> Response:
        answer = JSONResponse(list(calls))
        calls.clear()
        return answer

    methods = ["GET", "POST"]
    return Starlette(
        routes=[
            Route("/api/{method}", api, methods=methods),
            Route("/hook", hook, methods=methods),
            Route("/calls", listed),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(make_stub(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
