"""What no text of anybody's may do, in whatever form it is written; and how long it may take at most."""

import html
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt

from handlers.views import rich_text
from integrations.markup import adf, markdown, plain, textile
from integrations.markup.base import Code, CodeBlock, Document, Heading, Link, ListBlock, Paragraph, Quote, Text
from integrations.markup.normal import GUARD, normalise
from tests.integrations.markup.hostile import COMMANDS, COSTLY, PINGS, TEXTS

# As services look for them: in the text that is left once Markdown is read.
REFERENCE = re.compile(
    r"(?<![A-Za-z0-9_])@[\w.]|#\d|\bG[HL]-\d|!\d|~[\w\"]|(?<!\w)%[\w\"]|\$\d|&\d|\[(?:issue|vulnerability):", re.ASCII
)
CLOSING = re.compile(r"\b(?:clos|fix|resolv|implement)(?:e|es|ed|ing)?:?\s+(?:\S*#\d|http)", re.IGNORECASE)
# A message of Slack has at most so much.
LONGEST = 40_000
WRITERS: dict[str, Callable[[Document], Any]] = {
    "markdown": markdown.write,
    "adf": adf.write,
    "textile": textile.write,
    "mrkdwn": rich_text.write_mrkdwn,
    "blocks": rich_text.write_blocks,
    "plain": plain.write,
}
READERS: dict[str, Callable[[str], Document]] = {
    "markdown": markdown.read,
    "textile": textile.read,
    "mrkdwn": rich_text.read_mrkdwn,
    "adf": adf.read,
}


def everywhere(text: str) -> Document:
    """Put a text wherever a text may stand, other than in code."""
    words = (Text(text), Text(text, bold=True), Link("https://x.example", text), Text(text, italic=True, strike=True))
    lines = Paragraph(words)
    return Document((lines, Heading(1, words), Quote((lines,)), ListBlock(((lines,), (Quote((lines,)),)))))


def rendered(raw: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"]).render(raw)


def shown(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page))


@pytest.mark.parametrize("text", TEXTS)
def test_markdown_shows_the_words_and_nothing_else(text):
    document = normalise(everywhere(text))

    page = rendered(markdown.write(document))

    assert set(re.findall(r"<([a-z]+\d?)", page)) <= {
        "p",
        "h1",
        "blockquote",
        "ul",
        "li",
        "strong",
        "em",
        "s",
        "a",
        "br",
    }
    assert set(re.findall(r'="([a-z]+):', page)) <= {"https"}
    assert "".join(shown(page).replace(GUARD, "").split()) == "".join(words_of(document).split())


@pytest.mark.parametrize("text", [*PINGS, *COMMANDS])
def test_markdown_refers_to_nothing_and_commands_nothing(text):
    raw = markdown.write(everywhere(text))

    words = shown(rendered(raw))
    assert not REFERENCE.search(words)
    assert not CLOSING.search(words)
    assert not re.search(r"^\s*/\w", words, re.MULTILINE)
    assert not re.search(r"^\s*/\w", raw, re.MULTILINE)


@pytest.mark.parametrize("text", TEXTS)
def test_slack_is_told_of_nobody(text):
    document = Document((*everywhere(text).blocks, Paragraph((Code(text),)), CodeBlock(text)))

    written = rich_text.write_mrkdwn(document)

    assert not re.search(r"<(?!https://(?:x|github|evil)\.example)", written)
    assert not re.search(r"&(?!amp;|lt;|gt;)", written)
    assert not re.search(r"@(?:here|channel|everyone)", written)


@pytest.mark.parametrize("text", TEXTS)
def test_jira_shows_the_words(text):
    document = Document((Paragraph((Text(text),)),))

    assert adf.read(adf.write(document)) == normalise(document)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("piece", COSTLY)
def test_writing_takes_time_in_line_with_the_length(write, piece):
    text = (piece * LONGEST)[:LONGEST]
    document = Document((Paragraph((Text(text), Text(text, bold=True), Link("https://x.example", text), Code(text))),))

    assert spent(lambda: write(document)) < 4


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("piece", COSTLY)
def test_reading_takes_time_in_line_with_the_length(read, piece):
    assert spent(lambda: read((piece * LONGEST)[:LONGEST])) < 4


def spent(act: Callable[[], object]) -> float:
    """Measure this process's seconds: what others do on this machine does not count."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


def words_of(document: Document) -> str:
    """Give the words that a page shows: of a link its label, or its address if it has none."""

    def block(one: Any) -> str:
        match one:
            case Quote(blocks):
                return "".join(map(block, blocks))
            case ListBlock(items):
                return "".join(block(part) for item in items for part in item)
            case _:
                return "".join(piece(part) for part in one.content)

    def piece(one: Any) -> str:
        return (one.text or one.url) if isinstance(one, Link) else getattr(one, "text", "")

    return "".join(map(block, document.blocks))
