"""The one way to other people's HTTP servers: bounded in time and size, to one host only, never redirected away."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import httpx

from integrations.bodies import Body, TooLarge, Truncated, body_of
from integrations.exchange import Answer, Headers, HttpError, Parameter, Parameters, Request
from integrations.json_text import whole, write_json
from integrations.waiting import LONGEST, limited_for, retry_after

DEADLINE = timedelta(seconds=30)
MOST_BYTES = 8 * 1024 * 1024
MOST_REDIRECTS = 3

__all__ = ["DEADLINE", "MOST_BYTES", "Answer", "Headers", "Http", "HttpError", "Parameters", "Request"]

_CONNECT_S = 10.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_PLAIN_VALUE = re.compile(r"[\x20-\x7e\t]*")
_USUAL_HEADERS = {"User-Agent": "liaison-bot", "Accept": "application/json", "Accept-Encoding": "gzip"}


class Http:
    """A client for one server with one account; close it when done.

    `headers` are sent with every request; where they are a function, it is asked each time. A server that says "too
    many requests" is left alone until it wants us again: until then every request fails at once.

    Raises:
        ValueError: `base_url` is no https address (http is fine on this machine only).
    """

    def __init__(
        self,
        base_url: str,
        headers: Headers | Callable[[], Awaitable[Headers]],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        deadline: timedelta = DEADLINE,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._base = _checked_base(base_url)
        self._headers = headers
        self._now = now
        self._deadline_s = deadline.total_seconds()
        self._most_bytes = most_bytes
        self._closed_until: datetime | None = None
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=_certificates() if transport is None else True,
            timeout=httpx.Timeout(self._deadline_s, connect=min(_CONNECT_S, self._deadline_s / 3)),
            follow_redirects=False,
            # A proxy or a password from the environment or ~/.netrc must not come between.
            trust_env=False,
        )

    async def ask(self, request: Request) -> Answer:
        """Ask once and give the answer; nothing is repeated here, for only the caller knows what repeating does.

        Raises:
            HttpError: anything but a 2xx or a 304.
        """
        self._require_open_gate()
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._deadline_s
        headers = await self._all_headers(request, ends_at)
        url = self._address(request.path)
        try:
            async with asyncio.timeout_at(ends_at):
                return await self._follow(request, self._built(request, url, headers))
        except TimeoutError:
            raise _lost(request, f"no answer within {self._deadline_s:g} seconds") from None

    def leave_alone(self, wait: timedelta) -> None:
        """Ask nothing for a while: for a server that says "too many requests" in a way of its own."""
        self._closed_until = self._now() + min(wait, LONGEST)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def _require_open_gate(self) -> None:
        if self._closed_until is None:
            return
        left = min(self._closed_until - self._now(), LONGEST)
        if left > timedelta():
            raise HttpError("it wants no requests for now", status=429, retryable=True, retry_after=left)
        self._closed_until = None

    async def _all_headers(self, request: Request, ends_at: float) -> dict[str, str]:
        """Gather the headers; waiting for a fresh token counts towards the deadline."""
        own = self._headers
        if callable(own):
            try:
                async with asyncio.timeout_at(ends_at):
                    own = await own()
            except TimeoutError:
                raise HttpError(f"no answer within {self._deadline_s:g} seconds", retryable=True) from None
        headers = {**_USUAL_HEADERS, **own, **request.headers}
        if request.etag:
            headers["If-None-Match"] = request.etag
        # httpx would name the value, which may be the token, in its error.
        wrong = [name for name, value in headers.items() if not _PLAIN_VALUE.fullmatch(value)]
        if wrong:
            raise HttpError(f"the header {wrong[0]} holds a character that no header may hold: look at the token")
        return headers

    def _address(self, path: str) -> httpx.URL:
        try:
            url = self._base.join(whole(path))
        except httpx.InvalidURL:
            raise HttpError("that is no address") from None
        if _origin(url) != _origin(self._base):
            raise HttpError(f"{url.host} is not the server it was told to ask")
        return url

    def _built(self, request: Request, url: httpx.URL, headers: dict[str, str]) -> httpx.Request:
        params = {whole(name): _whole_parameter(value) for name, value in request.params.items()}
        content = request.content
        if request.body is not None:
            content = write_json(request.body)
            headers.setdefault("Content-Type", "application/json")
        # Empty parameters would wipe those which a next-page link brings.
        return self._client.build_request(request.method, url, params=params or None, content=content, headers=headers)

    async def _follow(self, request: Request, built: httpx.Request) -> Answer:
        """Ask, and follow a few redirects of a reading request, within the server only."""
        for _hop in range(MOST_REDIRECTS + 1):
            status, headers, body = await self._send(request, built)
            if request.method != "GET" or status not in {301, 302, 303, 307, 308}:
                return self._judged(request, status, headers, body)
            # The new address brings its own query.
            onward = replace(request, path=str(built.url.join(headers.get("location", ""))), params={})
            built = self._built(onward, self._address(onward.path), dict(built.headers.items()))
        raise HttpError("it sends us around in a circle", status=status)

    async def _send(self, request: Request, built: httpx.Request) -> tuple[int, Headers, bytes]:
        try:
            response = await self._client.send(built, stream=True)
            try:
                return response.status_code, _lower(response.headers), await self._read(request, response)
            finally:
                await response.aclose()
        except _NOT_SENT as error:
            raise HttpError(f"cannot be reached ({type(error).__name__})", retryable=True) from None
        except httpx.TransportError as error:
            raise _lost(request, f"the connection broke ({type(error).__name__})") from None

    async def _read(self, request: Request, response: httpx.Response) -> bytes:
        """Read the body by ourselves: httpx would unpack each piece whole, however large it gets."""
        try:
            body: Body = body_of(response.headers.get("content-encoding", ""), self._most_bytes)
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for piece in response.stream:
                body.feed(piece)
            return body.finish()
        except TooLarge:
            reason = f"the answer is larger than {self._most_bytes // 1024} KiB"
        except Truncated:
            reason = "the answer is damaged"
        except ValueError:
            reason = "the answer is packed in a way nobody asked for"
        raise HttpError(
            reason,
            status=response.status_code,
            retryable=reason == "the answer is damaged",
            may_have_happened=request.changes_something,
        )

    def _judged(self, request: Request, status: int, headers: Headers, body: bytes) -> Answer:
        if 200 <= status < 300 or status == 304:
            return Answer(status, headers, body, request.changes_something)
        wait = limited_for(status, headers, body, self._now())
        if wait is None:
            raise _refusal(request, Answer(status, headers, body), retry_after(headers, self._now()))
        self.leave_alone(wait)
        raise HttpError("too many requests", status=429, headers=headers, body=body, retryable=True, retry_after=wait)


def _refusal(request: Request, answer: Answer, wait: timedelta | None) -> HttpError:
    status = answer.status
    is_ill = status >= 500 or status == 408
    return HttpError(
        "it has moved to another address" if 300 <= status < 400 else f"the answer is {status}",
        status=status,
        body=answer.body,
        headers=answer.headers,
        retryable=is_ill,
        # A 501 says that nobody there knows how to do it.
        may_have_happened=is_ill and status != 501 and request.changes_something,
        retry_after=wait,
    )


def _lost(request: Request, reason: str) -> HttpError:
    return HttpError(reason, retryable=True, may_have_happened=request.changes_something)


def _checked_base(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url if base_url.endswith("/") else f"{base_url}/")
    except httpx.InvalidURL:
        raise ValueError(f"{base_url} is no address") from None
    if not url.host or url.scheme not in {"http", "https"} or url.userinfo or url.query or url.fragment:
        raise ValueError(f"{url.host or base_url} must be given as https://host/, without a password")
    if url.scheme == "http" and not _is_this_machine(url.host):
        raise ValueError(f"{base_url} must begin with https://, so that nobody on the way reads the token")
    return url


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _certificates() -> Any:
    """Trust what browsers trust, and what this machine's administrator added."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or usual


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _whole_parameter(value: Parameter | Sequence[Parameter]) -> Any:
    if isinstance(value, str):
        return whole(value)
    return [whole(one) if isinstance(one, str) else one for one in value] if isinstance(value, Sequence) else value
