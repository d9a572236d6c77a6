"""A reverse proxy that breaks things on demand: between the bot and Slack, or the bot and a tracker.

It passes HTTP and WebSockets on. Rules decide which requests fail, and how; the first that fits a request is applied.
"""

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from aiohttp import web

HOP_BY_HOP = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "content-encoding", "accept-encoding"}
)
_LARGE = 2**20
BODY_LIMIT = 2**28
ANSWER_TIMEOUT_S = 60


@dataclass
class Fault:
    """What happens to requests whose path and query match `path`, and whose body matches `holds`.

    Both are regular expressions, searched.

    `skip` requests pass first, then `times` fail (None: all), of them each `every`-th. Of the fates, `delay_s` may go
    with any other.
    `drop="after"` is the nasty one: the server has done it, and the answer is lost; "midway", half of it arrives.
    """

    path: str = ""
    method: str | None = None
    holds: str = ""
    skip: int = 0
    times: int | None = None
    every: int = 1
    delay_s: float = 0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = ""
    drop: Literal["before", "after", "midway"] | None = None
    cut_websocket_after_s: float | None = None
    bytes_per_s: int | None = None
    seen: int = field(default=0, init=False)

    def fits(self, request: web.Request, body: str = "") -> bool:
        """Whether this request fails, counting it."""
        if self.method not in {None, request.method} or not re.search(self.path, request.path_qs):
            return False
        if not re.search(self.holds, body):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return self.times is None or self.times >= 0


@dataclass(frozen=True)
class Passed:
    """A request that came through: `status` is what the caller got, 0 if nothing, 101 for a WebSocket."""

    at: float
    method: str
    path: str
    status: int


@dataclass
class FaultProxy:
    """A running proxy; change `faults` at any time."""

    upstream: str
    client: aiohttp.ClientSession
    upstream_of_token: Mapping[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    log: list[Passed] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, path: str, *, status: int | None = None) -> int:
        """Count the requests so far whose path matches, with this status if given."""
        return sum(bool(re.search(path, seen.path)) and status in {None, seen.status} for seen in self.log)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, well or badly."""
        body = await request.text() if any(rule.holds for rule in self.faults) else ""
        fault = next((rule for rule in self.faults if rule.fits(request, body)), Fault())
        status = 0
        try:
            if fault.delay_s:
                # Whoever asks may be gone after that, and what they sent with them; it still arrives.
                await request.read()
                await asyncio.sleep(fault.delay_s)
            response = await self._answer(request, fault)
            status = response.status if response else 0
        finally:
            self.log.append(Passed(at=time.time(), method=request.method, path=request.path, status=status))
        if response is None and request.transport:
            request.transport.abort()
        return response or web.Response()

    async def _answer(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._websocket(request, fault.cut_websocket_after_s)
        if fault.drop == "before":
            return None
        if fault.status is not None:
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            return web.Response(status=fault.status, headers=fault.headers, body=body, content_type="application/json")
        response = await self._pass_on(request)
        if fault.drop == "midway":
            await self._half(request, response)
        if fault.drop:
            return None
        return await self._drip(request, response, fault.bytes_per_s) if fault.bytes_per_s else response

    def _upstream(self, request: web.Request) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.upstream_of_token.get(token, self.upstream)

    async def _pass_on(self, request: web.Request) -> web.Response:
        upstream = self._upstream(request)
        given = await request.read()
        # The client warns of a large body that it has to send in one piece.
        content = io.BytesIO(given) if len(given) > _LARGE else given
        sent = {"headers": _end_to_end(request.headers), "data": content, "allow_redirects": False}
        async with self.client.request(request.method, upstream + request.path_qs, **sent) as answer:  # type: ignore[arg-type] # the three have three types
            body = await answer.read()
            if "json" in answer.content_type:
                # Addresses in an answer (Socket Mode, response_url) must lead back through this proxy.
                body = body.replace(upstream.split("//")[1].encode(), f"127.0.0.1:{self.port}".encode())
            return web.Response(status=answer.status, headers=_end_to_end(answer.headers), body=body)

    async def _half(self, request: web.Request, whole: web.Response) -> None:
        """Promise all of an answer and send half of it."""
        half = web.StreamResponse(status=whole.status, headers=_end_to_end(whole.headers))
        body = bytes(whole.body or b"")  # type: ignore[arg-type] # always bytes here: made so in _pass_on
        half.content_length = len(body)
        await half.prepare(request)
        await half.write(body[: len(body) // 2])

    async def _drip(self, request: web.Request, whole: web.Response, bytes_per_s: int) -> web.StreamResponse:
        slow = web.StreamResponse(status=whole.status, headers=_end_to_end(whole.headers))
        await slow.prepare(request)
        body = bytes(whole.body or b"")  # type: ignore[arg-type] # always bytes here: made so in _pass_on
        for start in range(len(body)):
            await slow.write(body[start : start + 1])
            await asyncio.sleep(1 / bytes_per_s)
        return slow

    async def _websocket(self, request: web.Request, cut_after_s: float | None) -> web.WebSocketResponse:
        near = web.WebSocketResponse()
        await near.prepare(request)
        async with self.client.ws_connect(self._upstream(request).replace("http", "ws", 1) + request.path_qs) as far:
            pumps = [asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near))]
            await asyncio.wait(pumps, timeout=cut_after_s, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
        if cut_after_s and request.transport:
            request.transport.abort()
        return near


@asynccontextmanager
async def running_faultproxy(upstream: str, **tokens: str) -> AsyncIterator[FaultProxy]:
    """Yield a proxy in front of a server; `tokens` (bearer token=address) send some callers to another one."""
    timeout = aiohttp.ClientTimeout(ANSWER_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as client:
        proxy = FaultProxy(upstream=upstream.rstrip("/"), client=client, upstream_of_token=tokens)
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", proxy.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.port = runner.addresses[0][1]
        try:
            yield proxy
        finally:
            await runner.cleanup()


async def _pump(source: Any, target: Any) -> None:
    async for frame in source:
        if frame.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(frame.data)
        else:
            await target.send_bytes(frame.data)


def _end_to_end(headers: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP]
