"""Markdown read into a tree: images become links, HTML is left out but for the words in it."""

import html
import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

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
from integrations.markup.normal import address_at, normalise

# GitHub refuses a body of more; the parser takes a second for as much. What is longer is read as plain lines.
# https://github.com/orgs/community/discussions/41331
_LONGEST = 70_000
# Deeper than people nest; what is deeper would be left out.
_DEEPEST = 60
# The parser looks to the end of a paragraph for each bracket that is not closed: 30,000 of them take 6 s.
_MOST_OPEN = 100

_LISTS = {"bullet_list_open": "bullet_list_close", "ordered_list_open": "ordered_list_close"}
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
# A login, not the first half of a team's or a package's name, and not the end of an e-mail address.
_MENTION = re.compile(r"(?<![\w@/.-])@([A-Za-z0-9_](?:[\w.-]{0,98}[A-Za-z0-9_])?)(?![\w/@-])", re.ASCII)
_SCHEME = re.compile(r"(?<![A-Za-z0-9])https?\Z", re.IGNORECASE)

_BRACKET = re.compile(r"[\[\]]|\n[ \t]*\n")
_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_TAG = re.compile(r"<[/!?]?[A-Za-z][^<>]*>")
# What stands between these is no text.
_SILENT = ("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")


class _Parser(MarkdownIt):
    """A parser that takes addresses as they are: what may be a link is decided by the tree."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's own name
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the parser's own name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the parser's own name
        return link


def read(raw: str) -> Document:
    """Read Markdown; it may be as long as it likes, and never raises.

    `@login` is a mention whose account and name are the login.
    """
    text = raw.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if len(text) > _LONGEST or _open_brackets(text) > _MOST_OPEN:
        return normalise(Document((Paragraph(tuple(_words(text, {}))),)))
    return normalise(Document(tuple(_blocks(iter(_parser().parse(text)), ""))))


def _open_brackets(text: str) -> int:
    """Count how many brackets of one paragraph are open at once, at most."""
    depth = most = 0
    for found in _BRACKET.finditer(text):
        depth = {"[": depth + 1, "]": max(depth - 1, 0)}.get(found[0], 0)
        most = max(most, depth)
    return most


@cache
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"maxNesting": _DEEPEST}).enable(["strikethrough", "table"])
    parser.inline.ruler.before("escape", "address", _address)
    return parser


def _address(state: StateInline, silent: bool) -> bool:
    """Take a bare address whole, before the signs in it are taken for styles."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src[max(state.pos - 6, 0) : state.pos])
    if scheme is None or not state.pending.endswith(scheme[0]):
        return False
    start = state.pos - len(scheme[0])
    address = address_at(state.src, start)
    if not address:
        return False
    state.pending = state.pending[: -len(scheme[0])]
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": html.unescape(address)}
    state.push("text", "", 0).content = html.unescape(address)
    state.push("link_close", "a", -1)
    state.pos = start + len(address)
    return True


def _blocks(tokens: Iterator[Token], end: str) -> Iterator[Block]:
    for token in tokens:
        if token.type == end:
            return
        yield from _block(token, tokens)


def _block(token: Token, tokens: Iterator[Token]) -> Sequence[Block]:
    match token.type:
        case "heading_open":
            return [Heading(int(token.tag[1]), tuple(_inline(next(tokens).children or [])))]
        case "inline":
            return [Paragraph(tuple(_inline(token.children or [])))]
        case "fence" | "code_block":
            return [CodeBlock(token.content, token.info.strip().partition(" ")[0])]
        case "blockquote_open":
            return [Quote(tuple(_blocks(tokens, "blockquote_close")))]
        case "bullet_list_open" | "ordered_list_open":
            return [ListBlock(tuple(_items(tokens, _LISTS[token.type])), token.type == "ordered_list_open")]
        case "table_open":
            return [Paragraph(tuple(_rows(tokens)))]
        case "html_block":
            return [Paragraph(tuple(_html(token.content)))]
        case "hr":
            return [Rule()]
        case _:
            return []


def _items(tokens: Iterator[Token], end: str) -> Iterator[tuple[Block, ...]]:
    for token in tokens:
        if token.type == end:
            return
        yield tuple(_blocks(tokens, "list_item_close"))


def _rows(tokens: Iterator[Token]) -> Iterator[Inline]:
    """Read each row of a table as a line: its cells with a bar between."""
    is_first = True
    for token in tokens:
        if token.type == "table_close":
            return
        if token.type == "tr_open":
            is_first = True
        elif token.type == "tr_close":
            yield Break()
        elif token.type == "inline":
            if not is_first:
                yield Text(" | ")
            is_first = False
            yield from _inline(token.children or [])


def _inline(tokens: Sequence[Token]) -> Iterator[Inline]:
    styles = dict.fromkeys(_STYLES.values(), 0)
    address, label = "", ""
    for token in tokens:
        kind, _, _ = token.type.rpartition("_")
        if kind in _STYLES:
            styles[_STYLES[kind]] += token.nesting
        elif token.type == "link_open":
            address, label = str(token.attrGet("href") or "#"), ""
        elif token.type == "link_close":
            yield Link(address, label)
            address = ""
        elif address:
            label += token.content if token.type != "softbreak" else " "
        else:
            yield from _leaf(token, {style: depth > 0 for style, depth in styles.items()})


def _leaf(token: Token, styles: dict[str, bool]) -> Sequence[Inline]:
    match token.type:
        case "softbreak" | "hardbreak":
            return [Break()]
        case "code_inline":
            return [Code(token.content)]
        case "image":
            return [Link(str(token.attrGet("src") or ""), token.content)]
        case "html_inline":
            return [Break()] if token.content.lower().startswith("<br") else list(_html(token.content))
        case _:
            return _words(token.content, styles)


def _words(raw: str, styles: dict[str, bool]) -> list[Inline]:
    """Read words with the mentions in them."""
    found: list[Inline] = []
    end = 0
    for match in _MENTION.finditer(raw):
        found += [Text(raw[end : match.start()], **styles), Mention(match[1], match[1])]
        end = match.end()
    return [*found, Text(raw[end:], **styles)]


def _html(raw: str) -> Iterator[Inline]:
    """Give the words between tags, and images as links."""
    for opening, closing in _SILENT:
        raw = _without(raw, opening, closing)
    end = 0
    for image in _IMAGE.finditer(raw):
        yield from _words(html.unescape(_TAG.sub("", raw[end : image.start()])), {})
        named = {
            one[1].lower(): html.unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(image[0])
        }
        yield Link(html.unescape(named.get("src", "")), html.unescape(named.get("alt", "")))
        end = image.end()
    yield from _words(html.unescape(_TAG.sub("", raw[end:])), {})


def _without(raw: str, opening: str, closing: str) -> str:
    """Leave out what stands between two marks, or up to the end."""
    lower = raw.lower()
    kept, end = [], 0
    while (start := lower.find(opening, end)) >= 0:
        kept.append(raw[end:start])
        closed = lower.find(closing, start)
        if closed < 0:
            return "".join(kept)
        end = closed + len(closing)
    return "".join([*kept, raw[end:]])
