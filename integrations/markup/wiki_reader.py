"""Reads Jira's wiki notation into a tree; images become links, and what is unknown stays as it is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrations.markup.base import (
    Block,
    Break,
    CodeBlock,
    Document,
    Heading,
    Inline,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
)
from integrations.markup.normal import normalise
from integrations.markup.wiki_lines import read_line

_DEEPEST = 12
# Within these nothing is a sign. One that is never closed goes on to the end.
_KEPT = re.compile(r"(?<![\\{])\{(code|noformat)(?::([^{}\n]*))?\}(.*?)(?:\{\1\}|\Z)", re.DOTALL)
_QUOTE = re.compile(r"(?<![\\{])\{quote\}")
# Frames and colours are left out, what stands in them is kept.
_FRAME = re.compile(r"(?<![\\{])\{(?:panel|color|section|column|anchor|toc)(?::[^{}\n]*)?\}")
_PLACE = re.compile(r"(\0\d+\0)")
_HEADING = re.compile(r"h([1-6])\.\s+(?=\S)")
_QUOTED = re.compile(r"bq\.\s+(?=\S)")
_ITEM = re.compile(r"([*#-]{1,24})\s+(?=\S)")
_RULE = re.compile(r"-{4,5}")
_LANGUAGE = re.compile(r"(?:^|\|)(?:language=)?([\w+#.-]+)(?=\||$)")


def read(raw: str) -> Document:
    """Read the notation; it never raises. `[~name]` is a mention whose account is the name."""
    text = raw.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    kept: list[CodeBlock] = []
    text = _FRAME.sub("", _KEPT.sub(lambda found: _keep(found, kept), text))
    blocks: list[Block] = []
    for place, part in enumerate(_QUOTE.split(text)):
        found = list(_blocks(part.split("\n"), kept))
        blocks += [Quote(tuple(found))] if place % 2 else found
    return normalise(Document(tuple(blocks)))


def _keep(found: re.Match[str], kept: list[CodeBlock]) -> str:
    """Put code away that is not to be looked into, and leave its number."""
    language = _LANGUAGE.search(found[2] or "") if found[1] == "code" else None
    kept.append(CodeBlock(found[3], language[1] if language else ""))
    return f"\0{len(kept) - 1}\0"


@dataclass(frozen=True)
class _Item:
    """A line of a list, and the lines that go on with it."""

    depth: int
    ordered: bool
    lines: list[str]


def _blocks(lines: Sequence[str], kept: Sequence[CodeBlock]) -> Iterator[Block]:
    """Read blocks; empty lines part them."""
    rest = list(reversed(lines))
    while rest:
        line = rest[-1].strip()
        if not line:
            rest.pop()
        elif _RULE.fullmatch(line):
            rest.pop()
            yield Rule()
        elif _ITEM.match(line):
            yield from _lists(_items(rest), kept)
        elif heading := _HEADING.match(line):
            rest.pop()
            yield from _headed(int(heading[1]), _flow([line[heading.end() :]], kept))
        elif quoted := _QUOTED.match(line):
            rest.pop()
            yield Quote(tuple(_flow([line[quoted.end() :]], kept)))
        else:
            yield from _flow(_paragraph(rest), kept)


def _headed(level: int, blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        yield Heading(level, block.content) if isinstance(block, Paragraph) else block


def _paragraph(rest: list[str]) -> list[str]:
    lines = [rest.pop()]
    while rest and rest[-1].strip() and not _begins(rest[-1].strip()):
        lines.append(rest.pop())
    return lines


def _begins(line: str) -> bool:
    patterns = (_ITEM, _HEADING, _QUOTED)
    return bool(_RULE.fullmatch(line)) or any(pattern.match(line) for pattern in patterns)


def _items(rest: list[str]) -> list[_Item]:
    """Take the lines of a list; a line without a sign goes on with the item before it."""
    found: list[_Item] = []
    while rest and rest[-1].strip():
        line = rest[-1].strip()
        sign = _ITEM.match(line)
        if sign is None and _begins(line):
            break
        rest.pop()
        if sign is None:
            found[-1].lines.append(line)
        else:
            found.append(_Item(min(len(sign[1]), _DEEPEST), sign[1].endswith("#"), [line[sign.end() :]]))
    return found


def _lists(items: Sequence[_Item], kept: Sequence[CodeBlock]) -> Iterator[ListBlock]:
    """Read items into lists: a deeper item belongs to the one before it."""
    start = 0
    while start < len(items):
        first, end = items[start], start
        made: list[tuple[Block, ...]] = []
        while end < len(items) and items[end].depth >= first.depth and _is_like(items[end], first):
            below = end + 1
            while below < len(items) and items[below].depth > first.depth:
                below += 1
            made.append((*_flow(items[end].lines, kept), *_lists(items[end + 1 : below], kept)))
            end = below
        yield ListBlock(tuple(made), first.ordered)
        start = end


def _is_like(item: _Item, first: _Item) -> bool:
    return item.depth > first.depth or item.ordered == first.ordered


def _flow(lines: Sequence[str], kept: Sequence[CodeBlock]) -> Iterator[Block]:
    """Read lines of words; blocks of code that stand in them part them."""
    content: list[Inline] = []
    for line in lines:
        for part in _PLACE.split(_row(line)):
            if _PLACE.fullmatch(part):
                yield Paragraph(tuple(content))
                yield kept[int(part.strip("\0"))]
                content = []
            else:
                content += read_line(part)
        content.append(Break())
    yield Paragraph(tuple(content))


def _row(line: str) -> str:
    """Read a row of a table as a line: its cells with a bar between."""
    bare = line.strip()
    if not (bare.startswith("|") and bare.endswith("|") and len(bare) > 2):
        return line
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|{1,2}(?![^\[\]]*\])", bare)]
    return r" \| ".join(cell for cell in cells if cell)
