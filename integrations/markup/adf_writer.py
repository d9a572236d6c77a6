"""The Atlassian Document Format written from a tree. Words are never signs there; only mentions tell anybody.

What may stand in what is Atlassian's: dist/json-schema/v1/full.json of npm's @atlaskit/adf-schema.
"""

from collections.abc import Sequence
from dataclasses import replace
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
from integrations.markup.normal import GUARD, named

Node = dict[str, Any]


def write(document: Document) -> Node:
    """Write a document; the account of a mention is Jira's account id, without one people are only named.

    In quotes and lists there are no titles, rules or further quotes: titles are bold, the words of quotes stay.
    """
    blocks = named(document, lambda one: bool(one.account.strip())).blocks
    return {"version": 1, "type": "doc", "content": _blocks(blocks) or [_node("paragraph", [])]}


def _blocks(blocks: Sequence[Block]) -> list[Node]:
    return [_block(block) for block in blocks]


def _block(block: Block) -> Node:
    match block:
        case Paragraph(content):
            return _node("paragraph", _inlines(content))
        case Heading(level, content):
            return {"type": "heading", "attrs": {"level": level}, "content": _inlines(content)}
        case CodeBlock(text, language):
            attributes = {"attrs": {"language": language}} if language else {}
            return {"type": "codeBlock", **attributes, "content": [{"type": "text", "text": text}]}
        case Quote(inner):
            return _node("blockquote", _within(inner))
        case ListBlock(items, ordered):
            return _node("orderedList" if ordered else "bulletList", [_item(item) for item in items])
        case Rule():
            return {"type": "rule"}


def _item(item: Sequence[Block]) -> Node:
    content = _within(item)
    # Jira's editor does not take an item that begins with a list.
    lead = [] if content[0]["type"] in {"paragraph", "codeBlock"} else [_node("paragraph", [])]
    return _node("listItem", [*lead, *content])


def _within(blocks: Sequence[Block]) -> list[Node]:
    """Write what may stand in a quote or in the item of a list, at least an empty paragraph."""
    return [_block(one) for block in blocks for one in _plainer(block)] or [_node("paragraph", [])]


def _plainer(block: Block) -> list[Block]:
    match block:
        case Heading(_, content):
            return [Paragraph(tuple(replace(one, bold=True) if isinstance(one, Text) else one for one in content))]
        case Quote(inner):
            return [plain for one in inner for plain in _plainer(one)]
        case Rule():
            return []
        case _:
            return [block]


def _inlines(content: Sequence[Inline]) -> list[Node]:
    found: list[Node] = []
    before: Inline | None = None
    for one in content:
        if isinstance(one, Link) and isinstance(before, Link) and one.url == before.url:
            # Two links to one address would be one.
            found.append({"type": "text", "text": GUARD})
        found.append(_inline(one))
        before = one
    return found


def _inline(one: Inline) -> Node:
    match one:
        case Text(text):
            marks = [("strong", one.bold), ("em", one.italic), ("strike", one.strike)]
            return _text(text, [{"type": name} for name, is_on in marks if is_on])
        case Code(text):
            return _text(text, [{"type": "code"}])
        case Link(url, text):
            return _text(text or url, [{"type": "link", "attrs": {"href": url}}])
        case Mention(account, name):
            return {"type": "mention", "attrs": {"id": account, "text": f"@{name}"}}
        case Break():
            return {"type": "hardBreak"}


def _text(text: str, marks: list[Node]) -> Node:
    return {"type": "text", "text": text, **({"marks": marks} if marks else {})}


def _node(kind: str, content: list[Node]) -> Node:
    return {"type": kind, "content": content}
