"""A line of Textile read into runs: links, images, code, mentions and styles."""

import html
import re
from collections.abc import Iterator, Sequence

from integrations.markup.base import Code, CodeBlock, Inline, Link, Mention, Text
from integrations.markup.normal import address_at, is_safe

_PLACE = re.compile(r"<\0(\d+)\0>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Each part ends at the next sign of its kind, so that a long line is walked through a few times at most.
_TOKEN = re.compile(
    r"<\0(?P<kept>\d+)\0>"
    r"|\"(?P<label>[^\"\n]+)\":(?P<target>(?i:https?://|mailto:|www\.|/)[^\s<]+)"
    r"|(?<![^\s>(])!(?:[<>=]*)(?P<image>[^\s(!]+)\s?(?:\((?P<alt>[^()!]*)\))?!"
    r"|(?<!\w)@(?P<code>[^@\n]*[^@\s])@(?!\w)"
    r"|\[\[(?P<page>[^\[\]|\n]+)(?:\|(?P<title>[^\[\]|\n]+))?\]\]"
    r"|(?<![\w@./-])(?:@|user:)(?P<login>[A-Za-z0-9_](?:[\w.-]{0,98}[A-Za-z0-9_])?)(?![\w/@-])"
    r"|(?P<address>(?<![A-Za-z0-9])https?://)"
    r"|(?P<sign>(?P<run>[*_+^~%?-])(?P=run)*)",
    re.ASCII,
)
# Signs of styles that the tree does not know are left out.
_STYLES = {"*": "bold", "**": "bold", "_": "italic", "__": "italic", "-": "strike", "??": "italic"}
_STYLES |= dict.fromkeys("+^~%", "")
# What may stand before a sign that opens a style (or another such sign), and behind one that closes it.
_BEFORE = re.compile(r"[\s(>]")
_AFTER = re.compile(r"[\s!-/:-@\[-`{-~]")
# Signs at the end of an address belong to the sentence.
_BEHIND_TARGET = re.compile(r"[^\w=/;()#\u0080-\U0010ffff-]+\Z", re.ASCII)

Kept = Sequence[Inline | CodeBlock]


def read_line(line: str, kept: Kept) -> Iterator[Inline | CodeBlock]:
    """Read a line; numbers in it stand for what was put away in `kept`."""
    pieces = list(_pieces(line, kept))
    open_at: dict[str, int] = {}
    pairs: dict[int, int] = {}
    may_open = False
    for place, piece in enumerate(pieces):
        if not isinstance(piece, _Sign):
            may_open = False
            continue
        begun = open_at.get(piece.sign)
        if begun is not None and piece.closes and begun < place - 1:
            pairs[begun] = place
            del open_at[piece.sign]
            may_open = True
        elif piece.opens or (may_open and piece.goes_on):
            open_at[piece.sign] = place
            may_open = True
    yield from _styled(pieces, pairs)


class _Sign:
    """A sign that may begin a style, or go on beginning one behind another sign, or end it."""

    def __init__(self, sign: str, line: str, start: int, end: int) -> None:
        before, after = line[start - 1 : start], line[end : end + 1]
        self.sign = sign
        self.goes_on = bool(after.strip())
        self.opens = self.goes_on and (not before or bool(_BEFORE.match(before)))
        self.closes = bool(before.strip()) and (not after or bool(_AFTER.match(after)))


def _styled(pieces: Sequence["Inline | CodeBlock | _Sign"], pairs: dict[int, int]) -> Iterator[Inline | CodeBlock]:
    ends = set(pairs.values())
    depth = {"bold": 0, "italic": 0, "strike": 0}
    for place, piece in enumerate(pieces):
        if isinstance(piece, _Sign) and (place in pairs or place in ends):
            style = _STYLES[piece.sign]
            if style:
                depth[style] += 1 if place in pairs else -1
            continue
        styles = {style: count > 0 for style, count in depth.items()}
        if isinstance(piece, _Sign):
            yield Text(piece.sign, **styles)
        elif isinstance(piece, Text):
            yield Text(piece.text, **styles)
        else:
            yield piece


def _pieces(line: str, kept: Kept) -> Iterator["Inline | CodeBlock | _Sign"]:
    end = 0
    for found in _TOKEN.finditer(line):
        if found.start() < end:
            continue
        if found.start() > end:
            yield Text(_words(line[end : found.start()]))
        piece, end = _piece(found, line, kept)
        yield piece
    yield Text(_words(line[end:]))


def _piece(found: re.Match[str], line: str, kept: Kept) -> tuple["Inline | CodeBlock | _Sign", int]:
    """Read what was found; give it and where it ends."""
    match found.lastgroup:
        case "kept":
            return kept[int(found["kept"])], found.end()
        case "target":
            target = _target(found["target"])
            label = _words(_back(found["label"], kept))
            return _link(target, label), found.start("target") + len(target)
        case "image" | "alt":
            return _link(found["image"], _words(found["alt"] or "")), found.end()
        case "code":
            return Code(_back(found["code"], kept)), found.end()
        case "page" | "title":
            return Text(_words(found["title"] or found["page"])), found.end()
        case "login":
            return Mention(found["login"], found["login"]), found.end()
        case "address":
            address = address_at(line, found.start())
            return (Link(address), found.start() + len(address)) if address else (Text(found[0]), found.end())
        case _ if found["sign"] in _STYLES:
            return _Sign(found["sign"], line, found.start(), found.end()), found.end()
        case _:
            return Text(found[0]), found.end()


def _link(address: str, label: str) -> Inline:
    """Make a link of an address; of one within the server only the words are kept."""
    whole = f"http://{address}" if address.startswith("www.") else address
    return Link(whole, label) if is_safe(whole) else Text(label or address)


def _target(raw: str) -> str:
    """Give the address without the sentence's own signs behind it."""
    target = _BEHIND_TARGET.sub("", raw)
    if target.endswith(")") and target.count("(") < target.count(")"):
        target = _BEHIND_TARGET.sub("", target[:-1])
    return target


def _back(text: str, kept: Kept) -> str:
    """Put back what was put away, as words."""
    return _PLACE.sub(lambda found: getattr(kept[int(found[1])], "text", ""), text)


def _words(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)
