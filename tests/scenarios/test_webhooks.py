"""Deliveries of trackers: proved, taken once, and as good as a poll."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from handlers.webhooks import LARGEST
from integrations.trackers.base import Issue
from storage.models import ReportState
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.stages import Stage
from tests.rigs.faultproxy import FaultProxy
from tests.rigs.ports import free_port
from tests.scenarios.acting import CARDS
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_proxy
from tests.scenarios.tracker_world import tracker_environment as plain_environment

__all__ = ["plain_environment", "servers", "stage", "team_settings", "tracked", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
FIRST_PORT = 24_600
NEW, OLD = "a-new-secret-0123456789", "an-old-secret-0123456789"


@pytest.fixture
def tracker_environment(stage: Stage, tracker_proxy: FaultProxy) -> dict[str, str]:
    """Two secrets, as while one is being changed."""
    values = {name: value.replace(stage.url, f"{tracker_proxy.url}/") for name, value in stage.values.items()}
    return {**values, "GITHUB_WEBHOOK_SECRET": f"{NEW},{OLD}", "LIAISON_PORT": str(free_port(FIRST_PORT))}


@pytest_asyncio.fixture
async def door(tracked: TrackerWorld) -> AsyncIterator[httpx.AsyncClient]:
    """The address that trackers deliver to."""
    asgi = tracked.world.bot.deliveries()
    assert asgi is not None
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=asgi), base_url="http://bot") as client:
        yield client


def delivery(body: bytes, *, secret: str = NEW, number: str = "1", event: str = "issues") -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": number, "X-GitHub-Event": event}


async def told(tracked: TrackerWorld, issue: Issue, action: str = "closed") -> bytes:
    """Write what GitHub would send of an issue as it is now."""
    outside: Any = tracked.outside
    raw = await outside.call("GET", f"issues/{issue.external_id}")
    repository = {"full_name": tracked.stage.project, "html_url": f"https://github.com/{tracked.stage.project}"}
    return json.dumps({"action": action, "issue": raw, "repository": repository, "sender": raw["user"]}).encode()


async def test_change_is_seen_at_once_when_it_is_delivered(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    ts = await tracked.filed()
    await tracked.accept(ts)
    await asyncio.sleep(1.1)
    await tracked.outside.close((await tracked.link()).external_id)
    body = await told(tracked, await tracked.issue())

    answer = await door.post("/webhooks/github", content=body, headers=delivery(body))
    await tracked.world.settle()

    assert answer.status_code == 200
    assert (await tracked.report()).state is ReportState.FIXED
    thread = await tracked.world.slack.thread(CARDS, ts)
    assert [one["text"] for one in thread if "Somebody in GitHub" in one["text"]] == [
        "Somebody in GitHub *fixed* BUG-1"
    ]


async def test_one_effect_when_the_same_delivery_comes_eight_times_at_once(
    tracked: TrackerWorld, door: httpx.AsyncClient
) -> None:
    ts = await tracked.filed()
    await tracked.accept(ts)
    await asyncio.sleep(1.1)
    await tracked.outside.close((await tracked.link()).external_id)
    body = await told(tracked, await tracked.issue())

    posts = (door.post("/webhooks/github", content=body, headers=delivery(body)) for _ in range(8))
    answers = await asyncio.gather(*posts)
    await tracked.world.settle()

    assert {answer.status_code for answer in answers} == {200}
    thread = await tracked.world.slack.thread(CARDS, ts)
    assert len([one for one in thread if "Somebody in GitHub" in one["text"]]) == 1


async def test_both_secrets_are_taken_and_no_other(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    body = b'{"zen": "Keep it logically awesome."}'
    headers = [
        delivery(body, event="ping"),
        delivery(body, secret=OLD, number="2", event="ping"),
        delivery(body, secret="another-secret-0123456", number="3", event="ping"),
        {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "4"},
        {**delivery(b"other", number="5", event="ping")},
    ]

    answers = [await door.post("/webhooks/github", content=body, headers=one) for one in headers]

    assert [answer.status_code for answer in answers] == [200, 200, 401, 401, 401]


async def test_nothing_is_answered_with_an_error_of_ours_when_it_is_junk(
    tracked: TrackerWorld, door: httpx.AsyncClient
) -> None:
    junk = [
        b"",
        b"null",
        b"[1, 2",
        b"[" * 100_000,
        b'{"action": 5}',
        b'{"issue": {}}',
        "\ud800".encode("utf-8", "ignore"),
    ]

    codes = [
        (await door.post("/webhooks/github", content=body, headers=delivery(body, number=f"junk{number}"))).status_code
        for number, body in enumerate(junk)
    ]
    await tracked.world.settle()

    assert set(codes) == {200}
    assert (await door.post("/webhooks/nobody", content=b"{}")).status_code == 404
    assert (await door.post("/webhooks/linear", content=b"{}")).status_code == 404
    assert (await door.post("/webhooks/github", content=b"x" * (LARGEST + 1))).status_code == 413
