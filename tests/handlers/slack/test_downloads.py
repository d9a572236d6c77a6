"""A file is read with the bot's token from Slack's own servers only; what comes instead of one is said in words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.triage.files import MOST_BYTES, NotGiven
from handlers.slack.downloads import is_slacks
from handlers.slack.outbox import Outbox
from handlers.slack.web_api import SlackDown
from integrations.trackers.base import File
from storage.queue import GiveUp, RetryLater

TOKEN = "xoxb-1"
PNG = b"\x89PNG\r\n\x1a\n"
SIGN_IN = b"<!DOCTYPE html><html><body>Sign in to Slack</body></html>"


@dataclass
class Slack:
    """A server that gives one file: what it says of it, and what it answers when that is read."""

    url: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    reads: list[str] = field(default_factory=list)

    async def info(self, request: web.Request) -> web.Response:
        if self.error:
            return web.json_response({"ok": False, "error": self.error})
        address = {"url_private_download": f"{self.url}/files-pri/T0-{request.query['file']}/download/a%20b.png"}
        usual = {"name": "a b.png", "mimetype": "image/png", "size": len(PNG), **address}
        return web.json_response({"ok": True, "file": {**usual, **self.known}})

    async def read(self, request: web.Request) -> web.Response:
        self.reads.append(f"{request.raw_path} {request.headers.get('Authorization', '')}")
        return web.Response(**{"body": PNG, "content_type": "image/png", **self.answer})


@asynccontextmanager
async def serving(slack: Slack) -> AsyncIterator[Outbox]:
    app = web.Application()
    app.router.add_get("/api/files.info", slack.info)
    app.router.add_get("/files-pri/{file}/download/{name}", slack.read)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield Outbox(AsyncWebClient(token=TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[]))
    finally:
        await runner.cleanup()


async def read(slack: Slack) -> File:
    async with serving(slack) as outbox:
        return await outbox.file("F0SCREEN01")


async def refusal(slack: Slack) -> NotGiven:
    with pytest.raises(NotGiven) as refused:
        await read(slack)
    return refused.value


async def test_file_is_read_with_the_token_by_its_private_address():
    slack = Slack()

    file = await read(slack)

    assert file == File("a b.png", PNG, "image/png")
    assert slack.reads == [f"/files-pri/T0-F0SCREEN01/download/a%20b.png Bearer {TOKEN}"]


@pytest.mark.parametrize(
    "slack",
    [
        pytest.param(Slack(error="missing_scope"), id="refused"),
        pytest.param(Slack(answer={"body": SIGN_IN, "content_type": "text/html"}), id="sign-in-page"),
        pytest.param(
            Slack(known={"mimetype": "text/html"}, answer={"body": SIGN_IN, "content_type": "text/html"}),
            id="sign-in-page-for-a-page",
        ),
        pytest.param(
            Slack(answer={"status": 302, "headers": {"Location": "https://acme.slack.com/?redir=x"}}), id="led-away"
        ),
        pytest.param(Slack(answer={"status": 403}), id="forbidden"),
    ],
)
async def test_missing_scope_is_named_however_slack_shows_it(slack: Slack):
    refused = await refusal(slack)

    assert "files:read is missing" in str(refused)
    assert refused.mendable
    assert TOKEN not in str(refused)


async def test_page_is_read_when_that_is_what_was_put_there():
    slack = Slack(
        known={"mimetype": "text/html", "size": len(SIGN_IN)}, answer={"body": SIGN_IN, "content_type": "text/html"}
    )

    assert (await read(slack)).content == SIGN_IN


async def test_file_too_large_is_not_read_and_its_size_said():
    slack = Slack(known={"size": MOST_BYTES + 1})

    refused = await refusal(slack)

    assert (str(refused), refused.mendable, slack.reads) == (
        "it has 10.0 MiB, and files of at most 10 MiB are copied.",
        False,
        [],
    )


async def test_reading_ends_when_more_comes_than_was_said():
    slack = Slack(answer={"body": bytes(MOST_BYTES + 1), "content_type": "application/octet-stream"})

    assert not (await refusal(slack)).mendable


async def test_file_is_read_when_it_is_just_not_too_large():
    content = bytes(MOST_BYTES)
    slack = Slack(known={"size": MOST_BYTES}, answer={"body": content, "content_type": "application/octet-stream"})

    assert len((await read(slack)).content) == MOST_BYTES


@pytest.mark.parametrize(
    "known",
    [
        {"url_private_download": "https://drive.example.com/file", "is_external": True},
        {"url_private_download": "https://evil.example/files-pri/a.png"},
        {"url_private_download": "https://files.slack.com.evil.example/a.png"},
        {"url_private_download": "https://files.slack.com@evil.example/a.png"},
        {"url_private_download": "http://files.slack.com/a.png"},
        {"url_private_download": "file:///etc/passwd"},
        {"url_private_download": "http://127.0.0.1:1/a.png"},
    ],
)
async def test_token_goes_to_no_server_but_slacks(known: Mapping[str, Any]):
    refused = await refusal(Slack(known=known))

    assert str(refused) == "it is kept by another service than Slack."


@pytest.mark.parametrize(
    "slack",
    [
        Slack(error="file_not_found"),
        Slack(error="file_deleted"),
        Slack(answer={"status": 404}),
        Slack(known={"url_private_download": "", "mode": "tombstone"}),
    ],
    ids=["unknown", "deleted", "no-content", "tombstone"],
)
async def test_file_that_is_gone_is_said_to_be(slack: Slack):
    assert str(await refusal(slack)) == "it is not in Slack any more."


async def test_file_is_read_later_when_slack_says_when():
    with pytest.raises(RetryLater) as later:
        await read(Slack(answer={"status": 429, "headers": {"Retry-After": "7"}}))

    assert later.value.after == timedelta(seconds=7)


async def test_file_is_read_later_when_slack_is_not_well():
    with pytest.raises(SlackDown):
        await read(Slack(answer={"status": 503}))


async def test_refused_token_is_nothing_to_tell_the_person():
    with pytest.raises(GiveUp, match="token_revoked"):
        await read(Slack(error="token_revoked"))


@pytest.mark.parametrize(
    ("address", "api", "expected"),
    [
        ("https://files.slack.com/files-pri/T0-F0/a", "https://slack.com/api/", True),
        ("https://acme.enterprise.slack.com/a", "https://slack.com/api/", True),
        ("https://a.slack-edge.com/a", "https://slack.com/api/", True),
        ("https://files.slack-gov.com/a", "https://slack-gov.com/api/", True),
        ("https://notslack.com/a", "https://slack.com/api/", False),
        ("https://files.slack.com:8443/a", "https://slack.com/api/", False),
        ("http://127.0.0.1:23600/a", "http://127.0.0.1:23600/api/", True),
        ("http://127.0.0.1:23601/a", "http://127.0.0.1:23600/api/", False),
    ],
)
def test_address_is_slacks_when_its_server_is(address: str, api: str, *, expected: bool):
    assert is_slacks(address, api) is expected
