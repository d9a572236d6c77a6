"""Rich text as plain words: for a search, a hash, or the first look at what it begins with."""

from collections.abc import Sequence

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


def write(document: Document) -> str:
    """Give the words, a line for each line; of links the text and the address.

    The same words give the same text, whatever service they come from.
    """
    return _lines(normalise(document).blocks)


def _lines(blocks: Sequence[Block]) -> str:
    return "\n".join(_block(block) for block in blocks if not isinstance(block, Rule))


def _block(block: Block) -> str:
    match block:
        case Paragraph(content) | Heading(_, content):
            return "".join(_inline(one) for one in content)
        case CodeBlock(text):
            return text
        case Quote(blocks):
            return _lines(blocks)
        case ListBlock(items):
            return "\n".join(_lines(item) for item in items)
        case _:
            return ""


def _inline(one: Inline) -> str:
    match one:
        case Text(text) | Code(text):
            return text
        case Link(url, text):
            return f"{text} {url}".strip()
        case Mention(_, name):
            return name
        case Break():
            return "\n"
