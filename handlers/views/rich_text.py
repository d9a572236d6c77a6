"""Rich text of Slack, both ways: what a person wrote is read whole, and what is shown pings nobody unmeant. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from handlers.views.mrkdwn_reader import Entry, nested, read_mrkdwn
from handlers.views.mrkdwn_writer import MOST_SECTIONS, SECTION_LIMIT, write_blocks, write_mrkdwn
from integrations.markup.base import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Inline,
    Link,
    Mention,
    Paragraph,
    Quote,
    Text,
)
from integrations.markup.normal import normalise

__all__ = ["MOST_SECTIONS", "SECTION_LIMIT", "read_message", "read_mrkdwn", "write_blocks", "write_mrkdwn"]

_STYLES = ("bold", "italic", "strike")
Element = Mapping[str, Any]


def read_message(message: Mapping[str, Any]) -> Document:
    """Read a message: its rich text blocks where it has such, else its text. It never raises.

    The account of a mention is the Slack id; so is the name, where the message does not have it. Channels, groups
    and emoji are words. Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    """
    blocks = [one for one in _mappings(message.get("blocks")) if one.get("type") == "rich_text"]
    if blocks:
        return normalise(Document(tuple(part for block in blocks for part in _parts(block))))
    return read_mrkdwn(_string(message, "text"))


def _parts(block: Element) -> Iterator[Block]:
    """Read what a rich text block holds; what has a border stands in a quote, lists that follow each other nest."""
    for has_border, bordered in groupby(_mappings(block.get("elements")), _has_border):
        found: list[Block] = []
        for is_list, elements in groupby(bordered, lambda one: one.get("type") == "rich_text_list"):
            together = list(elements)
            found += nested(_entries(together)) if is_list else map(_part, together)
        yield from [Quote(tuple(found))] if has_border else found


def _has_border(element: Element) -> bool:
    return element.get("type") != "rich_text_quote" and bool(element.get("border"))


def _entries(lists: Iterable[Element]) -> list[Entry]:
    return [
        Entry(_number(one, "indent"), one.get("style") == "ordered", (_part(item),))
        for one in lists
        for item in _mappings(one.get("elements"))
    ]


def _part(element: Element) -> Block:
    match element.get("type"):
        case "rich_text_preformatted":
            return CodeBlock("".join(_plain(leaf) for leaf in _mappings(element.get("elements"))))
        case "rich_text_quote":
            return Quote((Paragraph(tuple(_leaves(element))),))
        case _:
            return Paragraph(tuple(_leaves(element)))


def _leaves(element: Element) -> Iterator[Inline]:
    for leaf in _mappings(element.get("elements")):
        yield from _leaf(leaf)


def _leaf(leaf: Element) -> Iterator[Inline]:
    style = leaf.get("style") if isinstance(leaf.get("style"), Mapping) else {}
    assert isinstance(style, Mapping)
    match leaf.get("type"):
        case "link":
            yield Link(_string(leaf, "url"), _string(leaf, "text"))
        case "user":
            yield Mention(_string(leaf, "user_id"), _string(leaf, "user_id"))
        case "text" if style.get("code"):
            for number, line in enumerate(_string(leaf, "text").split("\n")):
                yield from [Break()] if number else []
                yield Code(line)
        case _:
            yield Text(_plain(leaf), **{name: bool(style.get(name)) for name in _STYLES})


def _plain(leaf: Element) -> str:
    match leaf.get("type"):
        case "emoji":
            tone = _number(leaf, "skin_tone")
            return f":{_string(leaf, 'name')}:" + (f":skin-tone-{tone}:" if tone else "")
        case "channel":
            return f"#{_string(leaf, 'channel_id')}"
        case "user":
            return f"@{_string(leaf, 'user_id')}"
        case "usergroup":
            return "@group"
        case "broadcast":
            return f"@{_string(leaf, 'range')}"
        case "color":
            return _string(leaf, "value")
        case "date":
            return _string(leaf, "fallback") or _date(_number(leaf, "timestamp"))
        case _:
            return _string(leaf, "text") or _string(leaf, "url")


def _date(timestamp: int) -> str:
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return str(timestamp)


def _mappings(value: Any) -> list[Element]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _string(element: Element, name: str) -> str:
    value = element.get(name)
    return value if isinstance(value, str) else ""


def _number(element: Element, name: str) -> int:
    value = element.get(name)
    return value if isinstance(value, int) else 0
