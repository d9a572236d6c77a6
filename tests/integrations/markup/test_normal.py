"""The same words are equal, whatever service they come from."""

import pytest
from hypothesis import given

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
from integrations.markup.normal import GUARD, is_safe, named, normalise
from tests.integrations.markup.generated import documents


def line(*content: Inline) -> Document:
    return Document((Paragraph(content),))


SAME = {
    "neighbours of one style": ((Text("a"), Text("b")), (Text("ab"),)),
    "blanks between words": ((Text(" a \t b\xa0"), Text(" c ")), (Text("a b c"),)),
    "a blank has no style": ((Text("a ", bold=True), Text("b")), (Text("a", bold=True), Text(" b"))),
    "one style goes on over a blank": (
        (Text("a", bold=True), Text(" "), Text("b", bold=True)),
        (Text("a b", bold=True),),
    ),
    "a line end is a break": ((Text("a \r\n b"),), (Text("a"), Break(), Text("b"))),
    "an address is a link": (
        (Text("see https://x.example/a_(b), (https://y.example)."),),
        (
            *(Text("see "), Link("https://x.example/a_(b)"), Text(", (")),
            *(Link("https://y.example"), Text(").")),
        ),
    ),
    "a link that shows its address": ((Link("https://x.example", "https://x.example"),), (Link("https://x.example"),)),
    "a link that shows another": (
        (Link("https://evil.example", "https://good.example"),),
        (Link("https://evil.example"),),
    ),
    "a link that runs": ((Link("javascript:alert(1)", "x"),), (Text("x"),)),
    "a link with a name before its host": ((Link("https://good.example@evil.example", "x"),), (Text("x"),)),
    "blanks in an address": ((Link(" https://x.example/a b|c ", "x"),), (Link("https://x.example/a%20b%7Cc", "x"),)),
    "code of two parts": ((Code("a"), Code("b\nc ")), (Code("ab c"),)),
    "a mention without a name": ((Mention("U1", " "),), (Mention("U1", "U1"),)),
    "what cannot be stored": ((Text(f"a\x00{GUARD}\x07b\ud800"),), (Text("ab\ufffd"),)),
    "nothing": ((Text(" "), Code(""), Link("", ""), Mention("", "")), ()),
}


@pytest.mark.parametrize(("content", "same"), SAME.values(), ids=SAME)
def test_a_line_has_one_form(content, same):
    assert normalise(line(*content)) == (line(*same) if same else Document())


def test_blocks_have_one_form():
    items = ((Paragraph((Text("a"),)),), (Paragraph(()),))

    found = normalise(
        Document(
            (
                Paragraph((Text("a\n\n\nb"),)),
                Heading(9, (Text("h"), Break(), Text("i"))),
                *(CodeBlock("\n x\r\ny\n", "c++ and more"), CodeBlock(" \n ")),
                *(Quote((Paragraph(()),)), Paragraph((Break(),))),
                *(ListBlock(items), ListBlock(items), ListBlock(items, ordered=True)),
            )
        )
    )

    assert found.blocks == (
        *(Paragraph((Text("a"),)), Paragraph((Text("b"),))),
        Heading(6, (Text("h i"),)),
        CodeBlock(" x\ny", "c++andmore"),
        *(ListBlock((items[0], items[0])), ListBlock((items[0],), ordered=True)),
    )


def test_people_without_an_account_are_words_where_nobody_is_told():
    text = line(Text("Ask "), Mention("", "Ana Li"), Text(" or "), Mention("U1", "Bo"))

    assert named(text, lambda one: bool(one.account)) == line(Text("Ask Ana Li or "), Mention("U1", "Bo"))


@pytest.mark.parametrize(
    "url", ["", "x", "//x.example", "https:", "https://", "data:text/html,x", "http://[", "mailto:"]
)
def test_an_address_that_leads_nowhere_good_is_not_safe(url):
    assert not is_safe(url)


@given(documents)
def test_what_has_its_form_keeps_it(document):
    once = normalise(document)

    assert normalise(once) == once
