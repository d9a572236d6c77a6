"""What a request from Slack must look like before Bolt or anything here reads it.

Bolt itself fails on many bodies of another shape, some before any of its middleware runs; Slack then hears
nothing and sends the same again. So both doors, Socket Mode and HTTP, ask here first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class _Id:
    """Stands for a text that names something: half an emoji in it could not be looked up."""


_HALF = re.compile("[\ud800-\udfff]")
# What is not mentioned may be anything; what is mentioned may be missing or null, but nothing else. A list in
# round brackets may not be null.
_PERSON = {"id": _Id, "team_id": _Id}
_NAMED = {"id": _Id}
_COMMON = {
    "team_id": _Id,
    "enterprise": {"id": _Id},
    "enterprise_id": _Id,
    "user_id": _Id,
    "channel_id": _Id,
    "trigger_id": _Id,
    "response_url": _Id,
    "authorizations": [{"team_id": _Id, "enterprise_id": _Id, "user_id": _Id}],
    "assistant_thread": dict,
    "function_data": dict,
}
_VIEW = {"id": _Id, "callback_id": _Id, "private_metadata": str, "blocks": [dict], "state": {"values": dict}}
_ACTION = {"action_id": _Id, "block_id": _Id, "value": _Id, "action_ts": _Id, "selected_option": {"value": _Id}}
_MESSAGE = {"text": str, "ts": _Id, "thread_ts": _Id, "bot_id": _Id, "user": _Id, "files": [dict]}
_INTERACTION = {
    **_COMMON,
    "user": _PERSON,
    "team": _NAMED,
    "channel": _NAMED,
    "view": _VIEW,
    "message": _MESSAGE,
    "message_ts": _Id,
    "actions": [_ACTION],
    "callback_id": _Id,
    "response_urls": (dict,),
}
_EVENT = {
    **_COMMON,
    **_MESSAGE,
    **dict.fromkeys(("type", "subtype", "channel", "channel_type", "event_ts", "reaction", "team", "user_team"), _Id),
    "item": {"type": _Id, "channel": _Id, "ts": _Id},
    "message": dict,
    "previous_message": dict,
}


@dataclass(frozen=True)
class _Kind:
    shape: Mapping[str, Any]
    needed: tuple[str, ...] = field(default=())


_COMMAND = _Kind({**_COMMON, "command": _Id, "text": str}, ("command", "user_id"))
_SHORTCUT = _Kind(_INTERACTION, ("user.id", "callback_id"))
_KINDS: dict[str, _Kind] = {
    "block_actions": _Kind(_INTERACTION, ("user.id", "actions.0.action_id")),
    "view_submission": _Kind(_INTERACTION, ("user.id", "view.id", "view.type", "view.callback_id")),
    "shortcut": _SHORTCUT,
    "message_action": _SHORTCUT,
    "event_callback": _Kind({**_COMMON, "event": _EVENT, "event_id": _Id}, ("event.type",)),
    "url_verification": _Kind({"challenge": str}, ("challenge",)),
}


def is_readable(body: Mapping[str, Any]) -> bool:
    """Say whether a request is of a kind that is answered here, with all that its kind needs in the right form."""
    name = body.get("type")
    kind = _COMMAND if "command" in body and name is None else _KINDS.get(name) if isinstance(name, str) else None
    if kind is not None and _fits(body, kind.shape) and all(_find(body, path) for path in kind.needed):
        return True
    log.warning("unreadable_request", kind=str(name)[:80])
    return False


def is_event(body: Mapping[str, Any]) -> bool:
    """Say whether a readable request is an event, which is only kept, and not a person who waits for an answer."""
    return body.get("type") == "event_callback"


def _fits(value: Any, shape: Any) -> bool:
    if value is None:
        return not isinstance(shape, tuple)
    if isinstance(shape, Mapping):
        return isinstance(value, dict) and all(
            _fits(value[name], part) for name, part in shape.items() if name in value
        )
    if isinstance(shape, list | tuple):
        return isinstance(value, list) and all(one is not None and _fits(one, shape[0]) for one in value)
    if shape is _Id:
        return isinstance(value, str) and not _HALF.search(value)
    return isinstance(value, shape)


def _find(body: Any, path: str) -> Any:
    """Give what stands at a path such as "actions.0.action_id"; None when nothing does."""
    for step in path.split("."):
        if isinstance(body, list):
            body = body[int(step)] if len(body) > int(step) else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body
