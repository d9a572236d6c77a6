"""The door before Bolt on HTTP: lets through only what Slack signed and Bolt can read; all else gets a 4xx.

Bolt alone parses a body before it checks the signature, answers 500 to thirteen kinds of junk, and logs the
unsigned body. Bolt's own check is to be switched off behind this one, which accepts several secrets at once.
"""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

BODY_LIMIT_BYTES = 1024 * 1024
DEPTH_LIMIT = 50
# Slack's own advice against replays. https://docs.slack.dev/authentication/verifying-requests-from-slack
CLOCK_TOLERANCE = timedelta(minutes=5)
# Slack gives up after three seconds; a body that still drips in after this is not from there.
READ_TIMEOUT = timedelta(seconds=10)

_TIMESTAMP = re.compile(rb"[0-9]{1,10}")
_LENGTH = re.compile(rb"[0-9]{1,10}")
_FIELDS_LIMIT = 100
_DIGITS_LIMIT = 19  # What fits the 64 bits of a database column; Slack sends nothing longer as a number.
# A string is matched as one piece, closed or not: brackets in it do not count, and time stays linear.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_FORM = "application/x-www-form-urlencoded"


# Under this name in the scope stands what a request says, parsed once.
PARSED = "liaison.slack_request"


class RefusedError(Exception):
    """A request that ends here; `reason` is a fixed word for the log and the answer, never what was sent."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class ClientGoneError(Exception):
    """The other side hung up before its request was complete; there is nobody to answer."""


class HttpGuard:
    """An ASGI application that passes on to `app` what Slack signed with one of `secrets`.

    Raises:
        ValueError: there is no secret, or one is empty, which would let everybody in.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        secrets: Sequence[str],
        now: Callable[[], datetime],
        read_timeout: timedelta = READ_TIMEOUT,
    ) -> None:
        if isinstance(secrets, str) or not secrets or not all(secret.strip() for secret in secrets):
            raise ValueError("the guard needs at least one signing secret, and none of them empty")
        self._app = app
        self._secrets = tuple(secret.encode() for secret in secrets)
        self._now = now
        self._read_timeout = read_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on with its body to be read anew."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body, parsed = await self._accepted_body(scope, receive)
        except RefusedError as refusal:
            log.warning("slack_request_refused", status=refusal.status, reason=refusal.reason)
            await _answer(scope, receive, send, status=refusal.status, reason=refusal.reason)
        except ClientGoneError:
            log.info("slack_request_abandoned")
        else:
            passed_on = {**_with_length(scope, len(body)), PARSED: parsed}
            await self._pass_on(passed_on, _replayed(body, receive), send)

    async def _accepted_body(self, scope: Scope, receive: Receive) -> tuple[bytes, dict[str, Any]]:
        """Return the body for Bolt and what it says; before its signature nothing looks into it: junk gets 401."""
        if scope["method"] != "POST":
            raise RefusedError(405, "method")
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        body = await self._read(headers, receive)
        self._check_signature(headers, body)
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RefusedError(400, "encoding") from error
        readable, parsed = _readable_by_bolt(_media_type(headers), text)
        return body if readable is text else readable.encode(), parsed

    async def _read(self, headers: list[tuple[bytes, bytes]], receive: Receive) -> bytes:
        """Return the whole body, at most 1 MiB of it held at any time."""
        declared = [value for key, value in headers if key.lower() == b"content-length"]
        if any(not _LENGTH.fullmatch(value) for value in declared):
            raise RefusedError(400, "length")
        if any(int(value) > BODY_LIMIT_BYTES for value in declared):
            raise RefusedError(413, "size")
        try:
            async with asyncio.timeout(self._read_timeout.total_seconds()):
                return await _read_chunks(receive)
        except TimeoutError as error:
            raise RefusedError(408, "slow") from error

    def _check_signature(self, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        timestamp = _only(headers, b"x-slack-request-timestamp")
        signature = _only(headers, b"x-slack-signature")
        if timestamp is None or signature is None or not _TIMESTAMP.fullmatch(timestamp):
            raise RefusedError(401, "signature")
        if abs(int(self._now().timestamp()) - int(timestamp)) > CLOCK_TOLERANCE.total_seconds():
            raise RefusedError(401, "timestamp")
        signed = b"v0:" + timestamp + b":" + body
        # A list, not a generator: every secret is tried, so that time does not tell which one was right.
        matches = [
            hmac.compare_digest(b"v0=" + hmac.new(secret, signed, hashlib.sha256).hexdigest().encode(), signature)
            for secret in self._secrets
        ]
        if not any(matches):
            raise RefusedError(401, "signature")

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:
            if started:
                raise
            # The last resort of this door: Slack sends an event again after a 500, and learns nothing else.
            # Only the type is logged, since a message may quote what was sent.
            log.error("slack_request_failed", error=type(error).__name__)
            await _answer(scope, receive, send, status=500, reason="internal")


def _only(headers: list[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the value of a header that is there exactly once."""
    values = [value for key, value in headers if key.lower() == name]
    return values[0] if len(values) == 1 else None


def _media_type(headers: list[tuple[bytes, bytes]]) -> str:
    value = _only(headers, b"content-type") or b""
    return value.decode("latin-1").split(";")[0].strip().lower()


async def _read_chunks(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT_BYTES:
            raise RefusedError(413, "size")
        if not message.get("more_body", False):
            return bytes(body)


def _readable_by_bolt(media_type: str, text: str) -> tuple[str, dict[str, Any]]:
    """Return the body as Bolt reads it rightly and what it says, once its shape is one that Slack sends."""
    if media_type == "application/json":
        return text, _parse_object(text)
    if media_type != _FORM:
        raise RefusedError(415, "media_type")
    # Bolt takes whatever begins with a brace for JSON, whatever the media type says.
    if text.startswith("{"):
        raise RefusedError(400, "shape")
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_LIMIT)
    except ValueError as error:
        raise RefusedError(400, "form") from error
    payloads = [value for key, value in fields if key == "payload"]
    if payloads:
        return text, _parse_object(payloads[0] if len(payloads) == 1 else "")
    if [bool(value) for key, value in fields if key == "command"] != [True]:
        raise RefusedError(400, "shape")
    # Bolt 1.30 reads a command as empty when the word "payload" stands anywhere in its body, as in
    # "/bug the payload is empty" (slack_bolt/request/internals.py, parse_body). So it is written otherwise.
    return text.replace("payload", "p%61yload"), dict(fields)


def _parse_object(text: str) -> dict[str, Any]:
    """Parse a JSON object; refuse what is none, or is not safe to parse and to store."""
    if _deepest(text) > DEPTH_LIMIT:
        raise RefusedError(400, "depth")
    try:
        parsed = json.loads(text, parse_int=_small_integer, parse_constant=_no_constant)
    except ValueError as error:
        raise RefusedError(400, "json") from error
    if not isinstance(parsed, dict):
        raise RefusedError(400, "shape")
    return parsed


def _deepest(text: str) -> int:
    """Say how deep a JSON text is nested at most; exactly only when it may be too deep."""
    opened = text.count("[") + text.count("{")
    if opened <= DEPTH_LIMIT:
        return opened
    depth = deepest = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _small_integer(digits: str) -> int:
    if len(digits) > _DIGITS_LIMIT:
        raise ValueError("integer too long")
    return int(digits)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _with_length(scope: Scope, length: int) -> Scope:
    others = [(key, value) for key, value in scope["headers"] if key.lower() != b"content-length"]
    return {**scope, "headers": [*others, (b"content-length", str(length).encode())]}


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body once and then what the connection has to say."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


async def _answer(scope: Scope, receive: Receive, send: Send, *, status: int, reason: str) -> None:
    headers = {"allow": "POST"} if status == 405 else None
    await JSONResponse({"ok": False, "error": reason}, status_code=status, headers=headers)(scope, receive, send)
