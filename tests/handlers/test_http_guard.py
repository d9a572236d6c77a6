import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from slack_bolt.request.internals import parse_body
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from handlers.health import Health, routes
from handlers.http_guard import BODY_LIMIT_BYTES, HttpGuard

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
OTHER = "another-secret-that-is-valid-too"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
EVENT = b'{"type":"event_callback", "event_id":"Ev1",  "text":"caf\\u00e9 [[[["}'
Headers = list[tuple[bytes, bytes]]


class Inner:
    """Stands where Bolt does: keeps what came through, and answers 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.bodies.append(await request.body())
        assert int(request.headers["content-length"]) == len(self.bodies[-1])
        await Response("ok")(scope, receive, send)


def signature(body: bytes, *, timestamp: str, secret: str = SECRET, version: str = "v0") -> str:
    signed = f"v0:{timestamp}:".encode() + body
    return f"{version}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def signed_headers(body: bytes, *, media_type: str = JSON, secret: str = SECRET, at: datetime = NOW) -> Headers:
    timestamp = str(int(at.timestamp()))
    return [
        (b"content-type", media_type.encode()),
        (b"x-slack-request-timestamp", timestamp.encode()),
        (b"x-slack-signature", signature(body, timestamp=timestamp, secret=secret).encode()),
    ]


async def send(
    body: bytes | AsyncIterator[bytes], headers: Headers, *, app: Any = None, method: str = "POST"
) -> httpx.Response:
    guard = HttpGuard(app or Inner(), secrets=[SECRET], now=lambda: NOW)
    transport = httpx.ASGITransport(app=guard)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
        return await client.request(method, "/slack/events", content=body, headers=headers)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (EVENT, JSON),
        (EVENT, "application/json; charset=utf-8"),
        (b"command=%2Fbug&text=caf%C3%A9+%5B%5B&user_id=U1", FORM),
        (b"text=&command=%2Fbug", FORM),
        (b"payload=%7B%22type%22%3A%22block_actions%22%7D", FORM),
        (urlencode({"payload": '{"a":' * 49 + "{}" + "}" * 49}).encode(), FORM),
    ],
)
async def test_body_arrives_unchanged_when_slack_signed_it(body: bytes, media_type: str) -> None:
    inner = Inner()

    answer = await send(body, signed_headers(body, media_type=media_type), app=inner)

    assert (answer.status_code, inner.bodies) == (200, [body])


async def test_command_is_read_by_bolt_when_its_text_speaks_of_a_payload() -> None:
    inner = Inner()
    body = b"command=%2Fbug&text=the+payload+of+payload.json+is+empty"

    await send(body, signed_headers(body, media_type=FORM), app=inner)

    assert parse_body(body.decode(), FORM) == {}
    assert parse_body(inner.bodies[0].decode(), FORM) == {
        "command": "/bug",
        "text": "the payload of payload.json is empty",
    }


@pytest.mark.parametrize("seconds", [-300, 0, 300])
async def test_request_is_accepted_when_the_clocks_differ_a_little(seconds: int) -> None:
    headers = signed_headers(EVENT, at=NOW + timedelta(seconds=seconds))

    assert (await send(EVENT, headers)).status_code == 200


@pytest.mark.parametrize(("secret", "status"), [(SECRET, 200), (OTHER, 200), ("neither of them", 401)])
async def test_two_secrets_are_valid_when_one_replaces_the_other(secret: str, status: int) -> None:
    guard = HttpGuard(Inner(), secrets=[OTHER, SECRET], now=lambda: NOW)
    transport = httpx.ASGITransport(app=guard)

    async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
        answer = await client.post("/", content=EVENT, headers=signed_headers(EVENT, secret=secret))

    assert answer.status_code == status


@pytest.mark.parametrize("secrets", [[], [""], [SECRET, ""], ["  "], "a string"])
def test_guard_refuses_to_start_when_a_secret_is_empty(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        HttpGuard(Inner(), secrets=secrets, now=lambda: NOW)


STAMP = str(int(NOW.timestamp()))
GOOD = signature(EVENT, timestamp=STAMP)


@pytest.mark.parametrize(
    ("timestamps", "signatures"),
    [
        ([], [GOOD]),
        ([STAMP], []),
        ([STAMP, STAMP], [GOOD]),
        ([STAMP], [GOOD, GOOD]),
        ([""], [GOOD]),
        (["soon"], [GOOD]),
        ([f"{STAMP}.5"], [GOOD]),
        ([f"-{STAMP}"], [GOOD]),
        ([f"+{STAMP}"], [GOOD]),
        ([f"{STAMP}_0"], [GOOD]),
        (["9" * 5000], [GOOD]),
        (["٣" * 10], [GOOD]),
        ([str(int(STAMP) - 301)], [signature(EVENT, timestamp=str(int(STAMP) - 301))]),
        ([str(int(STAMP) + 301)], [signature(EVENT, timestamp=str(int(STAMP) + 301))]),
        ([str(int(STAMP) - 1)], [GOOD]),
        ([STAMP], [""]),
        ([STAMP], ["v0="]),
        ([STAMP], [GOOD.upper()]),
        ([STAMP], [GOOD + " x"]),
        ([STAMP], [GOOD[:-1]]),
        ([STAMP], [GOOD.replace("v0=", "")]),
        ([STAMP], ["v0=é" + GOOD[4:]]),
        ([STAMP], [signature(EVENT, timestamp=STAMP, version="v1")]),
        ([STAMP], [signature(EVENT, timestamp=STAMP, secret=OTHER)]),
        ([STAMP], [signature(EVENT + b" ", timestamp=STAMP)]),
        ([STAMP], [signature(EVENT.replace(b"  ", b" "), timestamp=STAMP)]),
        ([STAMP], [signature(EVENT.replace(b"\\u00e9", "é".encode()), timestamp=STAMP)]),
    ],
)
async def test_request_is_refused_when_its_proof_is_wrong(timestamps: list[str], signatures: list[str]) -> None:
    inner = Inner()
    headers = [
        (b"content-type", JSON.encode()),
        *((b"x-slack-request-timestamp", value.encode()) for value in timestamps),
        *((b"x-slack-signature", value.encode()) for value in signatures),
    ]

    answer = await send(EVENT, headers, app=inner)

    assert (answer.status_code, inner.bodies) == (401, [])


@pytest.mark.parametrize("at", [0, 20, len(EVENT) - 1])
async def test_request_is_refused_when_one_byte_was_changed(at: int) -> None:
    changed = EVENT[:at] + bytes([EVENT[at] ^ 1]) + EVENT[at + 1 :]

    assert (await send(changed, signed_headers(EVENT))).status_code == 401


def form(payload: str) -> bytes:
    return urlencode({"payload": payload}).encode()


DEEP = '{"a":' * 5000 + "1" + "}" * 5000
JUNK = [
    (b"", JSON, 400),
    (b"[" * 100_000, JSON, 400),
    (DEEP.encode(), JSON, 400),
    (('{"a":' * 50 + "{}" + "}" * 50).encode(), JSON, 400),
    (b'{"n":' + b"1" * 10_000 + b"}", JSON, 400),
    (b'{"n":' + b"1" * 20 + b"}", JSON, 400),
    (b'{"n":NaN}', JSON, 400),
    (b"not json", JSON, 400),
    (b'{"open', JSON, 400),
    (b'{"a":"' + b'\\"' * 100_000, JSON, 400),
    (b"\xef\xbb\xbf{}", JSON, 400),
    (b"[1]", JSON, 400),
    (b'"text"', JSON, 400),
    (b"null", JSON, 400),
    (b'{"a":"\xff\xfe"}', JSON, 400),
    (b"", FORM, 400),
    (b"payload=null", FORM, 400),
    (b"payload=", FORM, 400),
    (b"payload=%5B%5D", FORM, 400),
    (b"payload=%7B%7D&payload=%7B%7D", FORM, 400),
    (b"payload=%FF", FORM, 400),
    (b"command=%2Fbug&text=%FF%FE", FORM, 400),
    (b"command=\xff", FORM, 400),
    (b"command=", FORM, 400),
    (b"command=%2Fbug&command=%2Fbug", FORM, 400),
    (b"text=hello", FORM, 400),
    (b"{&command=%2Fbug", FORM, 400),
    (b"command=%2Fbug" + b"&a=1" * 200, FORM, 400),
    (form("[" * 100_000), FORM, 400),
    (form(DEEP), FORM, 400),
    (form('{"n":' + "1" * 10_000 + "}"), FORM, 400),
    (b"{}", "text/plain", 415),
    (b"{}", "multipart/form-data; boundary=x", 415),
    (b"\xff", "", 400),
]


@pytest.mark.parametrize(("body", "media_type", "status"), JUNK)
async def test_junk_is_refused_when_it_is_signed(body: bytes, media_type: str, status: int) -> None:
    inner = Inner()

    answer = await send(body, signed_headers(body, media_type=media_type), app=inner)

    assert (answer.status_code, answer.json()["ok"], inner.bodies) == (status, False, [])
    assert len(answer.content) < 100


@pytest.mark.parametrize(("body", "media_type", "status"), JUNK)
async def test_junk_is_unauthorised_when_it_is_unsigned(body: bytes, media_type: str, status: int) -> None:
    answer = await send(body, [(b"content-type", media_type.encode())])

    assert (answer.status_code, answer.json()) == (401, {"ok": False, "error": "signature"})


@pytest.mark.parametrize("headers", [[], signed_headers(b"x" * 2 * BODY_LIMIT_BYTES)])
async def test_body_is_refused_when_it_is_declared_too_large(headers: Headers) -> None:
    answer = await send(b"x" * 2 * BODY_LIMIT_BYTES, headers)

    assert (answer.status_code, answer.json()) == (413, {"ok": False, "error": "size"})


async def test_body_is_refused_when_it_turns_out_too_large() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    scope = {"type": "http", "method": "POST", "headers": []}
    chunks = endless()

    async def receive() -> Message:
        return {"type": "http.request", "body": await anext(chunks), "more_body": True}

    assert await status_of(scope, receive) == 413


@pytest.mark.parametrize(("length", "status"), [("1" * 5000, 400), ("-1", 400), ("x", 400), ("9999999999", 413)])
async def test_length_is_refused_when_it_is_no_sensible_number(length: str, status: int) -> None:
    assert (await send(EVENT, [*signed_headers(EVENT), (b"content-length", length.encode())])).status_code == status


async def test_body_of_the_largest_size_is_accepted_when_signed() -> None:
    body = b'{"a":"' + b"x" * (BODY_LIMIT_BYTES - 8) + b'"}'

    assert len(body) == BODY_LIMIT_BYTES
    assert (await send(body, signed_headers(body))).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_method_is_refused_when_it_is_not_post(method: str) -> None:
    answer = await send(EVENT, signed_headers(EVENT), method=method)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_body_is_refused_when_it_does_not_come_to_an_end() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    scope = {"type": "http", "method": "POST", "headers": []}

    assert await status_of(scope, receive, read_timeout=timedelta(milliseconds=50)) == 408


async def test_nobody_is_answered_when_the_other_side_hung_up() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    assert await status_of({"type": "http", "method": "POST", "headers": []}, receive) is None


async def test_inner_application_hears_the_connection_after_the_body() -> None:
    heard: list[Message] = []
    headers = [*signed_headers(EVENT), (b"content-length", str(len(EVENT)).encode())]
    messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": EVENT[9:]}]
    messages.append({"type": "http.request", "body": EVENT[:9], "more_body": True})

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive(), await receive()])

    async def receive() -> Message:
        return messages.pop()

    await status_of({"type": "http", "method": "POST", "headers": headers}, receive, app=inner)

    assert heard == [{"type": "http.request", "body": EVENT, "more_body": False}, {"type": "http.disconnect"}]


async def status_of(scope: Scope, receive: Receive, *, app: Any = None, **options: Any) -> int | None:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    guard = HttpGuard(app or Inner(), secrets=[SECRET], now=lambda: NOW, **options)
    await asyncio.wait_for(guard(scope, receive, keep), timeout=5)
    return sent[0]["status"] if sent else None


async def test_failure_tells_nothing_when_the_inner_application_raises() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise OSError("disk full while storing: my password is hunter2")

    with capture_logs() as logs:
        answer = await send(EVENT, signed_headers(EVENT), app=failing)

    assert (answer.status_code, answer.json()) == (500, {"ok": False, "error": "internal"})
    assert logs == [{"event": "slack_request_failed", "error": "OSError", "log_level": "error"}]


async def test_failure_goes_on_when_the_answer_was_already_begun() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await send(EVENT, signed_headers(EVENT), app=failing)


async def test_log_holds_nothing_of_the_request_when_it_is_refused() -> None:
    with capture_logs() as logs:
        await send(b'{"text":"hunter2"}', [])

    refused = {"event": "slack_request_refused", "status": 401, "reason": "signature", "log_level": "warning"}
    assert logs == [refused]


async def test_other_protocols_are_passed_on_when_they_are_not_http() -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await status_of({"type": "lifespan"}, asyncio.Queue[Message]().get, app=inner)

    assert seen == ["lifespan"]


async def test_payload_is_what_slack_sent_when_it_holds_escapes() -> None:
    inner = Inner()
    sent = {"type": "view_submission", "text": 'quote " backslash \\ brackets ]]}} and 😀'}
    body = form(json.dumps(sent))

    await send(body, signed_headers(body, media_type=FORM), app=inner)

    assert json.loads(parse_qs(inner.bodies[0].decode())["payload"][0]) == sent


async def look(path: str, ready: Health, live: Health | None = None) -> tuple[int, dict[str, Any]]:
    app = Starlette(routes=routes(lambda: ready, lambda: live) if live else routes(lambda: ready))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot.example") as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


STUCK = Health(ok=False, problems=("the queue has not moved for 30 s",))


@pytest.mark.parametrize(
    ("path", "ready", "live", "expected"),
    [
        ("/health/ready", Health(ok=True), None, (200, {"ok": True, "problems": []})),
        (
            "/health/ready",
            STUCK,
            None,
            (503, {"ok": False, "problems": ["the queue has not moved for 30 s"]}),
        ),
        ("/health/live", STUCK, None, (200, {"ok": True, "problems": []})),
        (
            "/health/live",
            STUCK,
            STUCK,
            (503, {"ok": False, "problems": ["the queue has not moved for 30 s"]}),
        ),
    ],
)
async def test_health_is_told_when_somebody_asks(
    path: str, ready: Health, live: Health | None, expected: tuple[int, dict[str, Any]]
) -> None:
    assert await look(path, ready, live) == expected
