"""Writes Jira's wiki notation: a backslash before a sign keeps it from being one.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
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

# Links, macros, images, cells; styles, but for signs within a word; dashes; and faces, which become pictures.
_SPECIAL = re.compile(
    r"[\[{}|!]|(?<![^\W_])[*_+^~-]|[*_+^~-](?![^\W_])|\?(?=\?)|(?<=\?)\?"
    r"|\((?=(?:[yni/x!?+*-]|on|off|\*[rgby]|flag|flagoff)\))|[:;](?=-?[()DP])"
)
_ENTITY = re.compile(r"&(?=#?\w+;)")
# What makes a line more than words.
_START = re.compile(r"(?:h[1-6]|bq)\.|[*#-]+(?:\s|$)|\|")
_NOT_IN_ADDRESS = re.compile(r"[|\]\[{}\\]")
_SIGNS = (("*", "bold"), ("_", "italic"), ("-", "strike"))
_WORD = re.compile(r"[^\W_]")
# Others are shown with a complaint.
_LANGUAGES = frozenset(
    (
        *("bash", "c", "c#", "c++", "css", "diff", "erlang", "go", "groovy", "haskell", "html", "java", "javascript"),
        *("json", "lua", "objc", "perl", "php", "python", "r", "ruby", "scala", "sql", "swift", "vb", "xml", "yaml"),
    )
)


def write(document: Document, mention: MentionWriter | None = None) -> str:
    """Write the notation; `mention` gives the form of an account, without it people are only named."""
    told = named(document, lambda one: bool(one.account.strip()) and mention is not None)
    return _Writer(mention).blocks(told.blocks)


class _Writer:
    """Writes with mentions as `mention` says."""

    def __init__(self, mention: MentionWriter | None) -> None:
        self._mention = mention

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "\n\n".join(map(self.block, blocks))

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return self.lines(content)
            case Heading(level, content):
                return f"h{level}. {self.line(content)}"
            case CodeBlock(text, language):
                return _code_block(text, language)
            case Quote(blocks):
                return f"{{quote}}\n{self.blocks(tuple(_flat(blocks)))}\n{{quote}}"
            case ListBlock():
                return self.items(block, "")
            case _:
                return "----"

    def items(self, block: ListBlock, above: str) -> str:
        sign = above + ("#" if block.ordered else "*")
        return "\n".join(self.item(item, sign) for item in block.items)

    def item(self, item: Sequence[Block], sign: str) -> str:
        """Write an item: its words first, then the lists within it."""
        blocks = _flat(item)
        words = [self.within(block) for block in blocks if not isinstance(block, ListBlock)]
        lists = [self.items(block, sign) for block in blocks if isinstance(block, ListBlock)]
        return "\n".join([f"{sign} {'' if words else GUARD}" + "\n".join(words), *lists])

    def within(self, block: Block) -> str:
        if isinstance(block, Rule):
            return GUARD
        return self.guarded(block.content) if isinstance(block, Heading) else self.block(block)

    def lines(self, content: Sequence[Inline]) -> str:
        """Write a paragraph; no line of it begins a block."""
        lines: list[list[Inline]] = [[]]
        for one in content:
            if isinstance(one, Break):
                lines.append([])
            else:
                lines[-1].append(one)
        return "\n".join(self.guarded(line) for line in lines)

    def guarded(self, line: Sequence[Inline]) -> str:
        written = self.line(line)
        return GUARD + written if _START.match(written) or _begins_block(line) else written

    def line(self, content: Sequence[Inline]) -> str:
        written = ""
        for place, one in enumerate(content):
            after = content[place + 1] if place + 1 < len(content) else None
            written += self.inline(one, written[-1:], _first(after))
        return written

    def inline(self, one: Inline, before: str, after: str) -> str:
        match one:
            case Text():
                return _styled(one, before, after)
            case Code(text):
                # Without it {{code}} would be the macro of this name.
                return f"{{{{{GUARD if text.isalpha() else ''}{escaped(text)}}}}}"
            case Link(url, text):
                # An address goes on with a bracket.
                return (GUARD if before == "/" else "") + _link(url, text)
            case Mention(account) if self._mention is not None:
                return (GUARD if before == "/" else "") + self._mention(account)
            case _:
                return ""


def escaped(words: str) -> str:
    """Write words so that they are no more than words; what addresses there are became links before."""
    apart = words.replace(GUARD, "").replace("://", f":/{GUARD}/")
    signs = _SPECIAL.sub(lambda found: "\0" + found[0], apart)
    return _ENTITY.sub("&amp;", signs).replace("\\", "&#92;").replace("\0", "\\")


def _styled(one: Text, before: str, after: str) -> str:
    written = escaped(one.text)
    if not written.strip():
        return written
    # Within a word a style needs brackets around its sign.
    is_glued = bool(_WORD.match(before) or _WORD.match(after)) or before in {"*", "_", "-", "}"}
    for sign, style in reversed(_SIGNS):
        if getattr(one, style):
            written = f"{{{sign}}}{written}{{{sign}}}" if is_glued else f"{sign}{written}{sign}"
    return written


def _link(url: str, text: str) -> str:
    address = _NOT_IN_ADDRESS.sub(lambda found: f"%{ord(found[0]):02X}", url)
    label = escaped(text).replace("]", "&#93;")
    return f"[{label}|{address}]" if label else f"[{address}]"


def _code_block(text: str, language: str) -> str:
    if "{code" not in text:
        known = f":{language.lower()}" if language.lower() in _LANGUAGES else ""
        return f"{{code{known}}}\n{text}\n{{code}}"
    kept = text.replace("{noformat", f"{{{GUARD}noformat")
    return f"{{noformat}}\n{kept}\n{{noformat}}"


def _flat(blocks: Sequence[Block]) -> list[Block]:
    """Take the blocks out of quotes, which cannot stand in one another nor in an item."""
    return [inner for block in blocks for inner in (_flat(block.blocks) if isinstance(block, Quote) else [block])]


def _first(after: Inline | None) -> str:
    """Give the first character of what follows."""
    return after.text[:1] if isinstance(after, Text) else ""


def _begins_block(line: Sequence[Inline]) -> bool:
    """Say whether a line begins with a style that would be taken for an item: *a* b."""
    first = line[0] if line else None
    return isinstance(first, Text) and bool(re.match(r"#+(?:\s|$)", first.text))
