"""Rich text of Slack, both ways: what a person wrote is read whole, and what is shown pings nobody unmeant. Pure."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handlers.views import text
from handlers.views.blocks import Block, section
from integrations.markup.base import (
    Block as Part,
)
from integrations.markup.base import (
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
    Text,
)
from integrations.markup.normal import GUARD, is_safe, normalise

# A section holds 3,000 characters, a message 50 blocks and about 13,000 characters; a card's thread needs less.
SECTION_LIMIT = 2900
MOST_SECTIONS = 4
_CUT = "… _cut here; the rest is in the tracker_"

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_TOKEN = re.compile(r"`([^`\n]+)`|<([^<>\n]+)>")
_STYLED = re.compile(r"(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\1(?![\w*_~])")
_SIGNS = {"*": "bold", "_": "italic", "~": "strike"}
# What must not be cut through: a link or mention, an entity; of the rest so much at a time.
_WHOLE = re.compile(r"<[^<>]*>|&[a-z]+;|[^<&]{1,200}|.")
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")


def read_message(message: Mapping[str, Any]) -> Document:
    """Read a message: its rich text blocks where it has such, else its text."""
    blocks = [one for one in message.get("blocks") or [] if isinstance(one, Mapping) and one.get("type") == "rich_text"]
    if blocks:
        return normalise(Document(tuple(part for block in blocks for part in _elements(block.get("elements")))))
    return read_mrkdwn(str(message.get("text") or ""))


def read_mrkdwn(words: str) -> Document:
    """Read mrkdwn: fences, quotes, lines, and what stands between < and >."""
    found: list[Part] = []
    end = 0
    for match in _FENCE.finditer(words):
        found += [*_lines(words[end : match.start()]), CodeBlock(html.unescape(match[1]))]
        end = match.end()
    return normalise(Document((*found, *_lines(words[end:]))))


def write_mrkdwn(document: Document) -> str:
    """Write mrkdwn; only people whose account is a Slack id are mentioned, channels and groups never."""
    return "\n".join(_write(part) for part in document.blocks)


def write_blocks(document: Document) -> list[Block]:
    """Write sections of mrkdwn, cut between parts; what is too long for a message says where the rest is."""
    pieces: list[str] = []
    for part in document.blocks:
        for piece in _pieces(part):
            if pieces and len(pieces[-1]) + len(piece) < SECTION_LIMIT:
                pieces[-1] += f"\n{piece}"
            else:
                pieces.append(piece)
    shown = pieces[:MOST_SECTIONS]
    return [section(piece) for piece in (*shown, *([_CUT] if len(pieces) > len(shown) else []))]


def _elements(elements: Any) -> list[Part]:
    found: list[Part] = []
    for one in elements or []:
        if not isinstance(one, Mapping):
            continue
        match one.get("type"):
            case "rich_text_list":
                items = tuple(tuple(_elements([item])) for item in one.get("elements") or [])
                found.append(ListBlock(items, one.get("style") == "ordered"))
            case "rich_text_preformatted":
                found.append(CodeBlock("".join(_plain(leaf) for leaf in one.get("elements") or [])))
            case "rich_text_quote":
                found.append(Quote((Paragraph(tuple(_leaves(one.get("elements")))),)))
            case _:
                found.append(Paragraph(tuple(_leaves(one.get("elements")))))
    return found


def _leaves(elements: Any) -> list[Inline]:
    return [leaf for one in elements or [] if isinstance(one, Mapping) for leaf in _leaf(one)]


def _leaf(one: Mapping[str, Any]) -> list[Inline]:
    style = one.get("style")
    styles: Mapping[str, Any] = style if isinstance(style, Mapping) else {}
    match one.get("type"):
        case "link":
            return [Link(str(one.get("url") or ""), str(one.get("text") or ""))]
        case "user":
            return [Mention(str(one.get("user_id") or ""), str(one.get("user_id") or ""))]
        case "text" if styles.get("code"):
            return [Code(str(one.get("text") or ""))]
        case _:
            flags = {name: bool(styles.get(name)) for name in ("bold", "italic", "strike")}
            return [Text(_plain(one), **flags)]


def _plain(one: Mapping[str, Any]) -> str:
    match one.get("type"):
        case "emoji":
            return f":{one.get('name')}:"
        case "channel":
            return f"#{one.get('channel_id')}"
        case "usergroup":
            return "@group"
        case "broadcast":
            return f"@{one.get('range')}"
        case "date":
            return str(one.get("fallback") or "")
        case _:
            return str(one.get("text") or one.get("url") or "")


def _lines(words: str) -> list[Part]:
    found: list[Part] = []
    quoted: list[Inline] = []
    plain: list[Inline] = []
    for line in words.split("\n"):
        if line.startswith(("&gt;", ">")):
            quoted += [*([Break()] if quoted else []), *_words(line.removeprefix("&gt;").removeprefix(">").strip())]
            continue
        if quoted:
            found += [Paragraph(tuple(plain)), Quote((Paragraph(tuple(quoted)),))]
            quoted, plain = [], []
        if line.strip():
            plain += [*([Break()] if plain else []), *_words(line)]
        else:
            found.append(Paragraph(tuple(plain)))
            plain = []
    return [*found, Paragraph(tuple(plain)), *([Quote((Paragraph(tuple(quoted)),))] if quoted else [])]


def _words(line: str) -> list[Inline]:
    found: list[Inline] = []
    end = 0
    for match in _TOKEN.finditer(line):
        found += _styled(line[end : match.start()])
        found += [Code(html.unescape(match[1]))] if match[1] is not None else _between(match[2])
        end = match.end()
    return [*found, *_styled(line[end:])]


def _between(token: str) -> list[Inline]:
    """Read what stands between < and >: a person, a channel, a group, an address."""
    target, _, label = token.partition("|")
    label = html.unescape(label)
    if target.startswith("@"):
        return [Mention(target[1:], label or target[1:])]
    if target.startswith("#"):
        return [Text(f"#{label or target[1:]}")]
    if target.startswith("!"):
        return [Text(label or f"@{target[1:].partition('^')[0]}")]
    return [Link(html.unescape(target), label)]


def _styled(words: str) -> list[Inline]:
    found: list[Inline] = []
    end = 0
    for match in _STYLED.finditer(words):
        found.append(Text(html.unescape(words[end : match.start()])))
        found.append(Text(html.unescape(match[2]), **{_SIGNS[match[1]]: True}))
        end = match.end()
    return [*found, Text(html.unescape(words[end:]))]


def _write(part: Part) -> str:
    match part:
        case Paragraph(content):
            return _write_line(content)
        case Heading(_, content):
            return f"*{_write_line(content).replace('*', '')}*"
        case CodeBlock(code):
            return f"```\n{text.escape(code.replace('```', f'``{GUARD}`'))}\n```"
        case Quote(blocks):
            return "\n".join(f"&gt; {line}" for line in write_mrkdwn(Document(blocks)).split("\n"))
        case ListBlock(items, ordered):
            signs = [f"{number}. " if ordered else "• " for number in range(1, len(items) + 1)]
            return "\n".join(
                sign + write_mrkdwn(Document(item)).replace("\n", "\n    ")
                for sign, item in zip(signs, items, strict=True)
            )
        case _:
            return "———"


def _write_line(content: Iterable[Inline]) -> str:
    return "".join(_write_inline(one) for one in content)


def _write_inline(one: Inline) -> str:
    match one:
        case Text(words):
            return _write_text(one, words)
        case Code(code):
            return f"`{text.escape(code.replace('`', GUARD))}`"
        case Link(url, label) if is_safe(url):
            return text.link(url, label)
        case Link(url, label):
            return text.escape(label or url)
        case Mention(account, _) if _USER_ID.fullmatch(account):
            return text.mention(account)
        case Mention(account, name):
            return _quiet(name or account)
        case _:
            return "\n"


def _write_text(one: Text, words: str) -> str:
    inner = words.strip()
    signs = "*" * one.bold + "_" * one.italic + "~" * one.strike
    if not signs or not inner:
        return _quiet(words)
    lead, trail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{lead}{signs}{_quiet(inner)}{signs[::-1]}{trail}"


def _quiet(words: str) -> str:
    """Escape words, and keep their own signs from opening a style."""
    return text.escape(re.sub(r"(?<![\w])([*_~`])(?=\S)", rf"{GUARD}\1", words.replace(GUARD, "")))


def _pieces(part: Part) -> Sequence[str]:
    """Write a part, cut at lines where it is longer than a section; no entity is cut through."""
    written = _write(part)
    if len(written) <= SECTION_LIMIT:
        return [written] if written.strip() else []
    pieces, piece = [], ""
    for line in written.split("\n"):
        for start, token in enumerate(_WHOLE.findall(line) or [""]):
            if len(piece) + len(token) >= SECTION_LIMIT:
                pieces.append(piece)
                piece = ""
            piece += token if start or not piece else f"\n{token}"
    return [*pieces, piece]
