"""Jira's wiki notation both ways: what is written, what is read, and what no text may do."""

import re
import time
from collections import Counter
from urllib.parse import unquote

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
    Rule,
    Text,
    with_inlines,
)
from integrations.markup.normal import GUARD, named
from integrations.markup.plain import write as plain
from integrations.markup.wiki import read, write
from tests.integrations.markup import generated


def line(*content: Inline) -> Document:
    return Document((Paragraph(content),))


def words(text: str) -> Paragraph:
    return Paragraph((Text(text),))


SAME = {
    "plain words, a snake_case name and well-known": line(Text("plain words, a snake_case name and well-known")),
    "*bold* _italic_ -gone-": line(
        *(Text("bold", bold=True), Text(" "), Text("italic", italic=True), Text(" "), Text("gone", strike=True))
    ),
    "un{*}believ{*}able": line(Text("un"), Text("believ", bold=True), Text("able")),
    "in {{app.py:12}} there": line(Text("in "), Code("app.py:12"), Text(" there")),
    "[a page|https://x.example/a], and [https://x.example/b_c]": line(
        Link("https://x.example/a", "a page"), Text(", and "), Link("https://x.example/b_c")
    ),
    "one\ntwo": line(Text("one"), Break(), Text("two")),
    "one\n\ntwo": Document((words("one"), words("two"))),
    "h3. A heading\n\nwords": Document((Heading(3, (Text("A heading"),)), words("words"))),
    "----": Document((Rule(),)),
    "{quote}\nsaid\n\nagain\n{quote}": Document((Quote((words("said"), words("again"))),)),
    "* one\n** below\n* two": Document(
        (ListBlock(((words("one"), ListBlock(((words("below"),),))), (words("two"),))),),
    ),
    "# one\n# two\nmore": Document(
        (ListBlock(((words("one"),), (Paragraph((Text("two"), Break(), Text("more"))),)), ordered=True),)
    ),
    "{code:python}\nif a[0] * b:\n    {quote}\n{code}": Document((CodeBlock("if a[0] * b:\n    {quote}", "python"),)),
    "{noformat}\n{code}\n{noformat}": Document((CodeBlock("{code}"),)),
}
READ = {
    "h1. Title\nwords": Document((Heading(1, (Text("Title"),)), words("words"))),
    "bq. said": Document((Quote((words("said"),)),)),
    "a \\\\ b": line(Text("a"), Break(), Text("b")),
    "||Name||Age||\r\n|Ana|30|": line(Text("Name | Age"), Break(), Text("Ana | 30")),
    "!screen shot.png! !https://x.example/a.png|width=3!": line(
        Text("!screen shot.png! "), Link("https://x.example/a.png")
    ),
    "[^log.txt] [#anchor] [PAY-1]": line(Text("log.txt [#anchor] [PAY-1]")),
    "{panel:title=x}in{panel} {color:red}red{color}": line(Text("in red")),
    "{code:title=a.py|language=python}x{code}": Document((CodeBlock("x", "python"),)),
    "{code}never closed": Document((CodeBlock("never closed"),)),
    "[~ana] and [~accountid:5b10:ac8d]": line(Mention("ana", "ana"), Text(" and "), Mention("5b10:ac8d", "5b10:ac8d")),
    "see https://x.example/a_b_c.": line(Text("see "), Link("https://x.example/a_b_c"), Text(".")),
    "[x|javascript:alert(1)]": line(Text("[x|javascript:alert(1)]")),
    "2 * 3 * 4 - 1 - 2": line(Text("2 * 3 * 4 - 1 - 2")),
    "": Document(),
}
NASTY = {
    "!beacon.png!": r"\!beacon.png\!",
    "[~ana] [PAY-1|x]": r"\[\~ana] \[PAY-1\|x]",
    "{toc} {code}x": r"\{toc\} \{code\}x",
    "h1. not a title": f"{GUARD}h1. not a title",
    "# no list": f"{GUARD}# no list",
    "C:\\new & &amp; (!) :)": r"C:&#92;new & &amp;amp; \(\!) \:)",
}


@pytest.mark.parametrize(("raw", "document"), SAME.items())
def test_text_is_the_same_when_written_and_read(raw, document):
    assert write(document) == raw
    assert read(raw) == document


@pytest.mark.parametrize(("raw", "document"), READ.items())
def test_text_is_read_when_people_wrote_it(raw, document):
    assert read(raw) == document


@pytest.mark.parametrize(("text", "raw"), NASTY.items())
def test_words_are_no_more_than_words_when_they_look_like_signs(text, raw):
    written = write(line(Text(text)))

    assert raw in written
    assert plain(read(written)) == text


def test_person_is_told_only_when_their_account_is_known():
    document = line(Mention("ana", "Ana"), Text(" and "), Mention("", "[~bo]"))

    written = write(document, lambda account: f"[~{account}]")

    assert written == r"[~ana] and \[\~bo]"
    assert write(document) == r"Ana and \[\~bo]"


@given(generated.documents)
def test_every_word_is_kept_when_written_and_read(document):
    wanted = named(document, lambda one: bool(one.account))

    kept = read(write(document, lambda account: f"[~{account}]"))

    assert signs(kept) == signs(wanted)


@given(generated.documents)
def test_nobody_is_told_when_no_account_is_to_be(document):
    told = []

    def note(one: Inline) -> Inline:
        told.extend([one] if isinstance(one, Mention) else [])
        return one

    with_inlines(read(write(document)), note)

    assert told == []


@pytest.mark.parametrize(
    "raw", ["*" * 50_000, "{{" * 25_000, "[" * 50_000, "{code}" * 9_000, "!a" * 25_000, "* a\n" * 12_000, "\\" * 50_000]
)
def test_reading_is_quick_when_the_text_is_made_to_be_slow(raw):
    begin = time.process_time()

    read(raw)

    assert time.process_time() - begin < 20


def signs(document: Document) -> Counter[str]:
    """Count what is not blank: words in an item stand before the lists in it, and quotes are not within each other."""
    return Counter(re.sub(rf"[\s{GUARD}]", "", unquote(plain(document))))
