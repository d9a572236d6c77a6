"""Rich text as a tree of plain values: what every service's own form is read into and written from."""

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Text:
    """A run of characters in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False


@dataclass(frozen=True)
class Code:
    """A few characters of code within a line."""

    text: str


@dataclass(frozen=True)
class Link:
    """A link; an empty `text` shows the address. Only http, https and mailto are ever written as links."""

    url: str
    text: str = ""


@dataclass(frozen=True)
class Mention:
    """A person named in the text. `account` is their id where the text comes from or goes to, empty if unknown there.

    With an account it is written so that they are told; without one the name is written, which tells nobody.
    """

    account: str
    name: str


@dataclass(frozen=True)
class Break:
    """A new line within a paragraph."""


Inline = Text | Code | Link | Mention | Break


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together."""

    content: tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A heading, `level` 1 to 6."""

    level: int
    content: tuple[Inline, ...]


@dataclass(frozen=True)
class CodeBlock:
    """Lines of code, as they are."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Quote:
    """What somebody else said."""

    blocks: tuple["Block", ...]


@dataclass(frozen=True)
class ListBlock:
    """A list; each item holds blocks, so that lists may be nested."""

    items: tuple[tuple["Block", ...], ...]
    ordered: bool = False


@dataclass(frozen=True)
class Rule:
    """A line across."""


Block = Paragraph | Heading | CodeBlock | Quote | ListBlock | Rule


@dataclass(frozen=True)
class Document:
    """A whole text; the same words in the same form are equal, whatever service they come from."""

    blocks: tuple[Block, ...] = ()


MentionMap = Callable[[Mention], Mention]


def with_inlines(document: Document, change: Callable[[Inline], Inline]) -> Document:
    """Give the text with each piece of its lines put through `change`."""
    return Document(tuple(_changed(block, change) for block in document.blocks))


def _changed(block: Block, change: Callable[[Inline], Inline]) -> Block:
    match block:
        case Paragraph(content) | Heading(_, content):
            return replace(block, content=tuple(change(one) for one in content))
        case Quote(blocks):
            return Quote(tuple(_changed(one, change) for one in blocks))
        case ListBlock(items, ordered):
            return ListBlock(tuple(tuple(_changed(one, change) for one in item) for item in items), ordered)
        case _:
            return block
