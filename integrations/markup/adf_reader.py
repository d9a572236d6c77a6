"""The Atlassian Document Format read into a tree: what is not known there keeps its words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from integrations.markup.base import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Heading,
    Inline,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Text,
)
from integrations.markup.normal import normalise

# Deeper than people nest; what is deeper keeps its words, without their form.
_DEEPEST = 60
_MARKS = {"strong": "bold", "em": "italic", "strike": "strike"}
_INLINE = frozenset(
    {"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline", "placeholder"}
)
_TASKS = {"TODO": "[ ] ", "DONE": "[x] "}

Node = Mapping[str, Any]


def read(raw: Any) -> Document:
    """Read a document as Jira gives it; anything else is an empty one, and a string is its lines.

    A mention has Jira's account id, and the name without its sign. A table is read as lines, a file as its name.
    """
    if isinstance(raw, str):
        return normalise(Document((Paragraph((Text(raw),)),)))
    return normalise(Document(tuple(_blocks(raw, 0)))) if isinstance(raw, Mapping) else Document()


def _blocks(node: Node, depth: int) -> Iterator[Block]:
    """Read what a node holds; words that stand among blocks are a paragraph."""
    if depth > _DEEPEST:
        yield Paragraph((Text(" ".join(_all_words(node))),))
        return
    for is_inline, together in groupby(_children(node), _is_inline):
        if is_inline:
            yield Paragraph(tuple(_inlines(list(together))))
        else:
            for child in together:
                yield from _block(child, depth + 1)


def _block(node: Node, depth: int) -> Sequence[Block]:
    match _type(node):
        case "heading":
            level = _attribute(node, "level")
            return [Heading(int(level) if level.isdigit() else 1, tuple(_inlines(_children(node))))]
        case "codeBlock":
            return [CodeBlock("".join(_all_words(node)), _attribute(node, "language"))]
        case "blockquote" | "panel":
            return [Quote(tuple(_blocks(node, depth)))]
        case "bulletList" | "orderedList":
            items = tuple(tuple(_blocks(child, depth + 1)) for child in _children(node))
            return [ListBlock(items, _type(node) == "orderedList")]
        case "taskList" | "decisionList":
            return [ListBlock(tuple(tuple(_task(child, depth + 1)) for child in _children(node)))]
        case "rule":
            return [Rule()]
        case "table":
            return [Paragraph(tuple(_rows(node)))]
        case "media" | "blockCard" | "embedCard":
            return [Paragraph((_card(node),))]
        case _:
            title = _attribute(node, "title") or _attribute(node, "text")
            return [Paragraph((Text(title),)), *_blocks(node, depth)]


def _task(node: Node, depth: int) -> Iterator[Block]:
    sign = _TASKS.get(_attribute(node, "state"), "")
    first, *rest = [*_blocks(node, depth)] or [Paragraph(())]
    if isinstance(first, Paragraph):
        first = Paragraph((Text(sign), *first.content))
    yield from (first, *rest)


def _rows(table: Node) -> Iterator[Inline]:
    """Read each row as a line: its cells with a bar between."""
    for row in _children(table):
        for number, cell in enumerate(_children(row)):
            if number:
                yield Text(" | ")
            for place, block in enumerate(_children(cell)):
                yield Text(" " if place else "")
                yield from _inlines(_children(block))
        yield Break()


def _inlines(nodes: Sequence[Node]) -> Iterator[Inline]:
    """Read a line; text with one address in several styles is one link."""
    for href, together in groupby(nodes, _href):
        if href:
            yield Link(href, "".join(str(one.get("text") or "") for one in together))
        else:
            for one in together:
                yield _inline(one)


def _inline(node: Node) -> Inline:
    marks = {_type(mark) for mark in _mappings(node.get("marks"))}
    match _type(node):
        case "text" if "code" in marks:
            return Code(str(node.get("text") or ""))
        case "text":
            return Text(str(node.get("text") or ""), **{style: mark in marks for mark, style in _MARKS.items()})
        case "hardBreak":
            return Break()
        case "mention":
            name = _attribute(node, "text").removeprefix("@")
            return Mention(_attribute(node, "id"), name)
        case "inlineCard" | "mediaInline":
            return _card(node)
        case "date":
            return Text(_date(_attribute(node, "timestamp")))
        case "emoji":
            return Text(_attribute(node, "text") or _attribute(node, "shortName"))
        case _:
            return Text(" ".join([_attribute(node, "text"), *_all_words(node)]))


def _card(node: Node) -> Inline:
    """Read a card as its address, a file as the words that stand for it."""
    inner = _mapping(_mapping(node.get("attrs")).get("data"))
    url = _attribute(node, "url") or str(inner.get("url") or "")
    label = _attribute(node, "alt")
    return Link(url, label) if url else Text(f"[file: {label or _attribute(node, 'id') or 'unnamed'}]")


def _date(timestamp: str) -> str:
    """Give the day of a time in milliseconds."""
    try:
        return datetime.fromtimestamp(int(timestamp) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return timestamp


def _href(node: Node) -> str:
    """Give the address a piece of text leads to; empty if it is not a link."""
    if _type(node) != "text":
        return ""
    marks = _mappings(node.get("marks"))
    return next((_attribute(mark, "href") for mark in marks if _type(mark) == "link"), "")


def _type(node: Node) -> str:
    return str(node.get("type"))


def _is_inline(node: Node) -> bool:
    return _type(node) in _INLINE


def _all_words(node: Node) -> Iterator[str]:
    """Give all words in a node, however deep it is."""
    ahead = [node]
    while ahead:
        one = ahead.pop()
        if isinstance(one.get("text"), str):
            yield one["text"]
        ahead += reversed(_children(one))


def _children(node: Node) -> list[Node]:
    return _mappings(node.get("content"))


def _mappings(value: Any) -> list[Node]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Node:
    return value if isinstance(value, Mapping) else {}


def _attribute(node: Node, name: str) -> str:
    value = _mapping(node.get("attrs")).get(name)
    return str(value) if isinstance(value, str | int) else ""
