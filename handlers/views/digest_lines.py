"""The lines of digests as Slack's mrkdwn: pieces in their style, figures, and what became of a line; pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.digests import words
from bot.digests.facts import Figure, Item, Line, Mark, Piece, Quote
from bot.text import beginning, clean, is_blank, safe_url
from handlers.views import text
from handlers.views.mrkdwn_writer import write_mrkdwn
from integrations.markup.base import Code, Document, Inline, Link, Mention, Paragraph, Text

# An address of a tracker has about 60 characters; a long one is not worth a twentieth of the message.
LINK_LIMIT = 300
_LABEL_LIMIT = 80
_NAME_LIMIT = 60
_SPACES = re.compile(r"\s+")
# A sign that would open or close a style; where a whole line is struck through, it is left out.
_SIGN = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)|`")
# Beyond this, two values differ by more than a float can hold.
_GREATEST = 1e15
_WEEKS = 8


def write(line: Line, limit: int, *, quiet: bool = False) -> str:
    """Write a line of at most `limit` characters as they are counted by Slack; never empty.

    `quiet` writes the names of those who would be told.
    """
    pieces = [_on_one_line(piece, quiet=quiet) for piece in line]
    room = limit
    while room > 0:
        written = _written(_shortened(pieces, room))
        if text.length(written) <= limit:
            return written or text.NOTHING
        room = room * 3 // 4
    return text.NOTHING


def inline(words_of_others: str, limit: int) -> str:
    """Write words on one line, without what cannot be shown."""
    return text.inline(clean(words_of_others).text, limit)


def plain(line: Line) -> str:
    """Give the words of a line, without any style."""
    return _SPACES.sub(" ", clean("".join(piece.text for piece in line)).text).strip()


def struck(item: Item, mark: Mark, limit: int) -> str:
    """Write the line of an item through which a line is drawn, with who did what."""
    shown = _SIGN.sub("", plain(item.line))
    done = ", ".join(inline(part, _NAME_LIMIT) for part in (mark.what, mark.by) if not is_blank(part))
    return f"{write((Piece(shown, struck=mark.struck),), limit)} ✅{f' {done}' if done else ''}"


def figure(one: Figure) -> str:
    """Write a figure: its label, the number, eight weeks as a line, what to compare with."""
    parts = [inline(one.value, _LABEL_LIMIT) or text.NOTHING]
    series = finite(one.series)
    if any(value is not None for value in series):
        parts.append(f"`{words.sparkline(series)}`")
    if not is_blank(one.against):
        parts.append(inline(one.against, _LABEL_LIMIT))
    if one.is_unusual:
        parts.append("· *unusual*")
    label = write((Piece(one.label, bold=True),), _LABEL_LIMIT)
    return f"{label}\n{' '.join(parts)}"


def quote(one: Quote, limit: int) -> str:
    """Write what a customer said, and who it was."""
    said = _SPACES.sub(" ", clean(one.text).text).strip().strip("“”\"'")
    return text.quote(f"“{said}” — {_SPACES.sub(' ', clean(one.by).text).strip()}", limit)


def finite(series: Sequence[float | None]) -> list[float | None]:
    """Give the values of a series, newest kept, with None for what is no number that can be drawn."""
    return [value if value is not None and abs(value) < _GREATEST else None for value in series[-_WEEKS:]]


def _on_one_line(piece: Piece, *, quiet: bool) -> Piece:
    mention = "" if quiet else piece.mention
    return Piece(
        _SPACES.sub(" ", clean(piece.text).text), piece.bold, piece.italic, piece.struck, piece.code, piece.url, mention
    )


def _shortened(pieces: Sequence[Piece], room: int) -> Iterator[Piece]:
    """Yield pieces with at most so many characters in all; a cut one ends with "…"."""
    for piece in pieces:
        if room <= 0:
            return
        kept = piece.text if text.length(piece.text) <= room else f"{beginning(piece.text, room).rstrip()}…"
        room -= text.length(piece.text)
        yield Piece(kept, piece.bold, piece.italic, piece.struck, piece.code, piece.url, piece.mention)


def _written(pieces: Iterator[Piece]) -> str:
    parts = []
    for is_alone, together in groupby(pieces, _is_bold_link):
        if is_alone:
            parts += [f"*{text.link(piece.url, piece.text, LINK_LIMIT)}*" for piece in together]
        else:
            parts.append(_run(list(together)))
    written = "".join(parts).strip()
    return "" if is_blank(written) else written


def _run(pieces: list[Piece]) -> str:
    """Write pieces with the spaces around them, which a paragraph of its own would lose."""
    all_words = "".join(piece.text for piece in pieces)
    written = write_mrkdwn(Document((Paragraph(tuple(_inline(piece) for piece in pieces)),)))
    before, after = " " * all_words.startswith(" "), " " * all_words.endswith(" ")
    return f"{before}{written}{after}" if written else " " * all_words.startswith(" ")


def _inline(piece: Piece) -> Inline:
    if piece.mention:
        return Mention(piece.mention, piece.text)
    if _is_link(piece):
        return Link(piece.url, piece.text)
    if piece.code and not is_blank(piece.text):
        return Code(piece.text)
    return Text(piece.text, piece.bold, piece.italic, piece.struck)


def _is_bold_link(piece: Piece) -> bool:
    return piece.bold and not piece.mention and _is_link(piece) and not _SIGN.search(piece.text)


def _is_link(piece: Piece) -> bool:
    return bool(safe_url(piece.url)) and len(piece.url) <= LINK_LIMIT and not is_blank(piece.text)
