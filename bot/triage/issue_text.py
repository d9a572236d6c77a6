"""What a report and its replies say in a tracker; where they come from is a link, which carries the marker."""

import hashlib
import re

from bot.text import is_blank
from bot.triage.cards import Card
from integrations.markup import plain
from integrations.markup.base import (
    Block,
    Break,
    Document,
    Heading,
    Inline,
    Link,
    ListBlock,
    Mention,
    MentionMap,
    Paragraph,
    Quote,
    Text,
)
from integrations.trackers.base import with_marker
from storage.models import Severity

# Where a report has no address in Slack, the marker needs one all the same.
_NOWHERE = "https://slack.com/app_redirect"
_ADDRESS = re.compile(r"https?://[^\s<>]+")
_LONGEST_URL = 2000


def describe(card: Card, marker: str) -> Document:
    """Write the body of a report's issue; the link to its card carries the marker."""
    blocks: list[Block] = [*lines(card.what)]
    if not is_blank(card.expected):
        blocks += [Heading(3, (Text("Expected"),)), *lines(card.expected)]
    if not is_blank(card.url):
        blocks.append(Paragraph((Text("Where", bold=True), Text(": "), *_words(card.url))))
    if card.transcript:
        said = [_said(author, words) for author, words in card.transcript]
        blocks += [Heading(3, (Text("The thread so far"),)), Quote(tuple(said))]
    for name, permalink in card.attachments:
        blocks.append(Paragraph((Text("File in Slack: "), Link(permalink, name))))
    blocks.append(_origin(card, marker))
    return Document(tuple(blocks))


def comment_of(author: str, words: Document, address: str, marker: str) -> Document:
    """Write a reply as a comment: its author first, then what they wrote; the link to it carries the marker."""
    link = Link(with_marker(address or _NOWHERE, marker), "in Slack")
    return Document((Paragraph((Text(author, bold=True), Text(" "), link, Text(":"))), *words.blocks))


def with_files(words: Document, files: list[tuple[str, str]]) -> Document:
    """Put links to a reply's files below its words; who may see them in Slack may follow them."""
    linked = [Paragraph((Text("File in Slack: "), Link(permalink, name))) for name, permalink in files]
    return Document((*words.blocks, *linked))


def corrected(body: Document) -> Document:
    """Say that a comment replaces an earlier one, where the tracker lets nobody edit."""
    return Document((Paragraph((Text("Edited:", italic=True),)), *body.blocks))


def fingerprint(text: Document) -> str:
    """Give what is the same when a text says the same."""
    return hashlib.sha256(plain.write(text).encode("utf-8", "replace")).hexdigest()


def message_address(card_permalink: str, channel: str, ts: str, thread_ts: str) -> str:
    """Give the address of a reply, as Slack makes it, from that of the card."""
    home, separator, _ = card_permalink.partition("/archives/")
    if not separator:
        return card_permalink
    return f"{home}/archives/{channel}/p{ts.replace('.', '')}?thread_ts={thread_ts}&cid={channel}"


def severity_label(severity: Severity | None) -> str:
    """Name the label of a severity; it has no space, which Jira would not take."""
    return f"severity-{severity}" if severity else ""


def lines(words: str) -> list[Block]:
    """Make paragraphs of what a person typed: an empty line ends one, addresses become links."""
    return [_paragraph(part) for part in re.split(r"\n\s*\n", words.strip()) if part.strip()]


def mentions_mapped(document: Document, other_side: MentionMap) -> Document:
    """Put the accounts of the other side into a text."""
    return Document(tuple(_map_block(block, other_side) for block in document.blocks))


def _map_block(block: Block, other_side: MentionMap) -> Block:
    match block:
        case Paragraph(content):
            return Paragraph(_map_line(content, other_side))
        case Heading(level, content):
            return Heading(level, _map_line(content, other_side))
        case Quote(blocks):
            return Quote(tuple(_map_block(one, other_side) for one in blocks))
        case ListBlock(items, ordered):
            return ListBlock(tuple(tuple(_map_block(one, other_side) for one in item) for item in items), ordered)
        case _:
            return block


def _map_line(content: tuple[Inline, ...], other_side: MentionMap) -> tuple[Inline, ...]:
    return tuple(other_side(one) if isinstance(one, Mention) else one for one in content)


def _paragraph(words: str) -> Paragraph:
    content: list[Inline] = []
    for line in words.split("\n"):
        content += [Break()] if content else []
        content += _words(line)
    return Paragraph(tuple(content))


def _words(line: str) -> list[Inline]:
    found: list[Inline] = []
    end = 0
    for match in _ADDRESS.finditer(line):
        if len(match.group()) <= _LONGEST_URL:
            found += [Text(line[end : match.start()]), Link(match.group())]
            end = match.end()
    found.append(Text(line[end:]))
    return [one for one in found if not isinstance(one, Text) or one.text]


def _said(author: str, words: str) -> Block:
    first, *rest = lines(words) or [Paragraph(())]
    assert isinstance(first, Paragraph)
    return Paragraph((Text(author, bold=True), Text(": "), *first.content, *(_joined(rest))))


def _joined(blocks: list[Block]) -> list[Inline]:
    content: list[Inline] = []
    for block in blocks:
        assert isinstance(block, Paragraph)
        content += [Break(), *block.content]
    return content


def _origin(card: Card, marker: str) -> Paragraph:
    address = card.line.permalink or card.source_permalink or _NOWHERE
    return Paragraph(
        (
            Link(with_marker(address, marker), card.line.key),
            Text(f", reported in Slack by {card.reporter.name}"),
        )
    )
