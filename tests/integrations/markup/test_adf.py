"""Jira Cloud's documents both ways, as Atlassian's own schema has them.

`adf_schema.json` is what we write, taken from dist/json-schema/v1/full.json of @atlaskit/adf-schema 57.7.22.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.markup.adf import read, write
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
from integrations.markup.normal import normalise
from tests.integrations.markup.forms import with_names
from tests.integrations.markup.generated import documents
from tests.integrations.markup.schema import faults

SCHEMA = json.loads(Path(__file__).with_name("adf_schema.json").read_text())
NAMES = ["type", "content", "attrs", "marks", "text", "id", "url", "timestamp", "level", "state", "href", "alt"]
KINDS = ["doc", "paragraph", "text", "table", "taskList", "mention", "date", "panel", "media", "link", "heading"]

junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.floats(), st.sampled_from(KINDS)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=20,
)


def node(kind: str, *content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attributes}


def leaf(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": text, "marks": list(marks)}


def link(url: str) -> dict[str, Any]:
    return {"type": "link", "attrs": {"href": url}}


def line(*content: Inline) -> Document:
    return Document((Paragraph(content),))


READ = {
    "a link in several styles": (
        node(
            "paragraph", leaf("a ", link("https://x.example")), leaf("b", {"type": "strong"}, link("https://x.example"))
        ),
        line(Link("https://x.example", "a b")),
    ),
    "a mention": (
        node("paragraph", {"type": "mention", "attrs": {"id": "5b:1", "text": "@Ana Li"}}),
        line(Mention("5b:1", "Ana Li")),
    ),
    "a date, a state, an emoji": (
        node(
            "paragraph",
            {"type": "date", "attrs": {"timestamp": "1764201600000"}},
            {"type": "status", "attrs": {"text": " DONE ", "color": "green"}},
            {"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😄"}},
        ),
        line(Text("2025-11-27 DONE 😄")),
    ),
    "a card": (node("blockCard", url="https://x.example/a"), line(Link("https://x.example/a"))),
    "a file": (node("mediaSingle", node("media", type="file", id="1", alt="log.txt")), line(Text("[file: log.txt]"))),
    "a picture elsewhere": (
        node("mediaSingle", node("media", type="external", url="https://x.example/a.png", alt="a")),
        line(Link("https://x.example/a.png", "a")),
    ),
    "tasks": (
        node("taskList", node("taskItem", leaf("one"), state="DONE"), node("taskItem", leaf("two"), state="TODO")),
        Document(
            (ListBlock(((Paragraph((Text("[x] one"),)),), (Paragraph((Text("[ ] two"),)),))),),
        ),
    ),
    "a table": (
        node("table", node("tableRow", *(node("tableCell", node("paragraph", leaf(text))) for text in ("a", "b")))),
        line(Text("a | b")),
    ),
    "a panel": (node("panel", node("paragraph", leaf("mind"))), Document((Quote((Paragraph((Text("mind"),)),)),))),
    "what opens": (
        node("expand", node("paragraph", leaf("inside")), title="More"),
        Document((Paragraph((Text("More"),)), Paragraph((Text("inside"),)))),
    ),
    "what nobody knows": (node("newThing", node("other", leaf("words"))), line(Text("words"))),
}


@pytest.mark.parametrize(("part", "document"), READ.values(), ids=READ)
def test_a_document_of_jira_is_read(part, document):
    assert read({"version": 1, "type": "doc", "content": [part]}) == document


@pytest.mark.parametrize("raw", [None, 1, [], {}, {"type": "doc"}, ""])
def test_no_document_is_an_empty_one(raw):
    assert read(raw) == Document()


def test_a_document_is_written():
    document = line(Text("a", bold=True), Mention("5b:1", "Ana"), Break(), Link("https://x.example", "x"), Code("y"))

    assert write(document)["content"] == [
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "a", "marks": [{"type": "strong"}]},
                {"type": "mention", "attrs": {"id": "5b:1", "text": "@Ana"}},
                {"type": "hardBreak"},
                {"type": "text", "text": "x", "marks": [{"type": "link", "attrs": {"href": "https://x.example"}}]},
                {"type": "text", "text": "y", "marks": [{"type": "code"}]},
            ],
        }
    ]


def test_words_that_are_deeper_than_anyone_nests_are_kept():
    deep: dict[str, Any] = node("paragraph", leaf("deep"))
    for _ in range(300):
        deep = node("blockquote", deep)

    assert "deep" in repr(read(node("doc", deep)))


@settings(deadline=None)
@given(documents)
def test_what_is_written_fits_the_schema_and_is_read_again(document):
    written = write(document)

    assert list(faults(written, SCHEMA, SCHEMA)) == []
    assert read(written) == held(with_names(document))


@settings(deadline=None)
@given(junk)
def test_nothing_that_jira_may_send_raises(raw):
    found = read(raw)

    assert normalise(found) == found


def held(document: Document) -> Document:
    """Give what the format can hold: no titles, rules or quotes within quotes and lists."""
    return normalise(Document(tuple(_held(block) for block in document.blocks)))


def _held(block: Block) -> Block:
    match block:
        case Quote(blocks):
            return Quote(_plainer(blocks))
        case ListBlock(items, ordered):
            return ListBlock(tuple(_plainer(item) for item in items), ordered)
        case _:
            return block


def _plainer(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    found: list[Block] = []
    for block in blocks:
        match block:
            case Heading(_, content):
                bold = [
                    Text(one.text, True, one.italic, one.strike) if isinstance(one, Text) else one for one in content
                ]
                found.append(Paragraph(tuple(bold)))
            case Quote(inner):
                found += _plainer(inner)
            case CodeBlock() | Paragraph():
                found.append(block)
            case ListBlock():
                found.append(_held(block))
            case Rule():
                pass
    return tuple(found)
