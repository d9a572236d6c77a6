"""Linear's Markdown: people are mentioned by the address of their profile, and by nothing else."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote

from integrations.markup import markdown
from integrations.markup.base import Block, Document, Heading, Inline, Link, ListBlock, Mention, Paragraph, Quote

_PROFILE = re.compile(r"https://linear\.app/[^/\s]+/profiles/([^/?#\s]+)/?")


def read(raw: str) -> Document:
    """Read Markdown; addresses of profiles are people."""
    return _mapped(markdown.read(raw), _person)


def write(document: Document, profiles: Mapping[str, str]) -> str:
    """Write Markdown; `profiles` are the addresses of those to be told, by account. Nobody else is told."""

    def only_known(inline: Inline) -> Inline:
        is_unknown = isinstance(inline, Mention) and inline.account not in profiles
        return replace(inline, account="") if is_unknown and isinstance(inline, Mention) else inline

    return markdown.write(_mapped(document, only_known), mention=lambda account: profiles[account])


def mentioned(document: Document) -> frozenset[str]:
    """Name the accounts that a text is to tell."""
    return frozenset(one.account for one in _inlines(document.blocks) if isinstance(one, Mention) and one.account)


def _person(inline: Inline) -> Inline:
    found = _PROFILE.fullmatch(inline.url) if isinstance(inline, Link) else None
    return Mention("", unquote(found[1])) if found else inline


def _inlines(blocks: tuple[Block, ...]) -> Iterator[Inline]:
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(_, content):
                yield from content
            case Quote(inner):
                yield from _inlines(inner)
            case ListBlock(items):
                for item in items:
                    yield from _inlines(item)


def _mapped(document: Document, change: Callable[[Inline], Inline]) -> Document:
    return Document(_mapped_blocks(document.blocks, change))


def _mapped_blocks(blocks: tuple[Block, ...], change: Callable[[Inline], Inline]) -> tuple[Block, ...]:
    return tuple(_mapped_block(block, change) for block in blocks)


def _mapped_block(block: Block, change: Callable[[Inline], Inline]) -> Block:
    match block:
        case Paragraph(content) | Heading(_, content):
            return replace(block, content=tuple(map(change, content)))
        case Quote(inner):
            return replace(block, blocks=_mapped_blocks(inner, change))
        case ListBlock(items):
            return replace(block, items=tuple(_mapped_blocks(item, change) for item in items))
        case _:
            return block
