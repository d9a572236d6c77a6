"""Writes Textile as Redmine has it.

Redmine looks for signs with one regular expression after the other, so there is no one way to escape. What would be
read as more than words is broken by an invisible character, or written as an entity where that does not help.
https://www.redmine.org/projects/redmine/wiki/RedmineTextFormattingTextile
"""

import re
from collections.abc import Callable, Sequence

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
    Text,
)
from integrations.markup.normal import GUARD, is_safe, normalise

MentionWriter = Callable[[str], str]

_ENTITIES = {"@": "&#64;", "<": "&lt;", '"': "&quot;", "*": "&#42;", "_": "&#95;", "-": "&#45;"}
_ALWAYS = re.compile(r"[@<]|&(?=#?[A-Za-z0-9]+;)")
_QUOTE_OR_SIGN = re.compile(r'["*_-]')

_KINDS = "attachment|document|version|forum|news|message|project|commit|source|export|user"
# Where an invisible character is put, before or behind what is found, so that no expression of Redmine's matches.
_BEFORE = re.compile(
    r"(?<![^\W_])(?:[*_+^~%-]+|\?\?|!)(?=\S)"  # *strong*, !image!
    r"|(?<!\S)==|(?<=\w)\[(?=\d+\])|(?<=[A-Z0-9])\("  # ==as it is==, a footnote[1], HTML(an abbreviation)
)
_BEHIND = re.compile(
    rf'[#|](?=\w)|(?<![A-Za-z0-9])r(?=\d)|(?:{_KINDS})(?=:\S)|\{{(?=\{{)|\[(?=\[)|"(?=:)|x%x(?=%)', re.ASCII
)
# What makes a line more than words: lists, quotes, tables, attributes, and h1. or p(class).
_START = re.compile(r"(?=[#*>|=_<({\[~^-]|(?:p|bq|h[1-6]|fn\d+)[^\w\s])", re.ASCII)

_ADDRESS = re.compile(r"https?://[^\s<>\"\u2060]+")
_NO_ADDRESS = re.compile(r"[<>\"\s\\^{}|]|(?<![A-Za-z0-9_])@|\((?=[*_+~%?-])|[^\w=/#-]$", re.ASCII)
# Behind a link may stand nothing, a blank, or signs before a blank; anything else would be taken for the address.
_MAY_FOLLOW_LINK = re.compile(r"[.,:!?]*(?:\s|$)")
_MAY_FOLLOW_STYLE = re.compile(r"[.,:;?)]|\s|$")
# Ends an address or a style, and shows nothing.
_NOTHING = "<notextile></notextile>"

_PLAIN_CODE = re.compile(r"(?!.*==)[\w./:](?:[\w./:,;()'#$*+= -]*[\w./:()'*+=-])?", re.ASCII)
_TAG_IN_CODE = re.compile(r"<(?=/?(?:code|pre|kbd|notextile)\b)", re.IGNORECASE)
_LANGUAGE = re.compile(r"\w+", re.ASCII)


def write(document: Document, mention: MentionWriter | None = None) -> str:
    """Write Textile; `mention` gives the server's own form of an account, without it people are only named."""
    return _Writer(mention).blocks(normalise(document).blocks)


class _Writer:
    """Writes for a server whose mentions look as `mention` says."""

    def __init__(self, mention: MentionWriter | None) -> None:
        self._mention = mention

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "\n\n".join(map(self.block, blocks))

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return self.lines(content)
            case Heading(level, content):
                return f"h{level}. {self.lines(content, ' ')}"
            case CodeBlock(text, language):
                return _code_block(text, language)
            case Quote(blocks):
                return _quoted(self.blocks(blocks))
            case ListBlock():
                return self.items(block, "")
            case _:
                return "---"

    def items(self, block: ListBlock, above: str) -> str:
        sign = above + ("#" if block.ordered else "*")
        return "\n".join(self.item(item, sign) for item in block.items)

    def item(self, item: Sequence[Block], sign: str) -> str:
        """Write an item: its words on one line and those below it, then the lists within it."""
        words = [self.within_item(block) for block in item if not isinstance(block, ListBlock)]
        lists = [self.items(block, sign) for block in item if isinstance(block, ListBlock)]
        return "\n".join([f"{sign} {GUARD if not words else ''}" + "\n".join(words), *lists])

    def within_item(self, block: Block) -> str:
        match block:
            case Heading(_, content):
                return self.lines(content)
            case Quote(blocks):
                return "\n".join(map(self.within_item, blocks))
            case ListBlock(items):
                return "\n".join(self.within_item(inner) for item in items for inner in item)
            case _:
                return self.block(block)

    def lines(self, content: Sequence[Inline], line_end: str = "\n") -> str:
        """Write what stands in a paragraph; no line of it begins a block."""
        lines = [""]
        for place, one in enumerate(content):
            if isinstance(one, Break):
                lines.append("")
                continue
            after = content[place + 1] if place + 1 < len(content) else None
            lines[-1] += self.inline(one, lines[-1], after)
        return line_end.join(_guarded(line.strip()) for line in lines if line.strip())

    def inline(self, one: Inline, before: str, after: Inline | None) -> str:
        match one:
            case Text():
                return _styled(one, before, after)
            case Code(text):
                return _code(text, before, after)
            case Link(url, text) if is_safe(url):
                return _link(url, text, before, after)
            case Link(url, text):
                return escaped(text or url)
            case Mention(account, name) if account and self._mention is not None:
                return self._mention(account)
            case Mention(account, name):
                return escaped(name or account)
            case _:
                return ""


def escaped(words: str) -> str:
    """Write words so that they are no more than words; addresses in them become links of themselves."""
    written, end = "", 0
    for found in _ADDRESS.finditer(words):
        written += _escaped_words(words[end : found.start()]) + _address(found[0])
        end = found.end()
    return written + _escaped_words(words[end:])


def _escaped_words(words: str) -> str:
    guarded = _BEFORE.sub(lambda found: GUARD + found[0], words.replace(GUARD, ""))
    guarded = _BEHIND.sub(lambda found: found[0] + GUARD, guarded)
    return _ALWAYS.sub(lambda found: _ENTITIES.get(found[0], "&amp;"), guarded)


def _guarded(line: str) -> str:
    return _START.sub(GUARD, line, count=1) if _START.match(line) else line


def _styled(one: Text, before: str, after: Inline | None) -> str:
    words = one.text
    signs = "*" * one.bold + "_" * one.italic + "-" * one.strike
    inner = words.strip()
    if not signs or not inner or not _can_be_styled(words, before, after):
        return escaped(words)
    lead, trail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    content = _no_attributes(_QUOTE_OR_SIGN.sub(_entity, _escaped_words(inner).replace(GUARD + "-", "-")))
    return f"{lead}{signs}{content}{signs[::-1]}{trail}"


def _can_be_styled(words: str, before: str, after: Inline | None) -> bool:
    """Say whether Textile reads a style here: not within a word. The words are kept in any case."""
    opens = words[0].isspace() or not before or before[-1] in " (*_-"
    if words[-1].isspace() or not isinstance(after, Text):
        return opens
    is_styled = after.bold or after.italic or after.strike
    return opens and (is_styled or _MAY_FOLLOW_STYLE.match(after.text) is not None)


def _code(text: str, before: str, after: Inline | None) -> str:
    is_free = not re.search(r"\w$", before, re.ASCII) and not (isinstance(after, Text) and after.text[:1].isalnum())
    if is_free and not isinstance(after, Code) and _PLAIN_CODE.fullmatch(text):
        return f"@{text}@"
    # Redmine looks for mentions in code, too.
    line = " ".join(text.split("\n")).replace("@", f"@{GUARD}")
    return f"<code>{_TAG_IN_CODE.sub('<' + GUARD, line)}</code>"


def _code_block(text: str, language: str) -> str:
    kept = _TAG_IN_CODE.sub("<" + GUARD, text)
    if _LANGUAGE.fullmatch(language):
        return f'<pre><code class="{language}">\n{kept}\n</code></pre>'
    return f"<pre>\n{kept}\n</pre>"


def _quoted(text: str) -> str:
    """Put a sign before each line; not within code, which would show it."""
    lines, is_code = [], False
    for line in text.split("\n"):
        lines.append(line if is_code else f"> {line}".rstrip())
        if line.startswith("<pre>"):
            is_code = True
        elif line.endswith("</pre>"):
            is_code = False
    return "\n".join(lines)


def _link(url: str, text: str, before: str, after: Inline | None) -> str:
    address = _address(url)
    follows = after.text if isinstance(after, Text) else ("" if after is None or isinstance(after, Break) else "x")
    end = "" if _MAY_FOLLOW_LINK.match(follows) else _NOTHING
    if not text and (not before or before[-1].isspace()) and url.startswith("http"):
        return address + end
    label = _no_attributes(_QUOTE_OR_SIGN.sub(_entity, _escaped_words(" ".join((text or url).split()))))
    # Words in brackets at the end would be a title, which is not shown.
    guard = GUARD if label.endswith(")") else ""
    return f'"{label}{guard}":{address}{end}'


def _no_attributes(content: str) -> str:
    """Keep (what) {stands} [first] from being read as a class, a style or a language."""
    return GUARD + content if content.startswith(("(", "{", "[")) else content


def _address(url: str) -> str:
    return _NO_ADDRESS.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES[found[0]]
