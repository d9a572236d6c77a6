"""Slack's mrkdwn read into a tree: fences, quotes, lists, styles, and what stands between < and >. Pure.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from integrations.markup.base import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Inline,
    Link,
    ListBlock,
    Mention,
    Paragraph,
    Quote,
    Text,
)
from integrations.markup.normal import GUARD, clean, normalise

FENCE = "```"
# Slack's own lists have nine levels.
_DEEPEST = 8
_INDENT = 4

_QUOTED = re.compile(r"(?:&gt;|>) ?")
_REST_QUOTED = re.compile(r"(?:&gt;|>){3} ?")
_ITEM = re.compile(r"( *)(?:([•◦▪])\ufe0e?|(\d{1,9})\.) +(?=\S)", re.ASCII)
_TOKEN = re.compile(rf"`(?!{GUARD})([^`\n]+)`|<([^<>\n]+)>")
# Stands for a piece of code or a link while styles are looked for; no text holds it.
_PIECE = "\0"
_STYLES = {"*": "bold", "_": "italic", "~": "strike"}
_OPENER = re.compile(rf"(?<![\w*_~`])([*_~])(?![\s{GUARD}]|\1)")
_CLOSERS = {sign: re.compile(rf"(?<=[^\s{GUARD}])\{sign}(?!\w)") for sign in _STYLES}


@dataclass(frozen=True)
class Entry:
    """An item of a list, and how deep it is."""

    depth: int
    ordered: bool
    blocks: tuple[Block, ...]


def read_mrkdwn(words: str) -> Document:
    """Read mrkdwn, however it is meant; the account of a mention is the Slack id."""
    parts = clean_but_guards(words).split(FENCE)
    if len(parts) % 2 == 0:
        # The last fence is not closed.
        parts[-2:] = [FENCE.join(parts[-2:])]
    found: list[Block] = []
    for number, part in enumerate(parts):
        found += [CodeBlock(html.unescape(part))] if number % 2 else _blocks(part.split("\n"))
    return normalise(Document(tuple(found)))


def clean_but_guards(words: str) -> str:
    """Give the text as every form has it; the guards are needed until styles are found."""
    return GUARD.join(clean(part) for part in words.split(GUARD))


def nested(entries: Sequence[Entry]) -> list[Block]:
    """Make lists of items: what is deeper than an item is a list within it."""
    found: list[Block] = []
    place = 0
    while place < len(entries):
        entry = entries[place]
        end = place + 1
        while end < len(entries) and _depth(entries[end]) > _depth(entry):
            end += 1
        found.append(ListBlock(((*entry.blocks, *nested(entries[place + 1 : end])),), entry.ordered))
        place = end
    return found


def _depth(entry: Entry) -> int:
    return min(entry.depth, _DEEPEST)


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Read lines outside fences: three signs quote all that follows."""
    rest = next((number for number, line in enumerate(lines) if _REST_QUOTED.match(line)), len(lines))
    for is_quote, together in groupby(lines[:rest], lambda line: bool(_QUOTED.match(line))):
        found = _unquoted(_QUOTED.sub("", line, count=1) if is_quote else line for line in together)
        yield from [Quote(tuple(found))] if is_quote else found
    if rest < len(lines):
        yield Quote(tuple(_unquoted(_REST_QUOTED.sub("", line, count=1) for line in lines[rest:])))


def _unquoted(lines: Iterable[str]) -> Iterator[Block]:
    """Read paragraphs and lists; an indented line below an item goes on with it."""
    words: list[str] = []
    entries: list[tuple[re.Match[str], list[str]]] = []
    for line in lines:
        item = _ITEM.match(line)
        if entries and not item and line.startswith("  ") and line.strip():
            entries[-1][1].append(line)
            continue
        if item:
            yield _paragraph(words)
            words = []
            entries.append((item, [line[item.end() :]]))
        else:
            yield from _list(entries)
            entries = []
            words.append(line)
    yield from (*_list(entries), _paragraph(words))


def _list(entries: Iterable[tuple[re.Match[str], list[str]]]) -> list[Block]:
    return nested([Entry(len(item[1]) // _INDENT, item[2] is None, (_paragraph(lines),)) for item, lines in entries])


def _paragraph(lines: Sequence[str]) -> Paragraph:
    content: list[Inline] = []
    for number, line in enumerate(lines):
        content += [*([Break()] if number else []), *_line(line)]
    return Paragraph(tuple(content))


def _line(line: str) -> Iterator[Inline]:
    pieces = [
        Code(html.unescape(found[1])) if found[1] is not None else _between(found[2]) for found in _TOKEN.finditer(line)
    ]
    ahead = iter(pieces)
    for text in _styled(_TOKEN.sub(_PIECE, line), {}):
        for number, words in enumerate(text.text.split(_PIECE)):
            yield from [next(ahead)] if number else []
            yield Text(html.unescape(words), text.bold, text.italic, text.strike)


def _styled(words: str, styles: dict[str, bool]) -> Iterator[Text]:
    closers = {sign: [found.start() for found in pattern.finditer(words)] for sign, pattern in _CLOSERS.items()}
    end = 0
    for opener in _OPENER.finditer(words):
        ends = closers[opener[1]]
        place = bisect_right(ends, opener.start() + 1)
        if opener.start() < end or place == len(ends):
            continue
        yield Text(words[end : opener.start()], **styles)
        yield from _styled(words[opener.end() : ends[place]], {**styles, _STYLES[opener[1]]: True})
        end = ends[place] + 1
    yield Text(words[end:], **styles)


def _between(token: str) -> Inline:
    """Read what stands between < and >: a person, a channel, a group, a date, an address."""
    target, _, label = token.partition("|")
    label = html.unescape(label)
    match target[:1]:
        case "@":
            return Mention(target[1:], label.removeprefix("@") or target[1:])
        case "#":
            return Text(f"#{label or target[1:]}")
        case "!":
            kind = target[1:].partition("^")[0]
            return Text(label or f"@{'group' if kind == 'subteam' else kind}")
        case _:
            return Link(html.unescape(target), label)
