"""The local Slack server keeps Slack's word: what the scenario tests rely on, shown with the smallest of bots."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.rigs.local_slack import running_slack
from tests.scenarios.harness import open_workspace

pytestmark = pytest.mark.scenario
OPTIONS = [{"text": {"type": "plain_text", "text": text}, "value": text.lower()} for text in ("One", "Two")]
CHOICE = {"type": "static_select", "action_id": "choose", "options": OPTIONS, "initial_option": OPTIONS[1]}
TITLE = {"type": "plain_text_input", "action_id": "write", "initial_value": "prefilled"}
BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "7"}


def _text(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": _text("Form"),
    "submit": _text("Send"),
    "blocks": [
        {"type": "input", "block_id": "title", "label": _text("Title"), "element": TITLE},
        {"type": "input", "block_id": "choice", "label": _text("Choice"), "element": CHOICE},
    ],
}
BLOCKS = [{"type": "actions", "block_id": "row", "elements": [BUTTON]}]


class Listener:
    """A Socket Mode connection that keeps what it is sent and answers as told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.received: list[dict[str, Any]] = []
        self.answers: dict[str, dict[str, Any] | None] = {}

    async def run(self) -> None:
        async for frame in self.socket:
            envelope = json.loads(frame.data)
            if "envelope_id" not in envelope:
                continue
            self.received.append(envelope)
            answer = self.answers.get(envelope["payload"].get("type", envelope["type"]), {})
            if answer is not None:
                await self.socket.send_json({"envelope_id": envelope["envelope_id"], "payload": answer})


@pytest_asyncio.fixture
async def client(local_slack) -> AsyncWebClient:
    return AsyncWebClient(token=local_slack.bot_token, base_url=local_slack.api_url)


@pytest_asyncio.fixture
async def listener(local_slack) -> AsyncIterator[Listener]:
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(await _socket_url(local_slack)) as socket:
            connected = Listener(socket)
            task = asyncio.create_task(connected.run())
            yield connected
        await task


async def _socket_url(slack) -> str:
    answer = await AsyncWebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)
    return str(answer["url"])


async def test_metadata_comes_back_when_asked_for(client):
    metadata = {"event_type": "card", "event_payload": {"id": 1}}
    await client.chat_postMessage(channel="C0QA", text="card", blocks=BLOCKS, metadata=metadata)

    plain = await client.conversations_history(channel="C0QA")
    whole = await client.conversations_history(channel="C0QA", include_all_metadata=True)

    assert [message.get("metadata") for message in plain["messages"]] == [None]
    assert [message["metadata"] for message in whole["messages"]] == [metadata]
    assert whole["messages"][0]["blocks"] == BLOCKS


async def test_history_is_paged_when_limited(client):
    for text in ("1", "2", "3"):
        await client.chat_postMessage(channel="C0QA", text=text)

    first = await client.conversations_history(channel="C0QA", limit=2)
    rest = await client.conversations_history(channel="C0QA", cursor=first["response_metadata"]["next_cursor"])

    assert [message["text"] for message in [*first["messages"], *rest["messages"]]] == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("channel", "message", "error"),
    [
        ("C0QA", {"text": " "}, "no_text"),
        ("C0QA", {"text": "x" * 40_001}, "msg_too_long"),
        ("C0QA", {"text": "x", "blocks": [{"type": "header", "text": _text("x" * 151)}]}, "invalid_blocks"),
        ("C0NONE", {"text": "x"}, "channel_not_found"),
    ],
)
async def test_message_is_refused_when_slack_would(client, channel, message, error):
    with pytest.raises(SlackApiError) as refused:
        await client.api_call("chat.postMessage", json={"channel": channel, **message})

    assert refused.value.response["error"] == error


async def test_call_is_refused_when_the_token_is_unknown(local_slack):
    with pytest.raises(SlackApiError) as refused:
        await AsyncWebClient(token="xoxb-other", base_url=local_slack.api_url).auth_test()

    assert refused.value.response["error"] == "invalid_auth"


async def test_view_keeps_its_id_when_updated_and_submitted(client, listener, workspace):
    await workspace.command("ana", "/bug")
    opened = await client.views_open(trigger_id=listener.received[0]["payload"]["trigger_id"], view=FORM)

    updated = await client.views_update(view_id=opened["view"]["id"], view=FORM)
    submission = await workspace.submit_view("ana", {"title": "typed"})

    view = listener.received[-1]["payload"]["view"]
    assert updated["view"]["id"] == view["id"] == opened["view"]["id"]
    assert view["state"]["values"] == {
        "title": {"write": {"type": "plain_text_input", "value": "typed"}},
        "choice": {"choose": {"type": "static_select", "selected_option": OPTIONS[1]}},
    }
    assert submission.modals == []


async def test_form_stays_open_when_nobody_acknowledges(client, listener, workspace):
    listener.answers["view_submission"] = None
    await workspace.global_shortcut("ana", "report")
    await client.views_open(trigger_id=listener.received[0]["payload"]["trigger_id"], view=FORM)

    submission = await workspace.submit_view("ana")

    assert submission.errors == {"title": "We had some trouble connecting. Try again?"}
    assert (await workspace.open_view())["callback_id"] == "form"


async def test_trigger_is_refused_when_used_twice(client, listener, workspace):
    await workspace.command("ana", "/bug")
    trigger = listener.received[0]["payload"]["trigger_id"]
    await client.views_open(trigger_id=trigger, view=FORM)

    with pytest.raises(SlackApiError) as refused:
        await client.views_open(trigger_id=trigger, view=FORM)

    assert refused.value.response["error"] == "exchanged_trigger_id"


async def test_private_answer_is_seen_by_one_when_a_response_url_is_used(client, listener, workspace):
    posted = await client.chat_postMessage(channel="C0QA", text="card", blocks=BLOCKS)
    await workspace.click("bo", "qa", posted["ts"], "go")
    payload = listener.received[0]["payload"]

    async with aiohttp.ClientSession() as http:
        await http.post(payload["response_url"], json={"text": "yours"})

    assert payload["actions"][0]["value"] == "7"
    assert [message["text"] for message in await workspace.ephemerals("bo")] == ["yours"]
    assert await workspace.ephemerals("ana") == []
    assert [message["text"] for message in await workspace.messages("qa")] == ["card"]


async def test_click_on_home_names_the_view_when_pressed(client, listener, workspace):
    await client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": BLOCKS})

    await workspace.click_home("ana", "go")

    payload = listener.received[0]["payload"]
    assert payload["container"] == {"type": "view", "view_id": payload["view"]["id"]}


async def test_event_comes_again_when_not_acknowledged(slack_program, tmp_path):
    async with (
        running_slack(slack_program, tmp_path, environment={"LS_ACK_TIMEOUT": "0.1", "LS_REDELIVER": "0,0.1"}) as slack,
        open_workspace(slack.ui_url) as people,
        aiohttp.ClientSession() as http,
        http.ws_connect(await _socket_url(slack)) as socket,
    ):
        await socket.receive_json()
        await people.message("ana", "qa", "hello")
        received = [await socket.receive_json(timeout=2) for _attempt in range(3)]

    assert [envelope["retry_attempt"] for envelope in received] == [0, 1, 2]
    assert len({envelope["envelope_id"] for envelope in received}) == 3
    assert len({envelope["payload"]["event_id"] for envelope in received}) == 1


async def test_events_are_kept_when_the_bot_is_away(local_slack, workspace):
    for text in ("first", "second"):
        await workspace.message("ana", "qa", text)

    async with aiohttp.ClientSession() as http, http.ws_connect(await _socket_url(local_slack)) as socket:
        frames = [await socket.receive_json(timeout=2) for _frame in range(3)]

    assert frames[0]["type"] == "hello"
    assert [frame["payload"]["event"]["text"] for frame in frames[1:]] == ["first", "second"]


async def test_one_connection_gets_it_when_two_are_open(local_slack, listener, workspace):
    async with aiohttp.ClientSession() as http, http.ws_connect(await _socket_url(local_slack)) as socket:
        other = Listener(socket)
        task = asyncio.create_task(other.run())
        for _press in range(4):
            await workspace.command("ana", "/bug")
        await socket.close()
        await task

    assert (len(listener.received), len(other.received)) == (2, 2)


async def test_wait_for_shows_the_channels_when_it_gives_up(workspace):
    await workspace.message("ana", "qa", "nobody answers")

    with pytest.raises(AssertionError, match=r"last answer: \[\]\nmodals open: \[\]\n#qa \S+ U0ANA 'nobody answers'"):
        await workspace.wait_for(lambda: workspace.messages("web-bugs"), timeout_s=0.1)


async def test_every_payload_is_known_when_sent_or_acknowledged(client, listener, workspace):
    listener.answers["slash_commands"] = {"text": "in the acknowledgement"}
    await client.chat_postMessage(channel="C0QA", text="card", blocks=BLOCKS)
    await client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": BLOCKS})
    await workspace.command("ana", "/bug")

    sent = [(payload.method, payload.surface) for payload in await workspace.payloads()]

    assert sent == [("chat.postMessage", "message"), ("views.publish", "home"), ("ack", "message")]
