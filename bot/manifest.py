"""The Slack app manifest, made from what the handlers declare; manifest.json is its output."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.config import Config
from handlers import bugs, liaison, routes

# https://docs.slack.dev/reference/app-manifest
SCHEMA = {"major_version": 2, "minor_version": 1}
# The same path for events, clicks and commands: bot/http_server.py.
REQUEST_PATH = "/slack/events"
NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_json="


@dataclass(frozen=True)
class CommandText:
    """What Slack shows while somebody types a slash command."""

    description: str
    usage_hint: str


@dataclass(frozen=True)
class Shortcut:
    """An entry of the message menu (kind message) or of the composer's ＋ (kind global)."""

    kind: str
    name: str
    description: str


COMMANDS = {
    bugs.COMMAND: CommandText("Report a bug, or find one", "[title] | find words | BUG-142"),
    liaison.COMMAND: CommandText("Everything else about bug reports", "help | me | bugs | verify | why | assign"),
}
SHORTCUTS = {
    bugs.MESSAGE_SHORTCUT: Shortcut("message", "Report as bug", "Make a bug report of this message and its thread"),
    bugs.GLOBAL_SHORTCUT: Shortcut("global", "Report a bug", "Open the form for a bug report"),
}
# What the bot may do and why: least privilege. A test compares this with every method called in the code.
SCOPES = {
    "app_mentions:read": "hear `@Liaison` in a channel it is in",
    "channels:history": "read the thread a report is made from, and answers to questions",
    "channels:read": "find channels by name and who may decide in them",
    "chat:write": "post cards, notes and answers",
    "commands": "offer slash commands and shortcuts",
    "files:read": "copy files of a report into its issue, without making them public",
    "groups:history": "read threads and answers in private channels it is in",
    "groups:read": "know the private channels it is in, and who may decide in them",
    "im:history": "read what people write to it, and what it told them already",
    "im:write": "tell a reporter what became of the report",
    "links:read": "see links to issues in messages",
    "links:write": "show below such a link how the issue stands",
    "reactions:read": "see 🎫, 👀 and ✅ on messages",
    "reactions:write": "answer 🎫 with ✅",
    "users:read": "show names instead of ids, and keep to people's time zones",
    "users:read.email": "know whose account in a tracker is whose",
}
# Whose links are shown with what they stand for; a tracker of one's own goes in their place, five at most.
UNFURL_DOMAINS = ("github.com", "gitlab.com", "linear.app", "atlassian.net")
# A message arrives under the name of its kind of conversation.
_MESSAGES = ("message.channels", "message.groups", "message.im")


def command_names(config: Config) -> dict[str, str]:
    """Map our names of commands to what they are called in this workspace."""
    return {bugs.COMMAND: config.command_bug, liaison.COMMAND: config.command_main}


def make(names: dict[str, str], url: str = "") -> dict[str, Any]:
    """Make the manifest; `names` maps our names of commands to this workspace's.

    With `url`, the public address of `liaison run --http`, Slack sends there; without, Socket Mode is on.
    """
    endpoint = {"request_url": url.rstrip("/") + REQUEST_PATH} if url else {}
    return {
        "_metadata": SCHEMA,
        "display_information": {
            "name": "Liaison",
            "description": "Carries a bug report from a person to a decision, and tells everyone what became of it.",
            "background_color": "#1d3b4f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Liaison", "always_online": True},
            "unfurl_domains": list(UNFURL_DOMAINS),
            "shortcuts": [_shortcut(name) for name in _declared("shortcut")],
            "slash_commands": [_command(name, names, endpoint) for name in _declared("command")],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**endpoint, "bot_events": events()},
            "interactivity": {"is_enabled": True, **endpoint},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def render(manifest: dict[str, Any]) -> str:
    """Write the manifest as the text of manifest.json."""
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def link(manifest: dict[str, Any]) -> str:
    """Give the address that makes the app with one click."""
    return NEW_APP + quote(json.dumps(manifest, separators=(",", ":"), ensure_ascii=False), safe="")


def events() -> list[str]:
    """List the events that some feature listens to, by Slack's names."""
    heard = set(routes().events)
    if "message" in heard:
        heard = (heard - {"message"}) | set(_MESSAGES)
    return sorted(heard)


def _declared(kind: str) -> list[str]:
    return [name for declared, name in routes().requests if declared == kind]


def _shortcut(callback_id: str) -> dict[str, str]:
    shown = SHORTCUTS[callback_id]
    return {
        "name": shown.name,
        "type": shown.kind,
        "callback_id": callback_id,
        "description": shown.description,
    }


def _command(name: str, names: dict[str, str], endpoint: dict[str, str]) -> dict[str, Any]:
    text = COMMANDS[name]
    address = {"url": endpoint["request_url"]} if endpoint else {}
    return {
        "command": names.get(name, name),
        **address,
        "description": text.description,
        "usage_hint": text.usage_hint,
        # Mentions arrive as ids, not as names that somebody else may bear.
        "should_escape": True,
    }
