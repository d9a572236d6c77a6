"""What a person sent is done once, whatever breaks between Slack and the bot."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel import col, select

from bot.app import connect, serve
from bot.config import Config, Mode
from bot.demo.server import LocalSlack
from bot.routing.load import load_settings
from handlers.slack import outbox as outbox_module
from handlers.slack.outbox import Draft, Outbox
from handlers.slack.web_api import SlackDown
from storage import record, schema
from storage.models import AuditEvent, Job, JobState, Report
from storage.queue.embedded import Worker
from tests.rigs.faultproxy import Fault, FaultProxy
from tests.scenarios.world import SETTINGS, World

pytestmark = pytest.mark.scenario
CHANNEL = "checkout-bugs"
POST = "/api/chat.postMessage"
TITLE = "Basket is empty after reload"
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "words"}}]


@pytest.fixture
def bot_config(local_slack: LocalSlack, slack_proxy: FaultProxy, tmp_path: Path) -> Config:
    """A bot that reaches Slack through the proxy."""
    return Config.from_environment(
        {
            "SLACK_BOT_TOKEN": local_slack.bot_token,
            "SLACK_APP_TOKEN": local_slack.app_token,
            "SLACK_API_URL": f"{slack_proxy.url}/api/",
            "DATABASE_URL": f"sqlite:///{tmp_path}/liaison.db",
        },
        mode=Mode.SOCKET,
    )


@pytest_asyncio.fixture
async def outbox(local_slack: LocalSlack, slack_proxy: FaultProxy) -> AsyncIterator[Outbox]:
    """An outbox behind the proxy that waits one second for an answer."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:
        url = f"{slack_proxy.url}/api/"
        yield Outbox(AsyncWebClient(local_slack.bot_token, base_url=url, session=session, retry_handlers=[]))


def _soon() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=4), usegmt=True)


FAULTS = {
    "500": Fault(POST, times=2, status=500, body='{"ok":false,"error":"fatal_error"}'),
    "503 html": Fault(POST, times=2, status=503, body="<html>Service Unavailable</html>"),
    "reset before": Fault(POST, times=2, drop="before"),
    "reset after": Fault(POST, times=1, drop="after"),
    "reset after, look-up fails too": Fault(r"/api/(chat\.postMessage|conversations\.history)", times=2, drop="after"),
    "permalink lost": Fault("/api/chat.getPermalink", times=2, drop="after"),
    "names lost": Fault("/api/users.info", times=2, status=500),
    "direct message lost": Fault("/api/chat.postEphemeral", times=1, status=500),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_card_and_answer_arrive_once_when_slack_fails(
    world: World, slack_proxy: FaultProxy, fault: Fault
) -> None:
    slack_proxy.faults.append(Fault(**vars(fault)))

    await _file_by_ticket(world)
    await _until_done(world)

    assert [card["text"].split(" · ")[:2] for card in await world.slack.messages(CHANNEL)] == [["BUG-1", TITLE]]
    assert [one["text"].startswith("BUG-1") or "BUG-1" in one["text"] for one in await _answers(world)] == [True]


@pytest.mark.parametrize(
    ("given", "at_least_s"), [("3", 3.0), ("0.5", 0.5), ("date", 2.0)], ids=["whole", "fraction", "date"]
)
async def test_nothing_is_sent_before_the_time_when_slack_says_wait(
    world: World, slack_proxy: FaultProxy, given: str, at_least_s: float
) -> None:
    headers = {"Retry-After": _soon() if given == "date" else given}
    body = '{"ok":false,"error":"ratelimited"}'
    slack_proxy.faults.append(Fault(POST, times=1, status=429, headers=headers, body=body))

    await _file_by_ticket(world)
    await _until_done(world)

    posts = [seen for seen in slack_proxy.log if seen.path == POST]
    assert [post.status for post in posts] == [429, 200]
    assert at_least_s <= posts[1].at - posts[0].at < at_least_s + 3
    assert len(await world.slack.messages(CHANNEL)) == 1


async def test_note_is_said_once_when_its_answer_is_lost(world: World, slack_proxy: FaultProxy) -> None:
    await _file_by_ticket(world)
    await _until_done(world)
    [card] = await world.slack.messages(CHANNEL)
    slack_proxy.faults.append(Fault(POST, times=2, drop="after"))

    await world.slack.react("bo", CHANNEL, card["ts"], "eyes")
    await world.slack.click("bo", CHANNEL, card["ts"], "report.menu", choose="decline:1")
    await world.slack.submit_view("bo", {"resolution": "by_design", "note": "Baskets end after a day."})
    await _until_done(world)

    [note] = await world.slack.thread(CHANNEL, card["ts"])
    assert "declined" in note["text"]
    assert len(await world.slack.direct_messages("eve")) == 1


async def test_message_is_found_behind_many_newer_ones(
    world: World, outbox: Outbox, slack_proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "PAGE", 20)
    draft = Draft("words", BLOCKS, "liaison:test:1")
    slack_proxy.faults.append(Fault(POST, times=1, drop="after"))
    with pytest.raises(SlackDown):
        await outbox.post("C0GENERAL", draft, may_have_been_posted=False)
    await asyncio.gather(*(world.slack.message("ana", "general", f"chat {number}") for number in range(55)))

    ts = await outbox.post("C0GENERAL", draft, may_have_been_posted=True)

    own = [one["ts"] for one in await world.slack.messages("general") if one["user"] == "U0BOT"]
    assert own == [ts]


async def test_reply_is_found_at_the_end_of_a_long_thread(
    world: World, outbox: Outbox, slack_proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack gives the oldest replies first, so the newest stand on the last page."""
    monkeypatch.setattr(outbox_module, "PAGE", 20)
    top = await world.slack.message("ana", "general", "A long story")
    await asyncio.gather(*(world.slack.message("ana", "general", f"{number}", thread_ts=top) for number in range(55)))
    draft = Draft("words", BLOCKS, "liaison:test:1", thread_ts=top)
    slack_proxy.faults.append(Fault(POST, times=1, drop="after"))
    with pytest.raises(SlackDown):
        await outbox.post("C0GENERAL", draft, may_have_been_posted=False)

    ts = await outbox.post("C0GENERAL", draft, may_have_been_posted=True)

    own = [one["ts"] for one in await world.slack.thread("general", top) if one["user"] == "U0BOT"]
    assert own == [ts]


async def test_message_arrives_once_when_the_answer_takes_too_long(
    world: World, outbox: Outbox, slack_proxy: FaultProxy
) -> None:
    draft = Draft("words", BLOCKS, "liaison:test:1")
    slack_proxy.faults.append(Fault(POST, times=1, bytes_per_s=1))
    started = time.monotonic()
    with pytest.raises(SlackDown):
        await outbox.post("C0GENERAL", draft, may_have_been_posted=False)
    waited_s = time.monotonic() - started

    ts = await outbox.post("C0GENERAL", draft, may_have_been_posted=True)

    assert waited_s < 1.5
    assert [one["ts"] for one in await world.slack.messages("general")] == [ts]


async def test_words_arrive_when_slack_refuses_the_blocks(world: World, outbox: Outbox) -> None:
    too_long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]

    ts = await outbox.post("C0GENERAL", Draft("the words", too_long, "liaison:test:1"), may_have_been_posted=False)

    [posted] = await world.slack.messages("general")
    assert (posted["ts"], posted["text"], posted["blocks"][0]["block_id"]) == (ts, "the words", "liaison:test:1")
    # The checker of all payloads at the end must not see what was refused on purpose.
    await world.slack.reset()


async def test_one_card_is_posted_when_the_same_event_arrives_eight_times(world: World) -> None:
    ts = await world.slack.message("eve", "qa", TITLE)
    payload = _reaction(ts, event_id="Ev0SAME")

    outcomes = await asyncio.gather(
        *(world.slack.inject("events_api", payload, retry_attempt=attempt % 4) for attempt in range(8))
    )
    await _until_done(world)

    assert [outcome["acked"] for outcome in outcomes] == [True] * 8
    assert len(await world.slack.messages(CHANNEL)) == 1
    of_reports = select(AuditEvent).where(AuditEvent.subject_type == record.REPORT)
    assert [event.action for event in await world.read(lambda session: session.exec(of_reports).all())] == ["file"]


async def test_event_is_refused_and_comes_again_when_the_file_is_locked(world: World, tmp_path: Path) -> None:
    ts = await world.slack.message("eve", "qa", TITLE)
    await _until_done(world)
    with closing(sqlite3.connect(tmp_path / "liaison.db", isolation_level=None)) as outsider:
        outsider.execute("BEGIN IMMEDIATE")
        refused = await world.slack.inject("events_api", _reaction(ts, event_id="Ev0LOCKED"))
        outsider.execute("ROLLBACK")

    again = await world.slack.inject("events_api", _reaction(ts, event_id="Ev0LOCKED"), retry_attempt=1)
    await _until_done(world)

    assert (refused["acked"], again["acked"]) == (False, True)
    assert len(await world.slack.messages(CHANNEL)) == 1


async def test_form_stays_open_with_the_words_when_they_cannot_be_saved(world: World, tmp_path: Path) -> None:
    await world.slack.command("eve", "/bug", TITLE, "qa")
    with closing(sqlite3.connect(tmp_path / "liaison.db", isolation_level=None)) as outsider:
        outsider.execute("BEGIN IMMEDIATE")
        refused = await world.slack.submit_view("eve", {"what": "I reload, and it is empty."})
        outsider.execute("ROLLBACK")

    accepted = await world.slack.submit_view("eve", {"what": "I reload, and it is empty."})
    await _until_done(world)

    assert list(refused.errors.values()) == [
        "This could not be saved just now, so nothing was changed. Please try again in a minute."
    ]
    assert accepted.errors == {}
    [report] = await world.read(lambda session: session.exec(select(Report)).all())
    assert report.what == "I reload, and it is empty."


async def test_bot_ends_with_the_error_when_its_worker_breaks(
    bot_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_self: Worker) -> float:
        raise KeyError("a bug")

    schema.upgrade(bot_config.database_url.get_secret_value())
    application = await connect(bot_config, load_settings(SETTINGS, "liaison.yaml"))
    monkeypatch.setattr(Worker, "_turn", broken)

    with pytest.raises(KeyError, match="a bug"):
        await asyncio.wait_for(serve(application, asyncio.Event()), timeout=10)


async def _file_by_ticket(world: World) -> str:
    ts = await world.slack.message("eve", "qa", TITLE)
    await world.slack.react("eve", "qa", ts, "ticket")
    return ts


async def _until_done(world: World) -> None:
    """Wait until no job is left that is due within a minute, so also those that are to be tried again."""
    open_states = col(Job.state).in_([JobState.READY, JobState.RUNNING])

    async def is_done() -> bool:
        soon = col(Job.run_at) < datetime.now(UTC) + timedelta(minutes=1)
        left = select(Job.id).where(open_states, soon).limit(1)
        return await world.read(lambda session: session.exec(left).first()) is None

    await asyncio.sleep(0.2)
    await world.slack.wait_for(is_done, timeout_s=30)
    dead = select(Job.error).where(Job.state == JobState.DEAD)
    assert await world.read(lambda session: session.exec(dead).all()) == []


async def _answers(world: World) -> list[dict[str, Any]]:
    return [*await world.slack.ephemerals("eve"), *await world.slack.direct_messages("eve")]


def _reaction(ts: str, *, event_id: str) -> dict[str, Any]:
    item = {"type": "message", "channel": "C0QA", "ts": ts}
    event = {"type": "reaction_added", "user": "U0EVE", "reaction": "ticket", "item": item, "event_ts": ts}
    return {"type": "event_callback", "team_id": "T0ACME", "event": event, "event_id": event_id}
