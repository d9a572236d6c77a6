"""Slack's shapes for the harness: which button this is, what a form holds, what a call carried."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Node = dict[str, Any]
# What each element calls the person's choice; text inputs call it "value".
CHOICES = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}


def id_of(wanted: str, known: Sequence[Node]) -> str:
    """Return the id of the person or channel with this id or name."""
    for one in known:
        if wanted in {one["id"], one["name"]}:
            return str(one["id"])
    raise AssertionError(f"nobody and nothing is called {wanted}: {[one['name'] for one in known]}")


def message_with_ts(messages: Sequence[Node], ts: str) -> Node:
    """Return the message that was posted then."""
    found = [message for message in messages if message["ts"] == ts]
    assert found, f"no message {ts} among {[message['ts'] for message in messages]}"
    return found[0]


def is_reply(message: Node) -> bool:
    """Whether the message stands in a thread and does not begin it."""
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def is_private(message: Node) -> bool:
    """Whether only one person sees the message."""
    return message.get("subtype") == "ephemeral"


def public(messages: Sequence[Node]) -> list[Node]:
    """Return the messages that everybody sees."""
    return [message for message in messages if not is_private(message)]


def one_line(message: Node) -> str:
    """Return a message on one line."""
    marks = [f"to {message['ephemeral_to']} only"] if is_private(message) else []
    marks += [f"in {message['thread_ts']}"] if is_reply(message) else []
    return " ".join([message["ts"], message["user"], *marks, repr(message.get("text", ""))[:160]])


def elements(blocks: Sequence[Node]) -> list[tuple[str, Node]]:
    """Return the interactive elements with the id of their block, in order."""
    found: list[tuple[str, Node]] = []
    for index, block in enumerate(blocks):
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        block_id = block.get("block_id", f"b{index}")
        found += [(block_id, element) for element in inside if element and "action_id" in element]
    return found


def action_on(blocks: Sequence[Node], action_id: str, *, choose: str | None) -> Node:
    """Return what a press on, or a choice in, the element with this action id sends."""
    found = elements(blocks)
    matching = [(block, element) for block, element in found if element["action_id"] == action_id]
    assert matching, f"no {action_id} among {[element['action_id'] for _, element in found]}"
    block_id, element = matching[0]
    action = {"type": element["type"], "action_id": action_id, "block_id": block_id}
    if element["type"] == "button":
        return {**action, "text": element["text"], "value": element.get("value")}
    assert choose is not None, f"{action_id} is a {element['type']}: say what to choose"
    return {**action, **chosen(element, choose)}


def chosen(element: Node, value: Any) -> Node:
    """Return Slack's dict for an element that holds this value."""
    kind = element["type"]
    key = CHOICES.get(kind, "value")
    if key == "selected_option" and "options" in element:
        return {"type": kind, key: option(element, value)}
    if key == "selected_options" and "options" in element:
        return {"type": kind, key: [option(element, one) for one in value]}
    return {"type": kind, key: value}


def option(element: Node, value: str) -> Node:
    """Return the option with this value or this text."""
    found = [one for one in element["options"] if value in {one["value"], one["text"]["text"]}]
    assert found, f"no option {value!r} among {[one['value'] for one in element['options']]}"
    return dict(found[0])


def form_values(view: Node, values: Mapping[str, Any]) -> Node:
    """Return what the browser sends for the inputs a person has touched, by block and action id."""
    inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    unknown = set(values) - set(inputs)
    assert not unknown, f"the form has no {sorted(unknown)}, but {sorted(inputs)}"
    return {
        block: value if isinstance(value, dict) else {inputs[block]["action_id"]: chosen(inputs[block], value)}
        for block, value in values.items()
    }


def view_action(view: Node, action_id: str, *, choose: str | None) -> Node:
    """Return the payload of an action in a modal or on a Home tab."""
    action = {**action_on(view["blocks"], action_id, choose=choose), "action_ts": "1.000000"}
    container = {"type": "view", "view_id": view["id"]}
    return {"type": "block_actions", "container": container, "view": view, "actions": [action]}


def interaction(state: Node, user: str) -> Node:
    """Return the fields that all interactions of a person share."""
    person = next(one for one in state["users"] if one["id"] == user)
    workspace = state["workspace"]
    team = {"id": workspace["teamId"], "domain": workspace["domain"]}
    return {
        "api_app_id": state["apps"][0]["appId"],
        "token": "verification-token",
        "team": team,
        "user": {"id": user, "username": person["name"], "name": person["name"], "team_id": team["id"]},
        "is_enterprise_install": False,
        "trigger_id": "$TRIGGER",
    }


def acknowledgements(deliveries: Sequence[Node]) -> list[Node]:
    """Return the acknowledgements that carried something, in the form of calls."""
    return [{"method": "ack", "arguments": one["payload"]} for one in deliveries if one.get("payload")]


def content_of(call: Node) -> Node | None:
    """Return the message or view that a call carries, if any."""
    arguments: Node = call["arguments"]
    if "view" in arguments:
        return dict(arguments["view"])
    says_something = "blocks" in arguments or "text" in arguments
    return arguments if says_something else None


def surface_of(content: Node) -> Literal["message", "modal", "home"]:
    """Return where this content is shown."""
    kind = content.get("type")
    return "modal" if kind == "modal" else "home" if kind == "home" else "message"
