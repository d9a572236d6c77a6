"""Requests as Slack sends them, signed, each with an id of its own."""

import hashlib
import hmac
import itertools
import json
import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

WORKSPACE = "T0BENCH"
PERSON = "U0ANA"
CHANNEL = "C0BUGS"
BOT_TOKEN = "xoxb-2718281828-benchmarks"
SIGNING_SECRET = "0123456789abcdef0123456789abcdef"
PATH = "/slack/events"

# Replaced in each request; letters only, so that they stand in JSON and in a form alike.
_ID = "QQIDQQ"
_TITLE = "QQTITLEQQ"
_WORDS = 4000

Maker = Callable[[], bytes]


def maker(kind: str, name: str = "", *, hook: str = "") -> Maker:
    """Return what makes one request of a kind after the other, as bytes for the wire.

    `event`: a channel message nobody waits for. `kept`: a reply in a thread, which goes to the inbox.
    `click`: a button called `name`. `report`: the report form, sent. `command`: `name` typed, answers to `hook`.
    """
    bodies: dict[str, Callable[[], str]] = {
        "event": lambda: json.dumps(_event({})),
        "kept": lambda: json.dumps(_event({"thread_ts": "1700000000.000100"})),
        "click": lambda: _payload(_click(name)),
        "report": lambda: _payload(_report()),
        "command": lambda: _command(name, hook),
        "shortcut": lambda: _payload(_interaction("shortcut") | {"callback_id": name}),
        "message_action": lambda: _payload(_message_action(name)),
    }
    media = "application/json" if kind in {"event", "kept"} else "application/x-www-form-urlencoded"
    template = bodies[kind]().encode()
    numbers = itertools.count()
    chance = random.Random(f"{kind}{name}")
    vocabulary = [made_word(chance) for _ in range(_WORDS)]

    def make() -> bytes:
        title = "+".join(chance.choices(vocabulary, k=6)).encode()
        body = template.replace(_ID.encode(), b"Ev%d" % next(numbers)).replace(_TITLE.encode(), title)
        return signed(body, media)

    return make


def signed(body: bytes, media: str) -> bytes:
    """Return a whole signed request."""
    now = str(int(time.time()))
    digest = hmac.new(SIGNING_SECRET.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: Slackbot 1.0\r\naccept: */*\r\n"
        f"content-type: {media}\r\ncontent-length: {len(body)}\r\n"
        f"x-slack-request-timestamp: {now}\r\nx-slack-signature: v0={digest}\r\n\r\n"
    )
    return head.encode() + body


def made_word(chance: random.Random) -> str:
    """Make up a word of two to four syllables that can be spoken."""
    syllables = chance.randint(2, 4)
    return "".join(chance.choice("bcdfglmnprstvk") + chance.choice("aeiou") for _ in range(syllables))


def _event(more: dict[str, str]) -> dict[str, Any]:
    event = {"type": "message", "channel": CHANNEL, "channel_type": "channel", "user": PERSON, "team": WORKSPACE}
    event |= {"text": "The export is empty again, can somebody look?", "ts": "1700000001.000200", **more}
    return {
        "token": "old",
        "team_id": WORKSPACE,
        "api_app_id": "A0BENCH",
        "event": event | {"event_ts": event["ts"], "client_msg_id": "0d3a6bb4-5c2e-4b5e-9a51-ab7ab3c1f3f5"},
        "type": "event_callback",
        "event_id": _ID,
        "event_time": 1_700_000_001,
        "authorizations": [{"enterprise_id": None, "team_id": WORKSPACE, "user_id": "U0BOT", "is_bot": True}],
        "is_ext_shared_channel": False,
    }


def _interaction(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "team": {"id": WORKSPACE, "domain": "bench"},
        "user": {"id": PERSON, "username": "ana", "team_id": WORKSPACE},
        "api_app_id": "A0BENCH",
        "token": "old",
        "trigger_id": f"13345224609.738474920.{_ID}",
    }


def _click(name: str) -> dict[str, Any]:
    action = {"action_id": name, "block_id": "b1", "type": "button", "value": "7", "action_ts": _ID}
    message = {"type": "message", "bot_id": "B0BOT", "text": "BUG-7: the export is empty", "ts": "1700000002.000100"}
    place = {"channel": {"id": CHANNEL, "name": "bugs"}, "container": {"type": "message", "channel_id": CHANNEL}}
    return _interaction("block_actions") | place | {"actions": [action], "message": message}


def _message_action(name: str) -> dict[str, Any]:
    message = {"type": "message", "user": PERSON, "text": "The export is empty", "ts": "1700000002.000100"}
    place = {"channel": {"id": CHANNEL, "name": "bugs"}, "message": message, "message_ts": message["ts"]}
    return _interaction("message_action") | place | {"callback_id": name}


def _report() -> dict[str, Any]:
    """Fill in the product's own form."""
    from handlers.views import report_form

    view = report_form.draw(report_form.Opening(channel=CHANNEL, form_id=_ID), [])
    typed = {
        report_form.TITLE: _TITLE,
        report_form.WHAT: "I pressed Export and got a file with one line in it. It worked last week.",
        report_form.EXPECTED: "All orders of the month.",
    }
    values = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in typed.items()}
    more = {"id": f"V{_ID}", "team_id": WORKSPACE, "state": {"values": values}, "hash": "1700000002.abc"}
    return _interaction("view_submission") | {"view": view | more}


def _command(typed: str, hook: str) -> str:
    command, _, text = typed.partition(" ")
    fields = {
        "token": "old",
        "team_id": WORKSPACE,
        "channel_id": CHANNEL,
        "user_id": PERSON,
        "command": command,
        "text": text,
        "response_url": hook,
        "trigger_id": _ID,
    }
    return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())


def _payload(content: dict[str, Any]) -> str:
    return f"payload={quote_plus(json.dumps(content))}"
