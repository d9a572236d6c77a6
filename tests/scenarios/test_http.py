"""The bot over signed HTTP: guard, Bolt, rules and database together, with the same Slack behind them."""

import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlmodel import func, select

from bot.app import Application, connect
from bot.config import Config, Mode
from bot.demo.server import LocalSlack
from bot.http_server import EVENTS_PATH
from bot.routing.load import load_settings
from handlers.views import report_form
from storage import schema
from storage.models import Job, Report, ReportState
from tests import blockkit
from tests.handlers.test_http_guard import FORM, JSON, JUNK, OTHER, SECRET, Headers, signed_headers
from tests.scenarios.harness import Workspace
from tests.scenarios.world import SETTINGS, RunningClock

pytestmark = pytest.mark.scenario
Node = dict[str, Any]
CARDS = "checkout-bugs"


@dataclass(frozen=True)
class HttpBot:
    """The bot as Slack reaches it over HTTP; what it deferred is done when `drain` is called."""

    application: Application
    client: httpx.AsyncClient
    clock: RunningClock
    database: Path

    async def send(self, body: bytes, media_type: str, **more: Any) -> httpx.Response:
        headers = signed_headers(body, media_type=media_type, **{"at": self.clock(), **more})
        return await self.post(body, headers)

    async def post(self, body: bytes, headers: Headers) -> httpx.Response:
        return await self.client.post(EVENTS_PATH, content=body, headers=headers)

    async def event(self, event: Node, event_id: str, **headers: str) -> httpx.Response:
        body = json.dumps(
            {"type": "event_callback", "team_id": "T0ACME", "event_id": event_id, "event": event}
        ).encode()
        signed = signed_headers(body, at=self.clock())
        return await self.post(body, [*signed, *((name.encode(), value.encode()) for name, value in headers.items())])

    async def interact(self, payload: Node) -> httpx.Response:
        common = {"team": {"id": "T0ACME"}, "trigger_id": "1.2.3", "api_app_id": "A0LIAISON"}
        return await self.send(urlencode({"payload": json.dumps({**common, **payload})}).encode(), FORM)

    async def command(self, name: str, text: str, user: str = "U0EVE") -> httpx.Response:
        fields = {"command": name, "text": text, "user_id": user, "channel_id": "C0QA", "team_id": "T0ACME"}
        return await self.send(urlencode({**fields, "trigger_id": "1.2.3"}).encode(), FORM)

    async def file(self, title: str, form_id: str = "form-1") -> httpx.Response:
        opening = report_form.Opening(channel="C0QA", component_key="checkout", form_id=form_id)
        view = report_form.draw(opening, [("checkout", "Checkout")])
        values = {"title": {"title": {"value": title}}, "severity": {"severity": {"selected_option": {"value": "S3"}}}}
        user = {"id": "U0EVE", "team_id": "T0ACME"}
        sent = {**view, "id": f"V{form_id}", "state": {"values": values}}
        return await self.interact({"type": "view_submission", "user": user, "view": sent})

    async def press(self, action_id: str, user: str = "U0BO") -> httpx.Response:
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": "1", "action_ts": "1.0"}
        return await self.interact(
            {"type": "block_actions", "user": {"id": user, "team_id": "T0ACME"}, "actions": [action]}
        )

    async def drain(self) -> None:
        await self.application.worker.drain()

    async def count(self, table: type[Any]) -> int:
        services = self.application.services
        statement = select(func.count()).select_from(table)
        return int(await services.database.read(services.workspace, lambda session: session.exec(statement).one()))


@pytest.fixture
async def bot(local_slack: LocalSlack, workspace: Workspace, tmp_path: Path) -> AsyncIterator[HttpBot]:
    database = tmp_path / "liaison.db"
    environment = {
        "SLACK_BOT_TOKEN": local_slack.bot_token,
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": local_slack.api_url,
        "DATABASE_URL": f"sqlite:///{database}",
    }
    config = Config.from_environment(environment, mode=Mode.HTTP)
    schema.upgrade(config.database_url.get_secret_value())
    clock = RunningClock()
    application = await connect(config, load_settings(SETTINGS, "liaison.yaml"), clock)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application.asgi()), base_url="http://bot.example"
    ) as client:
        yield HttpBot(application, client, clock, database)
    for payload in await workspace.payloads():
        blockkit.assert_valid(payload.content, payload.surface)
    await application.worker.stop()
    await application.services.database.close()
    await application.http.close()


async def test_slack_is_answered_when_it_checks_the_address(bot: HttpBot) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()

    answer = await bot.send(body, JSON)

    assert (answer.status_code, answer.json()) == (200, {"challenge": "abc"})


async def test_report_travels_to_a_decision_when_everything_comes_over_http(bot: HttpBot, workspace: Workspace) -> None:
    filed = await bot.file("Cart is empty")
    await bot.drain()
    [card] = await workspace.messages(CARDS)
    accepted = await bot.press("report.accept")
    await bot.drain()
    asked = await bot.command("/bug", "find the payload of the cart")
    removed = await bot.event({"type": "app_home_opened", "user": "U0EVE", "channel": "D1", "tab": "home"}, "Ev1")
    await bot.drain()

    assert [one.status_code for one in (filed, accepted, asked, removed)] == [200] * 4
    assert filed.content == b""
    [after] = await workspace.messages(CARDS)
    assert after["ts"] == card["ts"]
    assert "*accepted* BUG-1 as S3" in str(after["blocks"])
    found = [message["text"] for message in await workspace.direct_messages("eve")]
    assert any("BUG-1" in text for text in found)
    assert await workspace.home("eve") is not None


async def test_event_is_let_go_when_it_is_of_our_own_doing(bot: HttpBot) -> None:
    ours = bot.application.dispatcher.bot_user_id
    item = {"type": "message", "channel": CARDS, "ts": "1.1"}
    before = await bot.count(Job)

    answer = await bot.event({"type": "reaction_added", "user": ours, "reaction": "eyes", "item": item}, "Ev1")
    kept_ours = await bot.count(Job) - before
    await bot.event({"type": "reaction_added", "user": "U0EVE", "reaction": "eyes", "item": item}, "Ev2")

    assert answer.status_code == 200
    assert (kept_ours, await bot.count(Job) - before) == (0, 1)


async def test_form_error_is_in_the_answer_when_the_title_is_blank(bot: HttpBot) -> None:
    answer = await bot.file(" \u200b ")

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "response_action": "errors",
            "errors": {"title": "Give it a title: one line that says what is wrong."},
        },
    )
    assert await bot.count(Report) == 0


async def test_report_is_one_when_its_form_is_delivered_again_and_again(bot: HttpBot) -> None:
    answers = [await bot.file("Cart is empty") for _ in range(3)]
    await bot.drain()

    assert [answer.status_code for answer in answers] == [200] * 3
    assert await bot.count(Report) == 1


async def test_event_has_one_effect_when_slack_delivers_it_four_times(bot: HttpBot, workspace: Workspace) -> None:
    ts = await workspace.message("eve", "qa", "Cart is empty")
    item = {"type": "message", "channel": "C0QA", "ts": ts}
    event = {"type": "reaction_added", "reaction": "ticket", "user": "U0DEV", "item": item, "event_ts": "1.0"}
    retries: list[dict[str, str]] = [{}]
    retries += [{"x-slack-retry-num": str(at), "x-slack-retry-reason": "http_timeout"} for at in (1, 2, 3)]

    answers = [await bot.event(event, "Ev1", **headers) for headers in retries]
    await bot.drain()
    late = await bot.event(event, "Ev1", **{"x-slack-retry-num": "3"})
    await bot.drain()

    assert [answer.status_code for answer in (*answers, late)] == [200] * 5
    assert await bot.count(Report) == 1
    assert len(await workspace.messages(CARDS)) == 1


async def test_no_junk_gives_a_server_error_when_it_is_signed_or_not(bot: HttpBot) -> None:
    before = await bot.count(Job)

    for body, media_type, status in JUNK:
        signed = await bot.send(body, media_type)
        unsigned = await bot.post(body, [(b"content-type", media_type.encode())])
        assert (signed.status_code, unsigned.status_code) == (status, 401), body[:80]
        assert b"Traceback" not in signed.content + unsigned.content

    assert await bot.count(Job) == before


ODD = (
    {},
    {"type": 5},
    {"type": "event_callback"},
    {"type": "event_callback", "event": "message"},
    {"type": "event_callback", "event": {"type": ["message"]}},
    {"type": "event_callback", "event": {"type": "reaction_added", "item": "x"}, "event_id": 5},
    {"type": "event_callback", "event": {"type": "message"}, "authorizations": 5},
    {"type": "event_callback", "event": {"type": "app_mention", "channel": "\ud800", "user": "U1"}},
    {"type": "block_actions"},
    {"type": "block_actions", "actions": []},
    {"type": "block_actions", "user": "U1", "actions": [{"action_id": 5}]},
    {"type": "view_submission", "user": {"id": "U0EVE"}, "view": None},
    {"type": "view_submission", "user": {"id": "U0EVE"}, "view": {"id": "V1", "callback_id": "report.form"}},
    {"type": "view_closed", "user": {"id": "U0EVE"}, "view": {"id": "V1"}},
    {"type": "block_suggestion", "action_id": "x"},
    {"type": "shortcut", "callback_id": None},
    {"type": "something_new", "challenge": []},
)


async def test_odd_but_signed_bodies_are_answered_with_nothing_done(bot: HttpBot) -> None:
    before = await bot.count(Job)

    as_events = [(await bot.send(json.dumps(body).encode(), JSON)).status_code for body in ODD]
    as_forms = [(await bot.send(urlencode({"payload": json.dumps(body)}).encode(), FORM)).status_code for body in ODD]

    assert as_events == as_forms == [200] * len(ODD)
    assert await bot.count(Job) == before


async def test_event_as_deep_as_the_sea_is_refused_when_it_is_signed(bot: HttpBot) -> None:
    deep = '{"type":"event_callback","event":' + '{"a":' * 5_000 + "1" + "}" * 5_001

    assert (await bot.send(deep.encode(), JSON)).status_code == 400


@pytest.mark.parametrize(("more", "leap_s"), [({"secret": OTHER}, 0), ({}, -301), ({}, 301)])
async def test_request_has_no_effect_when_its_proof_is_wrong_or_old(bot: HttpBot, more: Node, leap_s: int) -> None:
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}}).encode()
    at = bot.clock() + timedelta(seconds=leap_s)

    answer = await bot.send(body, JSON, at=at, **more)

    assert (answer.status_code, answer.json()["ok"]) == (401, False)
    assert await bot.count(Job) == 1, "only what the start deferred"


async def test_slack_is_to_send_again_when_the_database_takes_nothing(bot: HttpBot) -> None:
    await bot.file("Cart is empty")
    other = sqlite3.connect(bot.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    event = {"type": "app_home_opened", "user": "U0EVE", "tab": "home"}

    refused = await bot.event(event, "Ev1")
    pressed = await bot.press("report.start")
    other.execute("ROLLBACK")
    other.close()
    again = await bot.event(event, "Ev1")

    # A press is not sent again by Slack: the person is told instead.
    assert (refused.status_code, pressed.status_code, again.status_code) == (500, 200, 200)
    services = bot.application.services
    state = await services.database.read(services.workspace, lambda one: one.exec(select(Report.state)).one())
    assert state is ReportState.NEW


async def test_health_is_open_and_tells_nothing_of_anybody(bot: HttpBot) -> None:
    answers = [await bot.client.get(path) for path in ("/health/live", "/health/ready")]

    assert [(one.status_code, one.json()) for one in answers] == [(200, {"ok": True, "problems": []})] * 2


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/events/more", "/slack/install", "/docs"])
async def test_nothing_else_is_there_when_somebody_looks(bot: HttpBot, path: str) -> None:
    assert (await bot.client.get(path)).status_code == 404
