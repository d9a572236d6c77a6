"""The same words in the same form, whatever service they come from: what a read text is brought to."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from urllib.parse import quote, urlsplit

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
    with_inlines,
)

# Put between a sign and a word so that no service sees a reference: WORD JOINER, which nobody sees and nothing
# takes for a blank, a letter or a sign.
GUARD = "\u2060"

_ADDRESS = re.compile(rf"https?://(?=[\w\[])[^\s<>\\\"`{GUARD}]+", re.IGNORECASE)
_SCHEME = re.compile(r"(?<![A-Za-z0-9])https?://", re.IGNORECASE)
# Of an address that stands in a sentence the sentence's own signs are no part.
_BEHIND_ADDRESS = ".,;:!?'\"]}*_~|`"
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNWANTED = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f{GUARD}]")
_NOT_IN_ADDRESS = re.compile(r"[\s<>\"\\`|{}^]")
_NOT_IN_LANGUAGE = re.compile(r"[^\w+#.-]", re.ASCII)
_LANGUAGE_LIMIT = 30


def normalise(document: Document) -> Document:
    """Bring a text to its one form: runs of one style joined, single blanks, addresses as links, nothing empty.

    An empty line ends a paragraph; lists of one kind that follow each other are one list.
    """
    return Document(_blocks(document.blocks))


def named(document: Document, is_told: Callable[[Mention], bool]) -> Document:
    """Bring a text to its one form, with the plain names of those who are not to be told."""

    def name(one: Inline) -> Inline:
        return Text(one.name or one.account) if isinstance(one, Mention) and not is_told(one) else one

    return normalise(with_inlines(document, name))


def is_safe(url: str) -> bool:
    """Say whether an address may be written as a link: nothing that a browser would run, no name before the host."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "mailto":
        return bool(rest)
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def address_at(text: str, start: int) -> str:
    """Give the http address that begins at `start` in a sentence; empty if none does."""
    match = _ADDRESS.match(text, start)
    if match is None:
        return ""
    return match[0].rstrip(_BEHIND_ADDRESS if "(" in match[0] else _BEHIND_ADDRESS + ")")


def clean(text: str) -> str:
    """Give the text with one kind of line end, without guards and without what cannot be stored or shown."""
    # Half an emoji is legal JSON, and neither the database nor HTTP can carry it.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", whole))


def clean_address(url: str) -> str:
    """Give an address as it can stand in every form: no blank, bracket or bar."""
    return _NOT_IN_ADDRESS.sub(lambda match: quote(match[0]), clean(url).strip())


def _blocks(blocks: Iterable[Block]) -> tuple[Block, ...]:
    found: list[Block] = []
    parts = (part for block in blocks for part in _block(block))
    for ordered, together in groupby(parts, lambda one: one.ordered if isinstance(one, ListBlock) else None):
        if ordered is None:
            found += together
        else:
            items = tuple(item for one in together if isinstance(one, ListBlock) for item in one.items)
            found.append(ListBlock(items, ordered))
    return tuple(found)


def _block(block: Block) -> list[Block]:
    match block:
        case Paragraph(content):
            return list(_paragraphs(content))
        case Heading(level, content):
            words = _tidy(Text(" ") if isinstance(one, Break) else one for one in _parted(content))
            return [Heading(min(max(level, 1), 6), words)] if words else []
        case Quote(inner):
            quoted = _blocks(inner)
            return [Quote(quoted)] if quoted else []
        case ListBlock(items, ordered):
            kept = tuple(item for item in (_blocks(item) for item in items) if item)
            return [ListBlock(kept, ordered)] if kept else []
        case CodeBlock(text, language):
            code = clean(text).strip("\n")
            word = _NOT_IN_LANGUAGE.sub("", language)[:_LANGUAGE_LIMIT]
            return [CodeBlock(code, word)] if code.strip() else []
        case Rule():
            return [block]


def _paragraphs(content: Iterable[Inline]) -> Iterable[Paragraph]:
    """Make lines of the content; an empty one ends a paragraph."""
    lines: list[tuple[Inline, ...]] = [()]
    for is_break, parts in groupby(_parted(content), lambda one: isinstance(one, Break)):
        if is_break:
            lines += [()] * len(list(parts))
        else:
            lines[-1] = _tidy(parts)
    for is_empty, together in groupby(lines, lambda line: not line):
        if not is_empty:
            first, *rest = together
            yield Paragraph((*first, *(one for line in rest for one in (Break(), *line))))


def _parted(content: Iterable[Inline]) -> Iterable[Inline]:
    """Clean each part; line ends within a text are breaks."""
    for one in content:
        match one:
            case Text(text):
                for number, line in enumerate(clean(text).split("\n")):
                    if number:
                        yield Break()
                    yield replace(one, text=line)
            case Link():
                yield _link(one)
            case Code(text):
                yield Code(clean(text).replace("\n", " ").strip())
            case Mention(account, name):
                account, name = _words(account), _words(name)
                yield Mention(account, name or account)
            case Break():
                yield one


def _link(link: Link) -> Inline:
    url, text = clean_address(link.url), _words(link.text)
    if not is_safe(url):
        return Text(text or url)
    return Link(url, "" if clean_address(text) == url or _is_elsewhere(text, url) else text)


def _is_elsewhere(text: str, url: str) -> bool:
    """Say whether a link shows an address on another host than its own."""
    if not _ADDRESS.match(text):
        return False
    try:
        return urlsplit(text.split(maxsplit=1)[0]).netloc.lower() != urlsplit(url).netloc.lower()
    except ValueError:
        return True


def _tidy(line: Iterable[Inline]) -> tuple[Inline, ...]:
    """Join runs of one style, and part them at the addresses in them."""
    parted = [part for one in _joined(line) for part in (_with_links(one) if isinstance(one, Text) else [one])]
    return tuple(_joined(parted))


def _joined(line: Iterable[Inline]) -> list[Inline]:
    """Join runs of one style, with single blanks between words and none at the ends or at the edges of a style."""
    found: list[Inline] = []
    is_apart = False
    for one in line:
        if isinstance(one, Text):
            is_apart = is_apart or one.text[:1].isspace()
            words = _words(one.text)
            if words:
                _join(found, replace(one, text=words), is_apart=is_apart and bool(found))
                is_apart = one.text[-1].isspace()
        elif one not in (Code(""), Mention("", "")):
            if is_apart and found:
                _merge(found, Text(" "))
            last = found[-1] if found else None
            if isinstance(one, Code) and isinstance(last, Code):
                found[-1] = Code(last.text + one.text)
            else:
                found.append(one)
            is_apart = False
    return found


def _join(found: list[Inline], text: Text, *, is_apart: bool) -> None:
    """Put a run behind others; a blank between two styles has none."""
    last = found[-1] if found else None
    if is_apart and isinstance(last, Text) and _have_one_style(last, text):
        text = replace(text, text=" " + text.text)
    elif is_apart:
        _merge(found, Text(" "))
    _merge(found, text)


def _merge(found: list[Inline], text: Text) -> None:
    last = found[-1] if found else None
    if isinstance(last, Text) and _have_one_style(last, text):
        found[-1] = replace(last, text=last.text + text.text)
    else:
        found.append(text)


def _have_one_style(one: Text, other: Text) -> bool:
    return replace(one, text="") == replace(other, text="")


def _with_links(text: Text) -> list[Inline]:
    """Part a run at the addresses in it."""
    found: list[Inline] = []
    end = 0
    for match in _SCHEME.finditer(text.text):
        address = address_at(text.text, match.start()) if match.start() >= end else ""
        if address and is_safe(clean_address(address)):
            found += [replace(text, text=text.text[end : match.start()]), Link(clean_address(address))]
            end = match.start() + len(address)
    found.append(replace(text, text=text.text[end:]))
    return [one for one in found if not isinstance(one, Text) or one.text]


def _words(text: str) -> str:
    return " ".join(clean(text).split())
