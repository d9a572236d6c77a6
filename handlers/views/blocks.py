"""Block Kit pieces as plain dicts; tests/blockkit.py holds every one we send to Slack's limits."""

from collections.abc import Sequence
from typing import Any

from bot.text import beginning, clean, is_blank
from handlers.views import text

Block = dict[str, Any]

# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION_LIMIT = 3000
CONTEXT_LIMIT = 2000
OPTION_LIMIT = 75
FIELD_LIMIT = 3000
# Slack refuses about 13,200 characters in one message although each block is legal: we stay under half of it.
MESSAGE_LIMIT = 6000
OVERFLOW_LIMIT = 5
TITLE_LIMIT = 24


def section(mrkdwn: str) -> Block:
    """Make a paragraph of text that is already escaped."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}


def header(words: str) -> Block:
    """Make a heading."""
    return {"type": "header", "text": plain(words, 150)}


def context(*mrkdwn: str) -> Block:
    """Make a line of small print of texts that are already escaped."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": one} for one in mrkdwn]}


def divider() -> Block:
    """Make a line between parts."""
    return {"type": "divider"}


def actions(*elements: Block) -> Block:
    """Make a row of buttons and menus."""
    return {"type": "actions", "elements": list(elements)}


def button(label: str, action_id: str, value: str, *, primary: bool = False, danger: bool = False) -> Block:
    """Make a button; at most one in a row is primary."""
    made: Block = {"type": "button", "text": plain(label, 75), "action_id": action_id, "value": value}
    if primary or danger:
        made["style"] = "primary" if primary else "danger"
    return made


def option(label: str, value: str) -> Block:
    """Make one line of a menu."""
    return {"text": plain(label, OPTION_LIMIT), "value": value}


def overflow(action_id: str, options: Sequence[Block]) -> Block:
    """Make the menu behind the three dots; Slack allows five lines."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)[:OVERFLOW_LIMIT]}


def plain(words: str, limit: int) -> Block:
    """Make a plain text object."""
    return {"type": "plain_text", "text": text.plain(words, limit), "emoji": True}


def text_input(
    name: str, label: str, *, lines: bool = False, value: str = "", hint: str = "", optional: bool = False
) -> Block:
    """Make a text field; `name` is its block and action id."""
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": lines, "max_length": FIELD_LIMIT}
    if not is_blank(value):
        element["initial_value"] = beginning(clean(value).text, FIELD_LIMIT)
    return _input(name, label, element, hint=hint, optional=optional)


def select(name: str, label: str, options: Sequence[Block], *, chosen: str = "", optional: bool = False) -> Block:
    """Make a menu field of at most 100 lines."""
    element: Block = {"type": "static_select", "action_id": name, "options": list(options)[:100]}
    return _input(name, label, _with_choice(element, chosen), optional=optional)


def menu(action_id: str, placeholder: str, options: Sequence[Block]) -> Block:
    """Make a menu that acts as soon as something is chosen."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, 150),
        "options": list(options)[:100],
    }


def radio(name: str, label: str, options: Sequence[Block], *, chosen: str = "", optional: bool = False) -> Block:
    """Make a field of at most ten choices, all in sight."""
    element: Block = {"type": "radio_buttons", "action_id": name, "options": list(options)[:10]}
    return _input(name, label, _with_choice(element, chosen), optional=optional)


def checkbox(name: str, label: str, line: str) -> Block:
    """Make a field of one tick."""
    element: Block = {"type": "checkboxes", "action_id": name, "options": [option(line, "yes")]}
    return _input(name, label, element, optional=True)


def date_input(name: str, label: str, *, optional: bool = False) -> Block:
    """Make a field for a day."""
    return _input(name, label, {"type": "datepicker", "action_id": name}, optional=optional)


def modal(callback_id: str, title: str, submit: str, blocks: Sequence[Block], metadata: str) -> Block:
    """Make a form."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, TITLE_LIMIT),
        "submit": plain(submit, TITLE_LIMIT),
        "close": plain("Cancel", TITLE_LIMIT),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }


def notice(title: str, blocks: Sequence[Block]) -> Block:
    """Make a window that only shows something."""
    return {
        "type": "modal",
        "title": plain(title, TITLE_LIMIT),
        "close": plain("Close", TITLE_LIMIT),
        "blocks": list(blocks),
    }


def size(node: object) -> int:
    """Count what Slack counts of blocks: the characters of all texts in them."""
    if isinstance(node, list):
        return sum(size(one) for one in node)
    if not isinstance(node, dict):
        return 0
    return sum(
        text.length(value) if key == "text" and isinstance(value, str) else size(value) for key, value in node.items()
    )


def _with_choice(element: Block, chosen: str) -> Block:
    initial = next((one for one in element["options"] if one["value"] == chosen), None)
    return {**element, "initial_option": initial} if initial else element


def _input(name: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    made: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    if hint:
        made["hint"] = plain(hint, 2000)
    return made
