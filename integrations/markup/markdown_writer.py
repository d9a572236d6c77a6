"""Markdown written from a tree. Only the tree's own mentions tell anybody, and nothing is closed or fetched."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

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

# References are looked for in the text after Markdown, so that a backslash does not stop them; the guard does.
# GitHub: @name, #1, GH-1, name@commit; GitLab also !1, $1, &1, ~label, %milestone, GL-1, [issue:1], *iteration:1.
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
# https://docs.gitlab.com/user/markdown/#gitlab-specific-references
_REFERENCE = re.compile(
    r"(?<![A-Za-z0-9_])@(?=[\w.])|@(?=[0-9a-fA-F]{7,40}\b)|[#!$&](?=\d)|~(?=[\w\"])|(?<![A-Za-z0-9])%(?=[\w\"])|\b(?:GH|GL)-(?=\d)"
    r"|[\[*^](?=[a-z_]{1,30}[:#])",
    re.IGNORECASE,
)
# A word that closes what an address behind it leads to.
# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
_CLOSING = re.compile(
    r"\b(clos|fix|resolv|implement|duplicat)(?=(?:e|e[ds]|es|ed|ing|s)?(?: of)?(?: issues?)?:?\s*\Z)", re.IGNORECASE
)
# The last two: where an address is no link in the tree, GitHub would make one, with the signs behind it.
_SPECIAL = re.compile(
    r"[*`\[\]~$]|\\(?=[!-/:-@\[-`{-~]|\Z)|<(?!\s)|&(?=#?\w)|(?<![^\W_])_|_(?![^\W_])|!(?=\[|\Z)|:(?=//)|(?<=www)\."
)
# What begins a block, or a table, at the start of a line.
_START = re.compile(r"(?:([-+=#>|:])|(\d{1,9})(?=[.)]))", re.ASCII)
_SLASH = re.compile(r"^([*~\[]*)/")
# Where a title would end.
_SHARPS_AT_END = re.compile(r"(?<= )(?=#+\Z)")
_TICKS = re.compile("`+")
_ENTITY = re.compile(r"&(?=#?\w+;)")
# GitLab looks for its quick actions by lines, and may take a fence within a block of code for the end of it.
# https://gitlab.com/gitlab-org/gitlab-foss/-/blob/master/lib/gitlab/quick_actions/extractor.rb
_COMMAND = re.compile(r"^(?=[ \t]*/\w)", re.MULTILINE)
# A letter or a sign that would be read as part of the login before it.
_GOES_ON = re.compile(r"[\w./@-]")


def write(document: Document, mention: MentionWriter | None = None) -> str:
    """Write Markdown; `mention` gives the service's own form of an account, without it people are only named."""
    told = named(document, lambda one: bool(one.account.strip()) and mention is not None)
    return _write_blocks(told.blocks, mention)


def _write_blocks(blocks: Sequence[Block], mention: MentionWriter | None) -> str:
    return "\n\n".join(_write_block(block, mention) for block in blocks)


def _write_block(block: Block, mention: MentionWriter | None) -> str:
    match block:
        case Paragraph(content):
            return _write_content(content, mention)
        case Heading(level, content):
            return f"{'#' * level} {_SHARPS_AT_END.sub(re.escape(chr(92)), _write_content(content, mention), 1)}"
        case CodeBlock(text, language):
            return _write_code_block(text, language)
        case Quote(blocks):
            return _indented(_write_blocks(blocks, mention), "> ", "> ")
        case ListBlock(items, ordered):
            return _write_list(items, mention, ordered=ordered)
        case Rule():
            # Three hyphens would make a title of the line above, or be front matter at the very beginning.
            return "***"


def _write_list(items: Sequence[tuple[Block, ...]], mention: MentionWriter | None, *, ordered: bool) -> str:
    lines = []
    for number, item in enumerate(items, start=1):
        sign = f"{number}. " if ordered else "- "
        text = _write_block(item[0], mention)
        for before, block in pairwise(item):
            is_tight = isinstance(before, Paragraph) and isinstance(block, ListBlock)
            text += ("\n" if is_tight else "\n\n") + _write_block(block, mention)
        lines.append(_indented(text, sign, " " * len(sign)))
    return "\n".join(lines)


def _write_code_block(text: str, language: str) -> str:
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    if longest >= 3:
        text = _COMMAND.sub(GUARD, text)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _indented(text: str, first: str, rest: str) -> str:
    head, *tail = text.split("\n")
    return "\n".join([first + head, *(rest + line if line else rest.rstrip() for line in tail)])


def _write_content(content: Sequence[Inline], mention: MentionWriter | None) -> str:
    lines = [""]
    for place, one in enumerate(content):
        if isinstance(one, Break):
            lines.append("")
            continue
        before = content[place - 1] if place else None
        after = content[place + 1] if place + 1 < len(content) else None
        quiet = _closing_nothing(one, content[place + 1 : place + 3])
        lines[-1] += _separator(before, one, lines[-1]) + _write_inline(quiet, mention, lines[-1], after)
    return "\\\n".join(_guarded_start(line) for line in lines)


def _closing_nothing(one: Inline, near: Sequence[Inline]) -> Inline:
    """Part the word that would close what the link behind it leads to."""
    if not isinstance(one, Text) or not any(isinstance(after, Link) for after in near):
        return one
    return replace(one, text=_CLOSING.sub(lambda match: match[0] + GUARD, one.text))


def _separator(before: Inline | None, one: Inline, line: str) -> str:
    """Part what would be read as one: two styles, a letter and a mention."""
    is_glued = isinstance(one, Mention) and not line[-1:].isspace()
    return GUARD if line and (is_glued or (_is_styled(one) and _is_styled(before))) else ""


def _write_inline(one: Inline, mention: MentionWriter | None, line: str, after: Inline | None) -> str:
    match one:
        case Text():
            return _write_text(one, line[-1:], _first(after))
        case Code(text):
            return _write_code(text)
        case Link(url, text):
            return _write_link(url, text)
        case Mention(account) if mention is not None:
            return mention(account) + (GUARD if _GOES_ON.match(_first(after)) else "")
        case _:
            return ""


def _write_text(one: Text, before: str, after: str) -> str:
    written = _escaped(one.text)
    signs = [sign for sign, is_on in (("~~", one.strike), ("**", one.bold), ("*", one.italic)) if is_on]
    for sign in signs[::-1]:
        # Next to a sign, a style begins or ends only at a blank; a guard is neither.
        lead = GUARD if before.strip() and not written[0].isalnum() else ""
        trail = GUARD if after.strip() and not written[-1].isalnum() else ""
        written = f"{sign}{lead}{written}{trail}{sign}"
    return written


def _write_code(text: str) -> str:
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    ticks = "`" * (longest + 1)
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"


def _write_link(url: str, text: str) -> str:
    if not text and not _ENTITY.search(url):
        return f"<{url}>"
    return f"[{_escaped(text or url)}](<{_ENTITY.sub('&amp;', url)}>)"


def _escaped(words: str) -> str:
    guarded = _REFERENCE.sub(lambda match: match[0] + GUARD, words)
    return _SPECIAL.sub(lambda match: "\\" + match[0], guarded)


def _guarded_start(line: str) -> str:
    """Keep a line from beginning a block, a title, a table or one of GitLab's quick actions."""
    match = _START.match(line)
    if match is None:
        return _SLASH.sub(rf"\1{GUARD}/", line, count=1)
    return f"{match[2]}\\{line[match.end() :]}" if match[2] else f"\\{line}"


def _first(after: Inline | None) -> str:
    """Give the first character of what follows, or any sign if it is not a plain run."""
    if after is None or isinstance(after, Break):
        return " "
    return after.text[0] if isinstance(after, Text) and not _is_styled(after) else "*"


def _is_styled(one: Inline | None) -> bool:
    return isinstance(one, Text) and (one.bold or one.italic or one.strike)
