"""Markdown both ways: what is read, what is written, and that nothing is lost between."""

import pytest
from hypothesis import given, settings

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
    Rule,
    Text,
)
from integrations.markup.markdown import read, write
from integrations.markup.normal import GUARD
from tests.integrations.markup.forms import with_names
from tests.integrations.markup.generated import documents


def words(text: str) -> Paragraph:
    return Paragraph((Text(text),))


def line(*content: Inline) -> Document:
    return Document((Paragraph(content),))


SAME = {
    "**bold** *italic* ~~gone~~ ~~***all***~~": line(
        *(Text("bold", bold=True), Text(" "), Text("italic", italic=True), Text(" "), Text("gone", strike=True)),
        *(Text(" "), Text("all", bold=True, italic=True, strike=True)),
    ),
    "`a` and `` `b ``": line(Code("a"), Text(" and "), Code("`b")),
    "[a page](<https://x.example/a>), <https://x.example/b_c_>": line(
        *(Link("https://x.example/a", "a page"), Text(", "), Link("https://x.example/b_c_"))
    ),
    "ask @ana-b now": line(Text("ask "), Mention("ana-b", "ana-b"), Text(" now")),
    "one\\\ntwo": line(Text("one"), Break(), Text("two")),
    "# Title\n\n```python\nx = 1\n\n\ty\n```\n\n***": Document(
        (Heading(1, (Text("Title"),)), CodeBlock("x = 1\n\n\ty", "python"), Rule())
    ),
    "````\n```\n````": Document((CodeBlock("```"),)),
    "> said\n>\n> > before": Document((Quote((words("said"), Quote((words("before"),)))),)),
    "- one\n  1. first\n- two\n\n  more": Document(
        (ListBlock(((words("one"), ListBlock(((words("first"),),), ordered=True)), (words("two"), words("more")))),)
    ),
}
READ = {
    "line\nline": line(Text("line"), Break(), Text("line")),
    "![a cat](https://x.example/cat.png)": line(Link("https://x.example/cat.png", "a cat")),
    "[![badge](https://x.example/b.svg)](https://x.example)": line(Link("https://x.example", "badge")),
    '<img width="9" alt="a cat" src="https://x.example/cat.png" />': line(Link("https://x.example/cat.png", "a cat")),
    "a <b>c</b><!-- d --> e<br>f": line(Text("a c e"), Break(), Text("f")),
    "<details><summary>more</summary>\n\nwords\n\n</details>": Document((words("more"), words("words"))),
    "<!-- hidden\n\nwords -->": Document(),
    "<script>\nalert(1)\n</script>": Document(),
    "[x](javascript:alert(1))": line(Text("x")),
    "see https://x.example/__init__.py?a=1&amp;b=2.": line(
        *(Text("see "), Link("https://x.example/__init__.py?a=1&b=2"), Text("."))
    ),
    "[@ana](https://x.example)": line(Link("https://x.example", "@ana")),
    "ana@example.com @org/team a@b": line(Text("ana@example.com @org/team a@b")),
    "- [x] done\n- [ ] open": Document((ListBlock(((words("[x] done"),), (words("[ ] open"),))),)),
    "| a | **b** |\n|---|---|\n| 1 | 2 |": line(
        *(Text("a | "), Text("b", bold=True), Break(), Text("1 | 2")),
    ),
    "Title\n===": Document((Heading(1, (Text("Title"),)),)),
    "    code": Document((CodeBlock("code"),)),
    "&lt;b&gt; \\*a\\*": line(Text("<b> *a*")),
    "": Document(),
}
WRITTEN = {
    "@ana": f"@{GUARD}ana",
    "#1 acme/web#1 GH-1": f"\\#{GUARD}1 acme/web#{GUARD}1 GH-{GUARD}1",
    "it fixes #1": f"it fixes #{GUARD}1",
    "/close": f"{GUARD}/close",
    "ana@example.com": "ana@example.com",
    "snake_case and 2 - 1 > 0": "snake_case and 2 - 1 > 0",
    "PAY-12 C:\\Users": "PAY-12 C:\\Users",
    "_a_ *b* `c` [d](e)": "\\_a\\_ \\*b\\* \\`c\\` \\[d\\](e)",
    "<img src=x>": "\\<img src=x>",
    "- a": "\\- a",
    "12. a": "12\\. a",
}


@pytest.mark.parametrize(("raw", "document"), SAME.items())
def test_markdown_is_read_and_written_the_same(raw, document):
    assert read(raw) == document
    assert write(document, mention=lambda account: f"@{account}") == raw


@pytest.mark.parametrize(("raw", "document"), READ.items())
def test_markdown_is_read(raw, document):
    assert read(raw) == document


@pytest.mark.parametrize(("text", "raw"), WRITTEN.items())
def test_words_are_written_as_words(text, raw):
    assert write(line(Text(text))) == raw


def test_an_address_behind_a_closing_word_closes_nothing():
    address = Link("https://github.com/acme/web/issues/1")

    assert write(line(Text("closes "), address)) == f"clos{GUARD}es <{address.url}>"


@pytest.mark.parametrize("title", ["#", "# #", "C#", "a ##", "a \\#"])
def test_a_title_keeps_its_sharps(title):
    document = Document((Heading(2, (Text(title),)),))

    assert read(write(document)) == document


def test_people_are_named_where_the_service_cannot_tell_them():
    assert write(line(Mention("ana", "Ana @all"))) == f"Ana @{GUARD}all"


def test_a_mention_takes_nothing_of_its_neighbours():
    document = line(Text("a"), Mention("ana", "ana"), Text("-b"))

    assert write(document, mention=lambda account: f"@{account}") == f"a{GUARD}@ana{GUARD}-b"


def test_a_command_within_a_fence_within_code_is_parted():
    assert write(Document((CodeBlock("```\n/close"),))) == f"````\n```\n{GUARD}/close\n````"
    assert write(Document((CodeBlock("/usr/bin"),))) == "```\n/usr/bin\n```"


def test_a_text_that_is_too_long_for_the_parser_keeps_its_words():
    assert read("**a** @ana\n" * 10_000).blocks[0].content[:2] == (Text("**a** "), Mention("ana", "ana"))


@settings(deadline=None)
@given(documents)
def test_what_is_written_is_read_again(document):
    raw = write(document, mention=lambda account: f"@{account}")

    assert read(raw) == with_names(document)
