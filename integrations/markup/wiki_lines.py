"""A line of Jira's wiki notation read into runs: links, images, code, mentions and styles."""

import html
import re
from collections.abc import Iterator

from integrations.markup.base import Break, Code, Inline, Link, Mention, Text
from integrations.markup.normal import address_at, is_safe

_TOKEN = re.compile(
    r"(?P<newline>\\\\)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|\{\{(?P<code>(?:\\.|[^\\\n{}])++)\}\}"
    r"|\[~(?:accountid:)?(?P<login>[^\[\]\s|]{1,128})\]"
    r"|\[(?:(?P<label>(?:\\.|[^\\\[\]|\n])+)\|)?(?P<target>(?:https?://|mailto:)[^\[\]|\s]+)(?:\|[^\[\]\n]*)?\]"
    r"|\[\^(?P<file>[^\[\]|\n]+)\]"
    r"|(?<![\w\\])!(?P<image>[^\s!|]+)(?:\|[^!\n]*)?!"
    r"|(?P<address>(?<![A-Za-z0-9])https?://)"
    r"|\{(?P<framed>[*_+^~-]|\?\?)\}"
    r"|(?P<sign>[*_+^~-]|\?\?)"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED = re.compile(rf"\\([!-/:-@\[-`{{-~])|{_ENTITY.pattern}")
# An underscore is a sign itself.
_WORD = re.compile(r"[^\W_]")
_STYLES = {"*": "bold", "_": "italic", "-": "strike", "??": "italic"}


def read_line(line: str) -> list[Inline]:
    """Read a line."""
    pieces = list(_pieces(line))
    open_at: dict[str, int] = {}
    pairs: dict[int, int] = {}
    for place, piece in enumerate(pieces):
        if not isinstance(piece, _Sign):
            continue
        begun = open_at.get(piece.sign)
        if begun is not None and piece.closes and begun < place - 1:
            pairs[begun] = place
            del open_at[piece.sign]
        elif piece.opens:
            open_at[piece.sign] = place
    return list(_styled(pieces, pairs))


class _Sign:
    """A sign that may begin or end a style; in brackets it does so within a word, too."""

    def __init__(self, found: re.Match[str], line: str) -> None:
        before, after = line[found.start() - 1 : found.start()], line[found.end() : found.end() + 1]
        self.sign = found["framed"] or found["sign"]
        self.text = found[0]
        is_framed = found["framed"] is not None
        self.opens = is_framed or (not _WORD.match(before) and bool(after.strip()))
        self.closes = is_framed or (bool(before.strip()) and not _WORD.match(after))


def _styled(pieces: "list[Inline | _Sign]", pairs: dict[int, int]) -> Iterator[Inline]:
    ends = set(pairs.values())
    depth = dict.fromkeys(_STYLES.values(), 0)
    for place, piece in enumerate(pieces):
        if isinstance(piece, _Sign) and (place in pairs or place in ends):
            style = _STYLES.get(piece.sign)
            if style:
                depth[style] += 1 if place in pairs else -1
            continue
        styles = {style: count > 0 for style, count in depth.items()}
        if isinstance(piece, _Sign | Text):
            yield Text(piece.text, **styles)
        else:
            yield piece


def _pieces(line: str) -> "Iterator[Inline | _Sign]":
    end = 0
    for found in _TOKEN.finditer(line):
        if found.start() < end:
            continue
        if found.start() > end:
            yield Text(_unescaped(line[end : found.start()]))
        piece, end = _piece(found, line)
        yield piece
    yield Text(_unescaped(line[end:]))


def _piece(found: re.Match[str], line: str) -> "tuple[Inline | _Sign, int]":
    """Read what was found; give it and where it ends."""
    match found.lastgroup:
        case "newline":
            return Break(), found.end()
        case "escaped":
            return Text(found["escaped"]), found.end()
        case "code":
            return Code(_words(found["code"])), found.end()
        case "login":
            return Mention(found["login"], found["login"]), found.end()
        case "target":
            return _link(found["target"], _words(found["label"] or "")), found.end()
        case "file" | "image":
            return _link(found["file"] or found["image"], ""), found.end()
        case "address":
            address = address_at(line, found.start())
            return (Link(address), found.start() + len(address)) if address else (Text(found[0]), found.end())
        case _:
            return _Sign(found, line), found.end()


def _link(address: str, label: str) -> Inline:
    """Make a link of an address; of a file in the issue only the name is kept."""
    return Link(address, label) if is_safe(address) else Text(label or address)


def _words(text: str) -> str:
    return _ESCAPED.sub(lambda found: found[1] or html.unescape(found[0]), text)


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)
