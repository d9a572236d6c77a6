"""Links to issues and their bare keys, shown as they are now: seldom, quietly, and never in the way of anything."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.config import Config
from bot.demo.server import LocalSlack
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault, FaultProxy, running_faultproxy
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
CHANNEL = "qa"
ISSUE = r"/issues/\d+$"


@pytest_asyncio.fixture
async def slack_proxy(local_slack: LocalSlack) -> AsyncIterator[FaultProxy]:
    async with running_faultproxy(local_slack.ui_url) as proxy:
        yield proxy


@pytest.fixture
def bot_config(bot_config: Config, slack_proxy: FaultProxy) -> Config:
    """The bot reaches Slack through the proxy."""
    return bot_config.model_copy(update={"slack_api_url": f"{slack_proxy.url}/api/"})


async def paste(tracked: TrackerWorld, *urls: str) -> None:
    """Let somebody write links in a channel, of which Slack tells beside the message."""
    slack = tracked.world.slack
    ts = await slack.message("eve", CHANNEL, " ".join(f"<{url}>" for url in urls))
    links = [{"domain": "127.0.0.1", "url": url} for url in urls]
    place = {"channel": await slack.channel_id(CHANNEL), "user": await slack.user_id("eve"), "message_ts": ts}
    event = {"type": "link_shared", **place, "links": links, "event_ts": ts}
    body = {"type": "event_callback", "team_id": tracked.world.bot.services.workspace, "event_id": f"Ev{ts}"}
    answer = await slack.inject("events_api", {**body, "event": event})
    assert answer["acked"], answer


async def unfurled(tracked: TrackerWorld) -> list[str]:
    await tracked.world.settle()
    return [str(call["arguments"]["unfurls"]) for call in await tracked.world.slack.calls("chat.unfurl")]


async def answers(tracked: TrackerWorld, ts: str) -> list[str]:
    await tracked.world.settle()
    return [one["text"] for one in await tracked.world.slack.thread(CHANNEL, ts)]


def page(tracked: TrackerWorld, number: str) -> str:
    return f"{tracked.proxy.url}/{tracked.stage.project}/issues/{number}"


async def test_link_shows_the_state_of_now_and_not_again_for_half_an_hour(tracked: TrackerWorld) -> None:
    number = await tracked.outside.make_issue("Cart is empty")

    await paste(tracked, page(tracked, number))
    first = await unfurled(tracked)
    await tracked.outside.close(number)
    await paste(tracked, page(tracked, number))
    soon = await unfurled(tracked)
    await tracked.leap(timedelta(minutes=31))
    await paste(tracked, page(tracked, number))
    later = await unfurled(tracked)

    assert len(first) == len(soon) == 1
    assert f"{tracked.stage.project}#{number}" in first[0]
    assert "Cart is empty" in first[0]
    assert "○ open" in first[0]
    assert "● done" in later[1]


async def test_bare_key_is_explained_once_in_the_thread(tracked: TrackerWorld) -> None:
    number = await tracked.outside.make_issue("Cart is empty")
    key = f"{tracked.stage.project}#{number}"

    ts = await tracked.world.slack.message("eve", CHANNEL, f"Is {key} the same? And acme/none#1?")
    again = await tracked.world.slack.message("eve", CHANNEL, f"I mean {key}")

    [told] = await answers(tracked, ts)
    assert key in told
    assert "Cart is empty · ○ open" in told
    assert await answers(tracked, again) == []


async def test_nothing_is_shown_when_another_organisation_reads_the_channel(
    tracked: TrackerWorld, slack_proxy: FaultProxy
) -> None:
    number = await tracked.outside.make_issue("Cart is empty")
    shared = '{"ok": true, "channel": {"id": "C0QA", "is_member": true, "is_ext_shared": true}}'
    slack_proxy.faults.append(Fault("conversations.info", status=200, body=shared))

    await paste(tracked, page(tracked, number))
    ts = await tracked.world.slack.message("eve", CHANNEL, f"See {tracked.stage.project}#{number}")

    assert await unfurled(tracked) == []
    assert await answers(tracked, ts) == []
    assert tracked.proxy.count(ISSUE) == 0


@pytest.mark.parametrize("fault", [Fault(ISSUE, delay_s=8), Fault(ISSUE, bytes_per_s=1)], ids=["hangs", "drips"])
async def test_channel_goes_on_when_the_tracker_does_not_answer(tracked: TrackerWorld, fault: Fault) -> None:
    numbers = [await tracked.outside.make_issue(f"Issue {number}") for number in range(4)]
    tracked.proxy.faults.append(fault)
    started = time.monotonic()

    await paste(tracked, *(page(tracked, number) for number in numbers))
    ts = await tracked.world.slack.message("eve", CHANNEL, "The voucher vanishes")
    await tracked.world.slack.react("eve", CHANNEL, ts, "ticket")
    await tracked.world.slack.wait_for(lambda: tracked.world.slack.messages("checkout-bugs"))

    assert time.monotonic() - started < 6
    assert await unfurled(tracked) == []


async def test_link_is_shown_after_all_when_the_tracker_answers_again(tracked: TrackerWorld) -> None:
    number = await tracked.outside.make_issue("Cart is empty")
    tracked.proxy.faults.append(Fault(ISSUE, status=503, times=1))

    await paste(tracked, page(tracked, number))
    ill = await unfurled(tracked)
    await paste(tracked, page(tracked, number))

    assert ill == []
    assert len(await unfurled(tracked)) == 1
