"""Against real sockets where the network matters, against a transport where only the answer does."""

import asyncio
import gzip
import json
import logging
import time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from integrations.http import Http, HttpError, Request
from tests.integrations.raw_server import answering, dripping, resetting, saying_nothing, sending, serving

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER_AS_A_DATE = "Mon, 23 Nov 2026 09:02:00 GMT"
READ = Request("GET", "issues")
WRITE = Request("POST", "issues", body={"title": "x"})
TOKEN = {"Authorization": "Bearer ghs_canary0123456789"}
BASE = "https://api.example.com/v4/"


def http_over(answer, base_url=BASE, now=lambda: NOW, headers=TOKEN) -> Http:
    """A client whose server is this function of a request, or these answers one after the other."""
    if isinstance(answer, list):
        rest = iter(answer)
        return Http(base_url, headers, transport=httpx.MockTransport(lambda _: next(rest)), now=now)
    return Http(base_url, headers, transport=httpx.MockTransport(answer), now=now)


async def refusal(http: Http, request: Request) -> HttpError:
    with pytest.raises(HttpError) as refused:
        await http.ask(request)
    await http.close()
    return refused.value


async def test_answer_is_read_when_all_is_well():
    server = answering(body=gzip.compress(b'{"id": 7}', mtime=0), Content_Encoding="gzip", ETag='"abc"')

    async with serving(server) as running:
        http = Http(running.url, TOKEN)
        answer = await http.ask(Request("POST", "issues", {"state": "all", "label": ["a", "b"]}, {"title": "ü"}))
        await http.close()

    assert (answer.status, answer.json(), answer.etag) == (200, {"id": 7}, '"abc"')
    head = running.requests[0]
    assert head.startswith("POST /issues?state=all&label=a&label=b HTTP/1.1\r\n")
    assert "Accept-Encoding: gzip\r\n" in head
    assert "Authorization: Bearer ghs_canary0123456789\r\n" in head
    assert "Content-Type: application/json\r\n" in head


async def test_nothing_comes_back_when_the_etag_still_holds():
    async with serving(answering("304 Not Modified", b"")) as running:
        http = Http(running.url, {})
        answer = await http.ask(Request("GET", "issues", etag='W/"abc"'))
        await http.close()

    assert answer.status == 304
    assert 'If-None-Match: W/"abc"\r\n' in running.requests[0]


@pytest.mark.parametrize("behaviour", [dripping, saying_nothing])
async def test_deadline_holds_when_the_server_is_slow(behaviour):
    async with serving(behaviour) as running:
        http = Http(running.url, {}, deadline=timedelta(seconds=0.4))
        began = time.monotonic()
        lost = await refusal(http, WRITE)
        took = time.monotonic() - began

    assert took < 1
    assert str(lost) == "no answer within 0.4 seconds"
    assert (lost.status, lost.retryable, lost.may_have_happened) == (None, True, True)


async def test_deadline_is_thirty_seconds_when_nothing_is_said():
    http = Http(BASE, {}, transport=httpx.MockTransport(lambda _: httpx.Response(200)))

    assert http._deadline_s == 30
    await http.close()


@pytest.mark.parametrize(("request_", "may_have_happened"), [(READ, False), (WRITE, True)])
async def test_it_may_have_happened_only_when_a_write_is_cut_off(request_, may_have_happened):
    async with serving(resetting) as running:
        reset = await refusal(Http(running.url, {}), request_)
    async with serving(sending(b'HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{"id')) as running:
        truncated = await refusal(Http(running.url, {}), request_)

    assert [(lost.retryable, lost.may_have_happened) for lost in (reset, truncated)] == [(True, may_have_happened)] * 2


async def test_it_has_not_happened_when_nobody_listens():
    async with serving(resetting) as gone:
        pass

    lost = await refusal(Http(gone.url, {}), WRITE)

    assert str(lost) == "cannot be reached (ConnectError)"
    assert (lost.retryable, lost.may_have_happened) == (True, False)


@pytest.mark.parametrize(
    ("status", "retryable", "may_have_happened"),
    [
        (400, False, False),
        (401, False, False),
        (403, False, False),
        (404, False, False),
        (410, False, False),
        (422, False, False),
        (500, True, True),
        (501, True, False),
        (502, True, True),
        (503, True, True),
        (504, True, True),
    ],
)
async def test_error_says_what_it_means_when_a_write_is_refused(status, retryable, may_have_happened):
    refused = await refusal(http_over(lambda _: httpx.Response(status, json={"message": "why"})), WRITE)

    assert (refused.status, refused.body) == (status, b'{"message":"why"}')
    assert (refused.retryable, refused.may_have_happened) == (retryable, may_have_happened)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_memory_is_bounded_when_the_body_is_a_bomb(encoding):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding]
    bomb = pack(bytes(286 * 1024 * 1024))
    assert len(bomb) < 300 * 1024

    async with serving(answering(body=bomb, Content_Encoding=encoding)) as running:
        http = Http(running.url, {})
        tracemalloc.start()
        lost = await refusal(http, WRITE)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert str(lost) == "the answer is larger than 8192 KiB"
    assert (lost.retryable, lost.may_have_happened) == (False, True)
    assert peak < 25 * 1024 * 1024


async def test_large_body_is_refused_when_it_is_not_packed():
    async with serving(answering(body=b"x" * 2000)) as running:
        lost = await refusal(Http(running.url, {}, most_bytes=1024), READ)

    assert str(lost) == "the answer is larger than 1 KiB"


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (gzip.compress(b"x" * 5000, mtime=0)[:-9], "gzip", "the answer is damaged"),
        (b"this is not packed", "gzip", "the answer is damaged"),
        (b"whatever", "br", "the answer is packed in a way nobody asked for"),
    ],
)
async def test_body_is_refused_when_it_cannot_be_unpacked(body, encoding, reason):
    async with serving(answering(body=body, Content_Encoding=encoding)) as running:
        lost = await refusal(Http(running.url, {}), WRITE)

    assert (str(lost), lost.may_have_happened) == (reason, True)


async def test_body_is_whole_when_packed_twice_in_a_row():
    async with serving(
        answering(body=gzip.compress(b"[1", mtime=0) + gzip.compress(b", 2]"), Content_Encoding="gzip")
    ) as running:
        http = Http(running.url, {})
        answer = await http.ask(READ)
        await http.close()

    assert answer.json() == [1, 2]


@pytest.mark.parametrize("body", [b"<html>bad gateway</html>", b"", b"[" * 100_000, b'{"a": NaN}', b"\xff\xfe\xfd"])
async def test_answer_is_refused_when_it_is_not_json(body):
    http = http_over(lambda _: httpx.Response(200, content=body, headers={"content-type": "text/html; charset=x"}))

    answer = await http.ask(WRITE)
    with pytest.raises(HttpError, match="the answer is text/html, not JSON") as refused:
        answer.json()

    assert (refused.value.status, refused.value.may_have_happened) == (200, True)


async def test_answer_may_not_have_happened_when_a_query_is_posted():
    query = Request("POST", "graphql", body={"query": "{ viewer { id } }"}, is_write=False)

    refused = await refusal(http_over(lambda _: httpx.Response(502)), query)

    assert (refused.retryable, refused.may_have_happened) == (True, False)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        ("0.5", 0.5),
        (LATER_AS_A_DATE, 120),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0),
        ("3600", 3600),
        ("99999999", 3600),
        ("inf", 3600),
        ("-3", 0),
        (None, 60),
        ("soon", 60),
        ("nan", 60),
        ("9" * 5000, 3600),
    ],
)
async def test_wait_is_read_when_there_were_too_many_requests(value, seconds):
    headers = {} if value is None else {"Retry-After": value}

    refused = await refusal(http_over(lambda _: httpx.Response(429, headers=headers)), WRITE)

    assert (refused.status, refused.retryable, refused.may_have_happened) == (429, True, False)
    assert refused.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}, "", 90),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "never"}, "", 60),
        ({"Retry-After": "7"}, "", 7),
        ({"x-ratelimit-remaining": "31"}, '{"message": "You have exceeded a secondary rate limit."}', 60),
    ],
)
async def test_403_is_a_429_when_it_is_github_s_limit(headers, body, seconds):
    refused = await refusal(http_over(lambda _: httpx.Response(403, headers=headers, text=body)), WRITE)

    assert (refused.status, refused.retryable, refused.may_have_happened) == (429, True, False)
    assert refused.retry_after == timedelta(seconds=seconds)


async def test_nothing_is_asked_until_the_time_when_there_were_too_many_requests(clock):
    answers = [httpx.Response(429, headers={"Retry-After": "60"}), httpx.Response(200, json=[])]
    http = http_over(answers, now=clock)
    with pytest.raises(HttpError):
        await http.ask(READ)

    clock.leap(timedelta(seconds=20))
    with pytest.raises(HttpError) as closed:
        await http.ask(WRITE)
    clock.leap(timedelta(seconds=40))
    answer = await http.ask(READ)

    assert (closed.value.status, closed.value.may_have_happened) == (429, False)
    assert closed.value.retry_after == timedelta(seconds=40)
    assert answer.json() == []


async def test_wait_is_never_over_an_hour_when_the_clock_is_put_back(clock):
    http = http_over([], now=clock)
    http.leave_alone(timedelta(hours=5))

    clock.leap(-timedelta(days=1))
    closed = await refusal(http, READ)

    assert closed.retry_after == timedelta(hours=1)


async def test_wait_is_told_when_the_server_is_down_for_maintenance():
    refused = await refusal(http_over(lambda _: httpx.Response(503, headers={"Retry-After": "30"})), READ)

    assert (refused.status, refused.retry_after) == (503, timedelta(seconds=30))


@pytest.mark.parametrize("base_url", ["https://github.example.com/api/v3", "http://127.0.0.1:1/", "http://[::1]:1/"])
async def test_address_is_taken_when_nobody_can_listen(base_url):
    http = http_over(lambda request: httpx.Response(200, json=str(request.url)), base_url)

    answer = await http.ask(READ)

    assert answer.json() == f"{base_url.rstrip('/')}/issues"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://github.example.com/",
        "http://10.0.0.1/",
        "http://127.1/",
        "http://localhost.example.com/",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https:///x",
        "example.com",
        "",
    ],
)
def test_address_is_refused_when_others_could_listen(base_url):
    with pytest.raises(ValueError, match=r"must|address") as refused:
        Http(base_url, {})

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/v4/issues",
        "//evil.example/issues",
        "http://api.example.com/v4/issues",
        "https://api.example.com:444/v4/issues",
        "https://api.example.com@evil.example/",
        "file:///etc/passwd",
    ],
)
async def test_other_hosts_are_not_asked_when_a_path_names_them(path):
    def fail(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    refused = await refusal(http_over(fail), Request("GET", path))

    assert (refused.retryable, refused.may_have_happened) == (False, False)
    assert str(refused).endswith("is not the server it was told to ask")


async def test_next_page_is_asked_with_its_own_query_when_it_is_a_link():
    link = f'<{BASE}issues?page=1>; rel="prev", <{BASE}issues?a=b&page=3>; rel="next"'
    http = http_over(lambda request: httpx.Response(200, json=str(request.url), headers={"Link": link}))

    first = await http.ask(READ)
    second = await http.ask(Request("GET", first.next_url))

    assert second.json() == f"{BASE}issues?a=b&page=3"


async def test_last_page_has_no_next():
    answer = await http_over(lambda _: httpx.Response(200, headers={"Link": f'<{BASE}?page=1>; rel="prev"'})).ask(READ)

    assert answer.next_url == ""


async def test_redirect_is_followed_when_it_stays_on_the_server():
    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v4/issues":
            return httpx.Response(301, headers={"Location": "/v4/repositories/7/issues?page=2"})
        return httpx.Response(200, json=[str(request.url), request.headers["authorization"]])

    answer = await http_over(server).ask(READ)

    assert answer.json() == [f"{BASE}repositories/7/issues?page=2", TOKEN["Authorization"]]


@pytest.mark.parametrize("location", ["https://evil.example/", "http://169.254.169.254/latest", "//127.0.0.1/"])
async def test_redirect_is_not_followed_when_it_leads_elsewhere(location):
    seen = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"Location": location})

    refused = await refusal(http_over(server), READ)

    assert seen == ["api.example.com"]
    assert not refused.retryable


async def test_redirect_ends_when_it_goes_in_a_circle():
    seen = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(302, headers={"Location": "/v4/issues"})

    refused = await refusal(http_over(server), READ)

    assert (len(seen), str(refused)) == (4, "it sends us around in a circle")


async def test_redirect_is_an_error_when_something_is_written():
    refused = await refusal(http_over(lambda _: httpx.Response(307, headers={"Location": "/v4/other"})), WRITE)

    assert (str(refused), refused.status, refused.retryable) == ("it has moved to another address", 307, False)


async def test_half_characters_are_replaced_when_sent_and_when_received():
    sent = []

    def server(request: httpx.Request) -> httpx.Response:
        sent.append((dict(request.url.params), json.loads(request.content)))
        return httpx.Response(200, content=rb'{"t\ud800": ["a\uDC00b", "\ud83d\ude00"], "n": 1}')

    title = "half \ud83d and whole \ud83d\ude00"
    request = Request("POST", "issues/\ud800", {"q": "x\ud800"}, {"title": title})
    answer = await http_over(server).ask(request)

    assert sent == [({"q": "x\ufffd"}, {"title": "half \ufffd and whole 😀"})]
    assert answer.json() == {"t\ufffd": ["a\ufffdb", "😀"], "n": 1}


async def test_token_is_asked_each_time_when_it_may_change():
    tokens = iter(["one", "two"])

    async def headers() -> dict[str, str]:
        return {"Authorization": next(tokens)}

    http = http_over(lambda request: httpx.Response(200, json=request.headers["authorization"]), headers=headers)

    assert [(await http.ask(READ)).json() for _time in range(2)] == ["one", "two"]


async def test_it_has_not_happened_when_the_token_does_not_come():
    async def headers() -> dict[str, str]:
        await asyncio.sleep(60)
        return {}

    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    lost = await refusal(Http(BASE, headers, transport=transport, deadline=timedelta(seconds=0.1)), WRITE)

    assert (lost.retryable, lost.may_have_happened) == (True, False)


@pytest.mark.parametrize("token", ["ghs_canary\n", "ghs_canary\r\nX-Other: 1", "ghs_canaryü"])
async def test_token_is_not_told_when_it_is_no_header(token):
    refused = await refusal(http_over(lambda _: httpx.Response(200), headers={"PRIVATE-TOKEN": token}), WRITE)

    assert "canary" not in str(refused)
    assert refused.__cause__ is None
    assert "look at the token" in str(refused)


async def test_no_secret_is_logged_when_everything_is(caplog):
    # Each by its name: elsewhere in the run the product itself made them quiet.
    for name in ("", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)

    async with serving(answering("401 Unauthorized", b'{"message": "Bad credentials"}')) as running:
        await refusal(Http(running.url, TOKEN), Request("POST", "issues", body={"title": "canary"}))

    assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert "canary" not in caplog.text


async def test_environment_is_not_asked_when_it_names_a_proxy(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async with serving(answering()) as running:
        http = Http(running.url, {})
        answer = await http.ask(READ)
        await http.close()

    assert answer.status == 200
