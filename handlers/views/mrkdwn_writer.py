"""Slack's mrkdwn written from a tree: nobody is pinged but who is mentioned, and no word becomes a sign. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from bot.text import beginning, safe_url
from handlers.views import text
from handlers.views.blocks import Block as Shown
from handlers.views.blocks import section
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

# A section holds 3,000 characters, a message 50 blocks and about 13,000 characters; a card's thread needs less.
SECTION_LIMIT = 2900
MOST_SECTIONS = 4
_CUT = "… _cut here; the rest is in the tracker_"

_FENCE = "```"
_FENCES = len(f"{_FENCE}\n\n{_FENCE}\n")
_RULE = "———"
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")
_MAIL = re.compile(r"mailto:[\w.+-]+@[\w.-]+", re.ASCII)
_LINK_LIMIT = 2000
# So much is written in one go; each character takes five at most.
_RUN_LIMIT = 400
# A sign that may open a style, or close one: any but those within a word. There is no escape for it: an invisible
# character parts it from the words.
_SIGN = re.compile(r"(?<![^\W_])[*_~]|[*_~](?![^\W_])|`")
_SHOUT = re.compile(r"@(?=here|channel|everyone|group)", re.IGNORECASE)
_ITEM = re.compile(r"[•◦▪]|\d{1,9}\. |&gt;", re.ASCII)
_TWO_TICKS = re.compile("``(?=`)")
_QUOTE = "&gt; "


@dataclass(frozen=True)
class _Line:
    """A line as it is written; `atoms` must not be cut through, `before` stands before each part of it."""

    atoms: tuple[str, ...]
    before: str = ""
    is_code: bool = False

    @property
    def length(self) -> int:
        return text.length(self.before) + sum(text.length(atom) for atom in self.atoms) + 1


def write_mrkdwn(document: Document) -> str:
    """Write mrkdwn, whole; only people whose account is a Slack id are mentioned, channels and groups never."""
    return _rendered([line for part in _parts(document) for line in part])


def write_blocks(document: Document) -> list[Shown]:
    """Write sections of mrkdwn, parted between blocks or lines; what is too long for a message says where the rest is.

    No entity, link or mention is cut through, and code that goes on in the next section is code there.
    """
    pieces = [piece for piece in map(_rendered, _grouped(_parts(document))) if piece]
    shown = pieces[:MOST_SECTIONS]
    return [section(piece) for piece in (*shown, *([_CUT] if len(pieces) > len(shown) else []))]


def _parts(document: Document) -> list[list[_Line]]:
    """Give the lines of each block, with an empty one behind where the next needs it."""
    blocks = named(document, lambda one: bool(_USER_ID.fullmatch(one.account))).blocks
    parts = [list(_lines(block)) for block in blocks]
    for part, (block, after) in zip(parts, pairwise(blocks), strict=False):
        if not isinstance(block, Heading) and not isinstance(after, ListBlock):
            part.append(_Line(()))
    return parts


def _lines(block: Block) -> Iterator[_Line]:
    match block:
        case Paragraph(content):
            yield from _written(content)
        case Heading(_, content):
            yield from _written(replace(one, bold=True) if isinstance(one, Text) else one for one in content)
        case CodeBlock(code):
            for line in _TWO_TICKS.sub(f"``{GUARD}", code).split("\n"):
                yield _Line(tuple(text.escape(run) for run in _runs(line)), is_code=True)
        case Quote(blocks):
            for part in _parts(Document(blocks)):
                yield from (line if line.is_code else replace(line, before=_in_quote(line.before)) for line in part)
        case ListBlock(items, ordered):
            for number, item in enumerate(items, start=1):
                yield from _item(item, f"{number}. " if ordered else "• ")
        case Rule():
            yield _Line((_RULE,))


def _item(item: Sequence[Block], sign: str) -> Iterator[_Line]:
    is_first = True
    for block in item:
        for line in _lines(block):
            before = "" if line.is_code else (sign if is_first and not isinstance(block, ListBlock) else "    ")
            is_first = False
            yield replace(line, before=before + line.before.removeprefix(_QUOTE))


def _in_quote(before: str) -> str:
    """Mark a line as quoted, once: there are no quotes in quotes."""
    return before if before.startswith(_QUOTE) else _QUOTE + before


def _written(content: Iterable[Inline]) -> Iterator[_Line]:
    for is_break, together in groupby(content, lambda one: isinstance(one, Break)):
        if not is_break:
            yield _Line(tuple(_guarded(list(_atoms(list(together))))))


def _guarded(atoms: list[str]) -> list[str]:
    """Keep a line from beginning an item or a quote of its own."""
    return [GUARD, *atoms] if _ITEM.match("".join(atoms[:2])) else atoms


def _atoms(content: Sequence[Inline]) -> Iterator[str]:
    before = " "
    for place, one in enumerate(content):
        after = _first(content[place + 1]) if place + 1 < len(content) else " "
        if isinstance(one, Text) and _can_be_styled(one):
            # Within a word, a style begins and ends only at something that is no letter.
            yield GUARD if before.isalnum() or _is_sign(before) else ""
            signs = "*" * one.bold + "_" * one.italic + "~" * one.strike
            yield f"{signs}{text.escape(one.text)}{signs[::-1]}"
            yield GUARD if after.isalnum() or _is_sign(after) else ""
            before = GUARD
        else:
            yield from _atom(one)
            before = one.text[-1:] if isinstance(one, Text) else "`"


def _atom(one: Inline) -> Iterator[str]:
    match one:
        case Text(words):
            yield from (text.escape(run) for run in _runs(_plain(words)))
        case Code(code):
            for run in _runs(code.replace("`", "ˋ")):
                yield f"`{text.escape(run)}`"
        case Link(url, label):
            yield from _link(url, label)
        case Mention(account):
            yield text.mention(account)


def _link(url: str, label: str) -> Iterator[str]:
    address = safe_url(url) or (url if _MAIL.fullmatch(url) else "")
    shown = text.escape(_plain(label))
    written = f"<{_entities(address)}|{shown}>" if label else f"<{_entities(address)}>"
    if address and text.length(written) <= _LINK_LIMIT:
        yield written
    else:
        yield from (text.escape(run) for run in _runs(_plain(label or url)))


def _plain(words: str) -> str:
    """Part signs from their words, so that they are shown as they are, also where the words are cut into runs."""
    return _SHOUT.sub(rf"@{GUARD}", _SIGN.sub(rf"{GUARD}\g<0>{GUARD}", words))


def _entities(address: str) -> str:
    return address.replace("&", "&amp;")


def _runs(words: str) -> Iterator[str]:
    """Cut words into runs that are short enough for any section, between letters."""
    while words:
        run = beginning(words, _RUN_LIMIT) or words[:_RUN_LIMIT]
        yield run
        words = words[len(run) :]


def _first(one: Inline) -> str:
    return one.text[:1] if isinstance(one, Text) and not _is_styled(one) else "*"


def _is_styled(one: Text) -> bool:
    return one.bold or one.italic or one.strike


def _can_be_styled(one: Text) -> bool:
    """Say whether a style is written; the words are kept in any case."""
    return _is_styled(one) and len(one.text) <= _RUN_LIMIT and not _SIGN.search(one.text)


def _is_sign(character: str) -> bool:
    return character in {"*", "_", "~", "`"}


def _grouped(parts: Iterable[Sequence[_Line]]) -> Iterator[list[_Line]]:
    """Put blocks together as long as they fit into a section; a longer one is parted at its lines."""
    group: list[_Line] = []
    length = 0
    for part in parts:
        lines = [short for line in part for short in _shortened(line)]
        if group and length + sum(line.length for line in lines) + _FENCES > SECTION_LIMIT:
            yield group
            group, length = [], 0
        for line in lines:
            cost = line.length + (_FENCES if line.is_code and not (group and group[-1].is_code) else 0)
            if group and length + cost > SECTION_LIMIT:
                yield group
                group, length = [], 0
                cost = line.length + _FENCES
            group.append(line)
            length += cost
    yield group


def _shortened(line: _Line) -> Iterator[_Line]:
    """Part a line that is longer than a section between its atoms."""
    atoms: list[str] = []
    length = 0
    for atom in line.atoms:
        cost = text.length(atom)
        if atoms and length + cost + text.length(line.before) + _FENCES > SECTION_LIMIT:
            yield replace(line, atoms=tuple(atoms))
            atoms, length = [], 0
        atoms.append(atom)
        length += cost
    yield replace(line, atoms=tuple(atoms))


def _rendered(lines: Sequence[_Line]) -> str:
    written = []
    for is_code, together in groupby(lines, lambda line: line.is_code):
        shown = "\n".join(line.before + "".join(line.atoms) for line in together)
        written.append(f"{_FENCE}\n{shown}\n{_FENCE}" if is_code else shown)
    return "\n".join(written).strip("\n")
