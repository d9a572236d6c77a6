"""What a request from Slack must look like before anything here reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What is not mentioned may be anything; what is mentioned may be missing or null, but nothing else.
_PERSON = {"id": str, "team_id": str}
_NAMED = {"id": str}
_VIEW = {"id": str, "callback_id": str, "private_metadata": str, "blocks": [dict], "state": {"values": dict}}
_ACTION = {"action_id": str, "value": str, "action_ts": str, "selected_option": {"value": str}}
_MESSAGE = {"text": str, "ts": str, "thread_ts": str, "bot_id": str, "user": str, "files": [dict]}
_INTERACTION = {
    "user": _PERSON,
    "team": _NAMED,
    "team_id": str,
    "channel": _NAMED,
    "trigger_id": str,
    "response_url": str,
    "view": _VIEW,
    "message": _MESSAGE,
    "message_ts": str,
    "actions": [_ACTION],
    "callback_id": str,
}
_EVENT = {
    **_MESSAGE,
    "type": str,
    "subtype": str,
    "channel": str,
    "channel_type": str,
    "event_ts": str,
    "reaction": str,
    "item": {"type": str, "channel": str, "ts": str},
    "team": str,
    "user_team": str,
}


@dataclass(frozen=True)
class _Kind:
    shape: Mapping[str, Any]
    needed: tuple[str, ...] = field(default=())


_COMMAND = _Kind(
    dict.fromkeys(("command", "text", "user_id", "channel_id", "team_id", "trigger_id", "response_url"), str),
    ("command", "user_id"),
)
_SHORTCUT = _Kind(_INTERACTION, ("user.id", "callback_id"))
_KINDS: dict[str, _Kind] = {
    "block_actions": _Kind(_INTERACTION, ("user.id", "actions.0.action_id")),
    "view_submission": _Kind(_INTERACTION, ("user.id", "view.id", "view.callback_id")),
    "shortcut": _SHORTCUT,
    "message_action": _SHORTCUT,
    "event_callback": _Kind({"event": _EVENT, "event_id": str}, ("event.type",)),
}


def is_readable(body: Mapping[str, Any]) -> bool:
    """Say whether a request is of a kind that is answered here, with all that its kind needs in the right form."""
    name = body.get("type")
    kind = _COMMAND if "command" in body and name is None else _KINDS.get(name) if isinstance(name, str) else None
    return kind is not None and _fits(body, kind.shape) and all(_find(body, path) for path in kind.needed)


def _fits(value: Any, shape: Any) -> bool:
    if value is None:
        return True
    if isinstance(shape, Mapping):
        return isinstance(value, dict) and all(_fits(value.get(name), part) for name, part in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and all(one is not None and _fits(one, shape[0]) for one in value)
    return isinstance(value, shape)


def _find(body: Any, path: str) -> Any:
    """Give what stands at a path such as "actions.0.action_id"; None when nothing does."""
    for step in path.split("."):
        if isinstance(body, list):
            body = body[int(step)] if len(body) > int(step) else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body
