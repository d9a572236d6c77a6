"""Textile written from a tree, as Redmine has it. Only the tree's own mentions tell anybody, and nothing is fetched.

Redmine looks for signs with one expression after the other, so there is no one way to escape. What would be read as
more than words is broken by an invisible character, or written as an entity where that does not help.
https://www.redmine.org/projects/redmine/wiki/RedmineTextFormattingTextile
https://github.com/redmine/redmine/blob/5.0-stable/lib/redmine/wiki_formatting/textile/redcloth3.rb
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
    Rule,
    Text,
)
from integrations.markup.normal import GUARD, named

MentionWriter = Callable[[str], str]

_ENTITIES = {"@": "&#64;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "*": "&#42;", "_": "&#95;", "-": "&#45;"}
_ALWAYS = re.compile(r"[@<>]|&(?=#?[A-Za-z0-9]+;)")
_QUOTE_OR_SIGN = re.compile(r'["*_-]')

_KINDS = "attachment|document|version|forum|news|message|project|commit|source|export|user"
# Where an invisible character is put, before or behind what is found, so that no expression of Redmine's matches:
# *strong*, !image!, ==as it is==, a footnote[1], HTML(an abbreviation);
_BEFORE = re.compile(
    r"(?<![^\W_])(?:[*_+^~%-]+|\?\?|!)(?!\s)|(?<!\S)==|(?<=\w)\[(?=\d+\])|(?<=[A-Z0-9])\((?=[^)]*\))|\|(?=[a-z])"
)
# #12, r12, commit:abc, {{macro}}, [[page]], "link":address, www.address, and what stands for & within Redmine.
_BEHIND = re.compile(
    rf'#(?=\w)|(?<![A-Za-z0-9])r(?=\d)|(?:{_KINDS})(?=:\S)|\{{(?=\{{)|\[(?=\[)|"(?=:)|x%x(?=%)'
    r"|(?<![A-Za-z0-9])(?:www(?=\.)|(?:https?|s?ftps?)(?=://))",
    re.ASCII,
)
# What makes a line more than words: lists, quotes, tables, rules, attributes, and h1. or p(class).
_START = re.compile(
    r"[>|=({\[^~]|[#*]+[\s({\[]|-+\.? ?\||(?:[*_-] ?){3,}\Z|(?:p|bq|h[1-6]|fn\d+)[^\w\s]|table[^\w\s]?", re.ASCII
)

# Signs that would end an address, or be read as a style, a mention or a page in it.
_NO_ADDRESS = re.compile(r"(?<![A-Za-z0-9_])@|\[(?=\[)|\((?=[*_+~%?-])|[^A-Za-z0-9_=/-]\Z")
# Behind an address may stand nothing, a blank, or signs before a blank; all else would be taken for a part of it.
_MAY_FOLLOW_ADDRESS = re.compile(r"[.,:!?]*(?:\s|\Z)")
_MAY_FOLLOW_STYLE = re.compile(r"[.,:;?)@\0]|!(?!\S)|\s|\Z")
_MAY_FOLLOW_MENTION = re.compile(r"[,:;!?)]|\.(?!\S)|\s|\Z")
_MAY_FOLLOW_CODE = re.compile(r"[^\w@]|\Z", re.ASCII)
# Ends an address, and shows nothing.
_NOTHING = "<notextile></notextile>"

# @ana@ would be code, and tell Ana: Redmine looks for mentions before all else. No login goes on like this.
_PLAIN_CODE = re.compile(r"(?!.*==)[\w.-]*[/:=(+$]\w(?:[\w./:,;()'#$*+= -]*\w)?", re.ASCII)
_UNFIT_FOR_CODE = re.compile(r"<(?=/?(?:code|pre|kbd|notextile)\b)|x%x(?=%)", re.IGNORECASE)
# Before Redmine looks for mentions it takes out what is quoted, a line each, and then what stands from <pre> to </pre>.
# So code in a quote loses its beginning, code with a line like a quote may lose its end, and the rest is no code.
_LIKE_QUOTE = re.compile(r"(?:\A|[\r\n])>(?:\s|\Z)")
_MENTION = re.compile(f"@(?!{GUARD})")
_LANGUAGE = re.compile(r"\w+", re.ASCII)


def write(document: Document, mention: MentionWriter | None = None) -> str:
    """Write Textile; `mention` gives the server's own form of an account, without it people are only named."""
    return _Writer(mention).blocks(named(document, lambda one: bool(one.account) and mention is not None).blocks)


class _Writer:
    """Writes for a server whose mentions look as `mention` says."""

    def __init__(self, mention: MentionWriter | None) -> None:
        self._mention = mention

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "\n\n".join(map(self._block, blocks))

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return self._lines(content)
            case Heading(level, content):
                return f"h{level}. {self._lines(content)}"
            case CodeBlock(text, language):
                return _code_block(text, language)
            case Quote(blocks):
                return _quoted(self.blocks(blocks))
            case ListBlock():
                return self._items(block, "")
            case _:
                return "---"

    def _items(self, block: ListBlock, above: str) -> str:
        sign = above + ("#" if block.ordered else "*")
        return "\n".join(self._item(item, sign) for item in block.items)

    def _item(self, item: Sequence[Block], sign: str) -> str:
        """Write an item: its words on one line and those below it, and the lists within it."""
        lines: list[str] = []
        for block in item:
            if isinstance(block, ListBlock):
                lines += [*([] if lines else [GUARD]), self._items(block, sign)]
            else:
                lines += filter(None, [self._within_item(block)])
        return f"{sign} " + ("\n".join(lines) or GUARD)

    def _within_item(self, block: Block) -> str:
        """Write a block without an empty line, which would end the list."""
        match block:
            case Heading(_, content):
                return self._lines(content)
            case Quote(blocks):
                return "\n".join(filter(None, map(self._within_item, blocks)))
            case ListBlock(items):
                return "\n".join(filter(None, (self._within_item(inner) for item in items for inner in item)))
            case Rule():
                return ""
            case _:
                return self._block(block)

    def _lines(self, content: Sequence[Inline]) -> str:
        """Write what stands in a paragraph; no line of it begins a block."""
        lines = [""]
        for place, one in enumerate(content):
            if isinstance(one, Break):
                lines.append("")
                continue
            lines[-1] += self._inline(one, lines[-1], _following(content[place + 1 : place + 3]))
        return "\n".join(GUARD + line if _START.match(line) else line for line in lines)

    def _inline(self, one: Inline, before: str, after: str) -> str:
        match one:
            case Text():
                return _text(one, before, after)
            case Code(text):
                return _code(text, before, after)
            case Link(url, text):
                return _link(url, text, before, after)
            case Mention(account):
                return self._mentioned(account, before, after)
            case _:
                return ""

    def _mentioned(self, account: str, before: str, after: str) -> str:
        """Write a mention; no letter may stand next to it."""
        assert self._mention is not None
        lead = "" if not before or before[-1].isspace() or before[-1] == "(" else " "
        return lead + self._mention(account) + ("" if _MAY_FOLLOW_MENTION.match(after) else " ")


def _escaped(words: str) -> str:
    guarded = _BEFORE.sub(lambda found: GUARD + found[0], words)
    guarded = _BEHIND.sub(lambda found: found[0] + GUARD, guarded)
    return _ALWAYS.sub(lambda found: _ENTITIES.get(found[0], "&amp;"), guarded)


def _quiet(words: str) -> str:
    """Write words that stand between signs: none of them is one of those, and none is an attribute."""
    written = _QUOTE_OR_SIGN.sub(lambda found: _ENTITIES[found[0]], _escaped(words))
    return GUARD + written if written.startswith(("(", "{", "[", "=", "~", "^", "#")) else written


def _text(one: Text, before: str, after: str) -> str:
    signs = "*" * one.bold + "_" * one.italic + "-" * one.strike
    if not signs:
        return _escaped(one.text)
    # Next to a letter Textile reads no style, and none on a single sign.
    lead = "" if not before or before[-1] in " (>" else _NOTHING
    trail = "" if _MAY_FOLLOW_STYLE.match(after) else _NOTHING
    guard = GUARD if len(one.text) == 1 and not one.text.isalnum() else ""
    return f"{lead}{signs}{_quiet(one.text)}{guard}{signs[::-1]}{trail}"


def _code(text: str, before: str, after: str) -> str:
    is_free = (not before or before[-1] in " (") and _MAY_FOLLOW_CODE.match(after)
    if is_free and _PLAIN_CODE.fullmatch(text):
        return f"@{text}@"
    # Redmine looks for mentions in code, too.
    return f"<code>{_fit_for_code(text).replace('@', '@' + GUARD)}</code>"


def _code_block(text: str, language: str) -> str:
    kept = _fit_for_code(text)
    if _LIKE_QUOTE.search(text):
        kept = _MENTION.sub(f"@{GUARD}", kept)
    if _LANGUAGE.fullmatch(language):
        return f'<pre><code class="{language}">\n{kept}\n</code></pre>'
    return f"<pre>\n{kept}\n</pre>"


def _fit_for_code(text: str) -> str:
    return _UNFIT_FOR_CODE.sub(lambda found: found[0] + GUARD, text)


def _quoted(text: str) -> str:
    """Put a sign before each line, but not within code, which would show it.

    The first line of that code is quoted, though, so the rest of it is guarded.
    """
    lines, is_code = [], False
    for line in text.split("\n"):
        lines.append(_MENTION.sub(f"@{GUARD}", line) if is_code else f"> {line}".rstrip())
        is_code = (is_code or "<pre>" in line) and not line.endswith("</pre>")
    return "\n".join(lines)


def _link(url: str, text: str, before: str, after: str) -> str:
    address = _NO_ADDRESS.sub(_percent, url.rstrip("#"))
    end = "" if _MAY_FOLLOW_ADDRESS.match(after) else _NOTHING
    if not text and address == url and (not before or before[-1].isspace()) and url.startswith("http"):
        return url + end
    label = _quiet(text or address)
    # Words in brackets at the end would be a title, which is not shown.
    guard = GUARD if label.endswith(")") else ""
    return f'"{label}{guard}":{address}{end}'


def _percent(found: re.Match[str]) -> str:
    return found[0] if found[0].isalpha() else "".join(f"%{byte:02X}" for byte in found[0].encode())


def _following(content: Sequence[Inline]) -> str:
    """Give the words that follow on the line; @ stands for code, a zero for all else that is more than words."""
    if not content or isinstance(content[0], Break):
        return ""
    match content[0]:
        case Text(text, bold=False, italic=False, strike=False):
            return text if len(content) == 1 or isinstance(content[1], Break) else f"{text}\0"
        case Code():
            return "@"
        case _:
            return "\0"
