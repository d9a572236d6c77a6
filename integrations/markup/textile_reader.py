"""Textile as Redmine has it, read into a tree; images become links, and what is unknown stays as it is written."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from integrations.markup.base import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Heading,
    Inline,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Text,
)
from integrations.markup.normal import normalise
from integrations.markup.textile_lines import read_line

# Deeper than people nest; signs that go deeper are words.
_DEEPEST = 12

# Within these nothing is a sign. One that is never closed goes on to the end.
_KEPT = re.compile(r"<(pre|code|kbd|notextile)\b[^<>\n]*>(.*?)(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_CODE_IN_PRE = re.compile(
    r"\s*<code(?:\s+class=[\"']?([\w+#. -]{0,40})[^<>\n]*)?>(.*?)(?:</code\s*>\s*)?\Z", re.IGNORECASE | re.DOTALL
)

# The class, style, language and place of a block: h1(class){style}[en]>. text
_ATTRIBUTES = r"(?:\([^()\n]*\)|\{[^{}\n]*\}|\[[^\[\]\n]*\]|[<>=()~^-])*+"
_NAMED = re.compile(rf"(h[1-6]|bq|p|fn\d{{1,3}}){_ATTRIBUTES}\.(?::\S+)? +(?=\S)")
_ITEM = re.compile(rf"([#*]+){_ATTRIBUTES} +(?=\S)")
_RULE = re.compile(r" ?(?:(?:\* ?){3,}|(?:- ?){3,}|(?:_ ?){3,})")
_QUOTED = re.compile(r"> ?")
_CELL = re.compile(rf"_?{_ATTRIBUTES}\. ")


def read(raw: str) -> Document:
    """Read Textile; it may be as long as it likes, and never raises.

    `@login` and `user:login` are mentions whose account and name are the login.
    """
    text = raw.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    kept: list[Inline | CodeBlock] = []
    text = _KEPT.sub(lambda found: _keep(found, kept), text)
    return normalise(Document(tuple(_Reader(kept).blocks(_without_comments(text).split("\n"), _DEEPEST))))


def _keep(found: re.Match[str], kept: list[Inline | CodeBlock]) -> str:
    """Put something away that is not to be looked into, and leave its number."""
    tag, content = found[1].lower(), found[2]
    within = _CODE_IN_PRE.fullmatch(content) if tag == "pre" else None
    if within:
        kept.append(CodeBlock(within[2], (within[1] or "").partition(" ")[0]))
    elif tag == "pre":
        kept.append(CodeBlock(content))
    else:
        kept.append(Text(content) if tag == "notextile" else Code(content))
    return f"<\0{len(kept) - 1}\0>"


def _without_comments(text: str) -> str:
    parts, end = [], 0
    while (start := text.find("<!--", end)) >= 0 and (close := text.find("-->", start)) >= 0:
        parts.append(text[end:start])
        end = close + 3
    return "".join([*parts, text[end:]])


@dataclass(frozen=True)
class _Item:
    """A line of a list, and the lines that go on with it."""

    depth: int
    ordered: bool
    lines: list[str]


class _Reader:
    """Reads lines, in which numbers stand for what was put away."""

    def __init__(self, kept: Sequence[Inline | CodeBlock]) -> None:
        self._kept = kept

    def blocks(self, lines: Sequence[str], deepest: int) -> Iterator[Block]:
        """Read blocks; empty lines part them."""
        rest = list(reversed(lines))
        while rest:
            line = rest[-1]
            if not line.strip():
                rest.pop()
            elif line.startswith(">") and deepest:
                quoted = _taken(rest, lambda one: one.startswith(">"))
                yield Quote(tuple(self.blocks([_QUOTED.sub("", one, count=1) for one in quoted], deepest - 1)))
            elif _ITEM.match(line):
                yield from self._lists(_items(_taken(rest, lambda one: bool(one.strip()) and one[0] != ">")))
            elif _RULE.fullmatch(line):
                rest.pop()
                yield Rule()
            else:
                yield from self._paragraph(_taken(rest, _goes_on))

    def _paragraph(self, lines: Sequence[str]) -> Iterator[Block]:
        """Read lines that belong together, the first of which may say what they are."""
        named = _NAMED.match(lines[0])
        if named is None:
            yield from self._flow([_row(line) for line in lines])
            return
        blocks = self._flow([lines[0][named.end() :], *lines[1:]])
        if named[1] == "bq":
            yield Quote(tuple(blocks))
            return
        for block in blocks:
            if named[1].startswith("h") and isinstance(block, Paragraph):
                yield Heading(int(named[1][1]), block.content)
            else:
                yield block

    def _lists(self, items: Sequence[_Item]) -> Iterator[ListBlock]:
        """Read items into lists: a deeper item belongs to the one before it."""
        start = 0
        while start < len(items):
            first = items[start]
            end = start
            made: list[tuple[Block, ...]] = []
            while end < len(items) and items[end].depth >= first.depth and _is_like(items[end], first):
                below = end + 1
                while below < len(items) and items[below].depth > first.depth:
                    below += 1
                made.append((*self._flow(items[end].lines), *self._lists(items[end + 1 : below])))
                end = below
            yield ListBlock(tuple(made), first.ordered)
            start = end

    def _flow(self, lines: Sequence[str]) -> Iterator[Block]:
        """Read lines of words; blocks of code that stand in them part them."""
        content: list[Inline] = []
        for line in lines:
            for one in read_line(line, self._kept):
                if isinstance(one, CodeBlock):
                    yield Paragraph(tuple(content))
                    yield one
                    content = []
                else:
                    content.append(one)
            content.append(Break())
        yield Paragraph(tuple(content))


def _taken(rest: list[str], belongs: Callable[[str], bool]) -> list[str]:
    """Take the first line, and those after it that belong to it."""
    taken = [rest.pop()]
    while rest and belongs(rest[-1]):
        taken.append(rest.pop())
    return taken


def _goes_on(line: str) -> bool:
    return bool(line.strip()) and not (line.startswith(">") or _ITEM.match(line) or _RULE.fullmatch(line))


def _items(lines: Sequence[str]) -> list[_Item]:
    found: list[_Item] = []
    for line in lines:
        sign = _ITEM.match(line)
        if sign:
            found.append(_Item(min(len(sign[1]), _DEEPEST), sign[1].endswith("#"), [line[sign.end() :]]))
        else:
            found[-1].lines.append(line)
    return found


def _is_like(item: _Item, first: _Item) -> bool:
    return item.depth > first.depth or item.ordered == first.ordered


def _row(line: str) -> str:
    """Read a row of a table as a line: its cells with a bar between."""
    bare = line.strip()
    if not (bare.startswith("|") and bare.endswith("|") and len(bare) > 2):
        return line
    return " | ".join(_CELL.sub("", cell, count=1).strip() for cell in bare[1:-1].split("|"))
