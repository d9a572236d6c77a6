"""The manifest: what the handlers declare, within Slack's limits, with no scope too many or too few."""

import ast
import json
import re
from pathlib import Path
from urllib.parse import unquote

from bot import manifest
from bot.config import Config, Mode
from handlers import bugs, liaison, routes
from handlers.slack import inbox

ROOT = Path(__file__).parents[2]
NAMES = {"/bug": "/bug", "/liaison": "/liaison"}
METHOD = re.compile(r"(apps|auth|chat|conversations|files|pins|reactions|team|usergroups|users|views)(\.[a-zA-Z]+)+")
CONVERSATIONS_READ = {"channels:history", "groups:history", "im:history"}
CHANNELS_KNOW = {"channels:read", "groups:read"}
# From each method's page under https://docs.slack.dev/reference/methods, without group direct messages (mpim:…),
# in which Liaison does not read.
SCOPES_OF_METHOD: dict[str, set[str]] = {
    "apps.connections.open": set(),  # with the app-level token
    "auth.test": set(),
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.scheduleMessage": {"chat:write"},
    "chat.deleteScheduledMessage": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.unfurl": {"links:write"},
    "chat.update": {"chat:write"},
    "conversations.history": CONVERSATIONS_READ,
    "conversations.info": CHANNELS_KNOW,
    "conversations.list": CHANNELS_KNOW,
    "conversations.members": CHANNELS_KNOW,
    "conversations.open": {"im:write"},
    "conversations.replies": CONVERSATIONS_READ,
    "files.info": {"files:read"},
    "reactions.add": {"reactions:write"},
    # The address with which accounts in trackers are found.
    "users.info": {"users:read", "users:read.email"},
    "users.list": {"users:read"},
    "views.open": set(),
    "views.update": set(),
    "views.publish": set(),
}
# https://docs.slack.dev/reference/events
SCOPES_OF_EVENT: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "link_shared": {"links:read"},
    "member_joined_channel": CHANNELS_KNOW,
    "member_left_channel": CHANNELS_KNOW,
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "reaction_added": {"reactions:read"},
    "reaction_removed": {"reactions:read"},
}


def methods_in_code() -> set[str]:
    found = set()
    for folder in ("bot", "handlers"):
        for path in (ROOT / folder).rglob("*.py"):
            # What the demo calls, it calls as its people, not as the bot.
            if "demo" in path.parts:
                continue
            constants = [one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.Constant)]
            found |= {one.value for one in constants if isinstance(one.value, str) and METHOD.fullmatch(one.value)}
    return found


def test_file_is_what_the_command_prints():
    assert (ROOT / "manifest.json").read_text() == manifest.render(manifest.make(NAMES))


def test_scopes_are_those_of_what_is_called_and_heard_and_no_more():
    needed = {"commands"}.union(
        *(SCOPES_OF_METHOD[method] for method in methods_in_code()),
        *(SCOPES_OF_EVENT[event] for event in manifest.events()),
    )

    assert set(manifest.SCOPES) == needed


def test_every_declared_command_shortcut_and_event_is_in_the_manifest():
    made = manifest.make(NAMES)
    declared = routes().requests

    assert {one["command"] for one in made["features"]["slash_commands"]} == {bugs.COMMAND, liaison.COMMAND}
    assert {("command", name) for name in manifest.COMMANDS} == {one for one in declared if one[0] == "command"}
    assert {("shortcut", name) for name in manifest.SHORTCUTS} == {one for one in declared if one[0] == "shortcut"}
    heard = {event.partition(".")[0] for event in made["settings"]["event_subscriptions"]["bot_events"]}
    assert heard == {*inbox._WANTED, "message"}


def test_texts_keep_slacks_limits():
    # https://docs.slack.dev/reference/app-manifest
    made = manifest.make({"/bug": "/" + "b" * 31, "/liaison": "/liaison"}, "https://liaison.example.com")
    shown, features = made["display_information"], made["features"]

    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(features["bot_user"]["display_name"]) <= 80
    assert 1 <= len(features["shortcuts"]) <= 10
    assert all(len(one["name"]) <= 24 and 1 <= len(one["description"]) <= 150 for one in features["shortcuts"])
    assert {one["type"] for one in features["shortcuts"]} <= {"message", "global"}
    assert 1 <= len(features["slash_commands"]) <= 50
    assert all(len(one["command"]) <= 32 for one in features["slash_commands"])
    assert all(1 <= len(one["description"]) <= 2000 for one in features["slash_commands"])
    assert all(1 <= len(one["usage_hint"]) <= 1000 for one in features["slash_commands"])
    assert all(one["should_escape"] is True for one in features["slash_commands"])


def test_socket_mode_is_on_and_no_address_given_when_there_is_no_url():
    made = manifest.make(NAMES)

    assert made["settings"]["socket_mode_enabled"] is True
    assert '_url"' not in manifest.render(made)
    assert '"url"' not in manifest.render(made)


def test_every_request_goes_to_the_public_address_when_it_is_given():
    made = manifest.make(NAMES, "https://liaison.example.com/")
    address = "https://liaison.example.com/slack/events"

    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == address
    assert made["settings"]["interactivity"]["request_url"] == address
    assert [one["url"] for one in made["features"]["slash_commands"]] == [address, address]


def test_commands_bear_the_names_of_the_configuration():
    config = Config.from_environment({"LIAISON_COMMAND_BUG": "/report"}, mode=Mode.OFFLINE)

    made = manifest.make(manifest.command_names(config))

    assert [one["command"] for one in made["features"]["slash_commands"]] == ["/report", "/liaison"]


def test_link_holds_the_whole_manifest():
    made = manifest.make(NAMES)

    address, _, encoded = manifest.link(made).partition("manifest_json=")

    assert address == "https://api.slack.com/apps?new_app=1&"
    assert json.loads(unquote(encoded)) == made


def test_slack_cli_takes_the_manifest_from_the_command():
    hooks = json.loads((ROOT / ".slack/hooks.json").read_text())["hooks"]

    assert hooks["get-manifest"] == ".venv/bin/liaison manifest"
