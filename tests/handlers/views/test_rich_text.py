"""Messages of Slack both ways: read from rich text blocks or from mrkdwn, written as mrkdwn."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.text import safe_url
from handlers.views import rich_text
from handlers.views.rich_text import MOST_SECTIONS, read_message, read_mrkdwn, write_blocks, write_mrkdwn
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
from integrations.markup.normal import GUARD, named, normalise
from tests.integrations.markup.generated import contents, documents, words

NAMES = ["type", "elements", "blocks", "style", "text", "indent", "border", "url", "user_id", "timestamp", "name"]
KINDS = ["rich_text", "rich_text_list", "rich_text_section", "rich_text_quote", "text", "user", "date", "emoji", "link"]
SIGN = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)|`")


def line(*content: Inline) -> Document:
    return Document((Paragraph(content),))


def paragraph(text: str) -> Paragraph:
    return Paragraph((Text(text),))


def part(kind: str, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": kind, "elements": list(elements), **more}


def said(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def message(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"text": "not looked at", "blocks": [{"type": "rich_text", "elements": list(parts)}]}


def test_a_message_is_read_from_its_blocks():
    found = read_message(
        message(
            part(
                "rich_text_section",
                *(
                    said("Ask "),
                    {"type": "user", "user_id": "U123"},
                    said(" in "),
                    {"type": "channel", "channel_id": "C1"},
                ),
                *(said(" "), {"type": "broadcast", "range": "here"}, said(" "), {"type": "emoji", "name": "wave"}),
                said("\n\nwhy "),
                *(said("bold", bold=True, italic=True), said(" "), said("x = 1", code=True), said(" ")),
                {"type": "link", "url": "https://x.example", "text": "there"},
            ),
            part("rich_text_preformatted", said("one\n  two")),
            part("rich_text_quote", said("said")),
        )
    )

    assert found.blocks == (
        Paragraph((Text("Ask "), Mention("U123", "U123"), Text(" in #C1 @here :wave:"))),
        Paragraph(
            (
                *(Text("why "), Text("bold", bold=True, italic=True), Text(" "), Code("x = 1"), Text(" ")),
                Link("https://x.example", "there"),
            )
        ),
        CodeBlock("one\n  two"),
        Quote((paragraph("said"),)),
    )


def test_lists_of_a_message_nest_by_their_indent():
    def item(text: str, indent: int, style: str = "bullet") -> dict[str, Any]:
        return part("rich_text_list", part("rich_text_section", said(text)), style=style, indent=indent)

    found = read_message(
        message(item("one", 0), item("below", 1, "ordered"), item("two", 0), item("quoted", 0) | {"border": 1})
    )

    below = ListBlock(((paragraph("below"),),), ordered=True)
    assert found.blocks == (
        ListBlock(((paragraph("one"), below), (paragraph("two"),))),
        Quote((ListBlock(((paragraph("quoted"),),)),)),
    )


SAME = {
    "plain, a snake_case name & <b>": line(Text("plain, a snake_case name & <b>")),
    "*bold* _italic_ ~gone~ *_all_*": line(
        *(Text("bold", bold=True), Text(" "), Text("italic", italic=True), Text(" "), Text("gone", strike=True)),
        *(Text(" "), Text("all", bold=True, italic=True)),
    ),
    "<@U123> `a &lt; b`": line(Mention("U123", "U123"), Text(" "), Code("a < b")),
    "<https://x.example/?a=1&amp;b=2|there>, <https://x.example>": line(
        *(Link("https://x.example/?a=1&b=2", "there"), Text(", "), Link("https://x.example"))
    ),
    "one\ntwo\n\nthree": Document((Paragraph((Text("one"), Break(), Text("two"))), paragraph("three"))),
    "```\na &lt; b\n\n  c\n```": Document((CodeBlock("a < b\n\n  c"),)),
    "&gt; one\n&gt; two\n\nthree": Document(
        (Quote((Paragraph((Text("one"), Break(), Text("two"))),)), paragraph("three"))
    ),
    "• one\n    1. below\n• two": Document(
        (ListBlock(((paragraph("one"), ListBlock(((paragraph("below"),),), ordered=True)), (paragraph("two"),))),)
    ),
}
READ = {
    "<@U123|ana> <#C1|general> <#C1>": line(Mention("U123", "ana"), Text(" #general #C1")),
    "<!here> <!subteam^S1|@team> <!subteam^S1>": line(Text("@here @team @group")),
    "<!date^1^{date}|yesterday>": line(Text("yesterday")),
    "<mailto:ana@x.example|ana@x.example>": line(Link("mailto:ana@x.example", "ana@x.example")),
    "<javascript:alert(1)|x>": line(Text("x")),
    "*see <https://x.example|this>*": line(Text("see", bold=True), Text(" "), Link("https://x.example", "this")),
    "2 * 3 * 4, a_b_c, **x**": line(Text("2 * 3 * 4, a_b_c, **x**")),
    "```a``` and ```": Document((CodeBlock("a"), paragraph("and ```"))),
    "&gt;&gt;&gt; one\ntwo": Document((Quote((Paragraph((Text("one"), Break(), Text("two"))),)),)),
    "": Document(),
}


@pytest.mark.parametrize(("raw", "document"), SAME.items())
def test_mrkdwn_is_read_and_written_the_same(raw, document):
    assert read_mrkdwn(raw.replace("& <b>", "&amp; &lt;b&gt;")) == document
    assert write_mrkdwn(document) == raw.replace("& <b>", "&amp; &lt;b&gt;")


@pytest.mark.parametrize(("raw", "document"), READ.items())
def test_a_message_without_blocks_is_read_from_its_text(raw, document):
    assert read_message({"text": raw}) == document


def test_what_mrkdwn_has_no_form_for_keeps_its_words():
    nested = Quote((Quote((paragraph("deep"),)), CodeBlock("```", "python")))

    written = write_mrkdwn(Document((Heading(1, (Text("Title"),)), paragraph("words"), Rule(), nested)))

    assert written == f"*Title*\nwords\n\n———\n\n&gt; deep\n&gt; \n```\n``{GUARD}`\n```"


@pytest.mark.parametrize("text", ["*a*", "`a`", "_a_", "~a~", "```a```", "&gt; a", "• a", "1. a"])
def test_words_do_not_become_signs(text):
    document = line(Text(text))

    assert read_mrkdwn(write_mrkdwn(document)) == document


def test_only_people_of_slack_are_mentioned():
    people = line(Mention("U123", "Ana"), Text(" "), Mention("ana", "Ana <!here>"), Text(" "), Mention("C1|x", "y"))

    assert write_mrkdwn(people) == "<@U123> Ana &lt;!here&gt; y"


def test_blocks_are_parted_between_blocks_and_hold_what_is_written():
    document = Document(tuple(paragraph(f"{number} " + "word " * 250) for number in range(5)))

    found = write_blocks(document)

    assert [block["type"] for block in found] == ["section"] * 3
    assert "\n\n".join(block["text"]["text"] for block in found) == write_mrkdwn(document)


def test_code_that_is_parted_is_code_in_both_sections():
    first, second = write_blocks(Document((CodeBlock("x = 1\n" * 700),)))

    assert first["text"]["text"].startswith("```\nx = 1\n")
    assert first["text"]["text"].endswith("\nx = 1\n```")
    assert second["text"]["text"].startswith("```\nx = 1\n")


def test_what_is_too_long_for_a_message_says_where_the_rest_is():
    found = write_blocks(Document((CodeBlock("&" * 20_000), paragraph("<" * 20_000))))

    assert len(found) == MOST_SECTIONS + 1
    assert found[-1]["text"]["text"] == "… _cut here; the rest is in the tracker_"


people = st.from_regex(r"U[A-Z0-9]{2,8}", fullmatch=True)
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.sampled_from(KINDS)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=20,
)
items = st.lists(contents.map(lambda content: (Paragraph((Text("x"), *content)),)), max_size=3)
flat_blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, contents),
    st.builds(CodeBlock, words),
    contents.map(lambda content: Quote((Paragraph(content),))),
    st.builds(ListBlock, items.map(tuple), st.booleans()),
    st.builds(
        lambda outer, inner: ListBlock(((*outer, ListBlock((inner,))),)),
        *[items.map(lambda made: made[0] if made else (paragraph("x"),))] * 2,
    ),
)


@settings(deadline=None)
@example([Paragraph((Text("__0__"),))])
@given(st.lists(flat_blocks, max_size=4))
def test_what_is_written_is_read_again(blocks):
    document = with_inlines(Document(tuple(blocks)), _of_slack)

    assert read_mrkdwn(write_mrkdwn(document)) == held(document)


@settings(deadline=None)
@given(documents)
def test_no_section_is_too_long_or_cut_through_an_entity(document):
    for block in write_blocks(document):
        shown = block["text"]["text"]
        assert 0 < len(shown.encode("utf-16-le")) // 2 <= 3000
        assert not re.search(r"&(?!amp;|lt;|gt;)|<(?![^<>]*>)|<[!#]", shown)


@settings(deadline=None)
@given(junk)
def test_nothing_that_slack_may_send_raises(raw):
    found = (
        read_message({"blocks": raw, "text": raw}),
        read_message({"blocks": [{"type": "rich_text", "elements": raw}]}),
        rich_text.read_mrkdwn(repr(raw)),
    )

    assert [normalise(one) for one in found] == list(found)


def held(document: Document) -> Document:
    """Give what mrkdwn can hold: no style with its own signs in it, no tick in code, one paragraph to an item."""
    told = named(document, lambda one: bool(one.account))
    for _ in range(2):
        told = normalise(with_inlines(told, _held))
    return Document(tuple(_with_one_paragraph(block) for block in told.blocks))


def _of_slack(one: Inline) -> Inline:
    if not isinstance(one, Mention) or not one.account:
        return one
    account = "U0" + re.sub("[^A-Z0-9]", "", one.account.upper())
    return Mention(account, account)


def _held(one: Inline) -> Inline:
    match one:
        case Text(text) if SIGN.search(text):
            return Text(text)
        case Code(text):
            return Code(text.replace("`", "ˋ"))
        case Link(url, text) if not safe_url(url) and not url.startswith("mailto:"):
            return Text(text or url)
        case _:
            return one


def _with_one_paragraph(block: Block) -> Block:
    if not isinstance(block, ListBlock):
        return block
    found = []
    for item in block.items:
        parts: list[Block] = []
        for one in map(_with_one_paragraph, item):
            last = parts[-1] if parts else None
            if isinstance(one, Paragraph) and isinstance(last, Paragraph):
                parts[-1] = Paragraph((*last.content, Break(), *one.content))
            else:
                parts.append(one)
        found.append(tuple(parts))
    return ListBlock(tuple(found), block.ordered)
