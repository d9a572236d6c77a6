"""Textile both ways: what is written, what is read, and what no text may do."""

import re
import time
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from integrations.markup.normal import GUARD, named
from integrations.markup.plain import write as plain
from integrations.markup.textile import read, write
from tests.integrations.markup import generated


def line(*content: Inline) -> Document:
    return Document((Paragraph(content),))


def words(text: str) -> Paragraph:
    return Paragraph((Text(text),))


SAME = {
    "plain words, a snake_case name - and 2 * 3": line(Text("plain words, a snake_case name - and 2 * 3")),
    "*bold* _italic_ -gone-": line(
        *(Text("bold", bold=True), Text(" "), Text("italic", italic=True), Text(" "), Text("gone", strike=True))
    ),
    "*_-all-_*": line(Text("all", bold=True, italic=True, strike=True)),
    "in @app.py:12@ there": line(Text("in "), Code("app.py:12"), Text(" there")),
    '"a page":https://x.example/a, and more': line(Link("https://x.example/a", "a page"), Text(", and more")),
    "see https://x.example/a_b_c now": line(Text("see "), Link("https://x.example/a_b_c"), Text(" now")),
    "one\ntwo": line(Text("one"), Break(), Text("two")),
    "one\n\ntwo": Document((words("one"), words("two"))),
    "h3. A heading\n\nwords": Document((Heading(3, (Text("A heading"),)), words("words"))),
    "---": Document((Rule(),)),
    "> said\n>\n> > before\n>\n> again": Document(
        (Quote((words("said"), Quote((words("before"),)), words("again"))),),
    ),
    "* one\n** below\n*# first\n* two\nmore": Document(
        (
            ListBlock(
                (
                    (words("one"), ListBlock(((words("below"),),)), ListBlock(((words("first"),),), ordered=True)),
                    (Paragraph((Text("two"), Break(), Text("more"))),),
                )
            ),
        )
    ),
    "# one\n# two": Document((ListBlock(((words("one"),), (words("two"),)), ordered=True),)),
    "<pre>\n* no list\n\n@ana #12 <b>\n</pre>": Document((CodeBlock("* no list\n\n@ana #12 <b>"),)),
    '<pre><code class="python">\n@cached\n</code></pre>': Document((CodeBlock("@cached", "python"),)),
    "> <pre>\na\n\nb\n</pre>\n>\n> c": Document((Quote((CodeBlock("a\n\nb"), words("c"))),)),
}


@pytest.mark.parametrize("raw", SAME)
def test_text_is_the_same_when_written_and_read(raw):
    assert write(SAME[raw]) == raw
    assert read(raw) == SAME[raw]


READ = {
    "**bold** __italic__ ??cited?? +new+": line(
        *(Text("bold", bold=True), Text(" "), Text("italic cited", italic=True), Text(" new")),
    ),
    "bq. said": Document((Quote((words("said"),)),)),
    "p(class). words": Document((words("words"),)),
    "h2(#id){color:red}. Title": Document((Heading(2, (Text("Title"),)),)),
    "|_. Name|_. Value|\n|a|b|": line(Text("Name | Value"), Break(), Text("a | b")),
    "!https://x.example/a.png(A view)!": line(Link("https://x.example/a.png", "A view")),
    "!shot.png!": line(Text("shot.png")),
    "[[Page|the page]] [[Start]]": line(Text("the page Start")),
    "@ana, user:bob.b and ana@x.example": line(
        Mention("ana", "ana"), Text(", "), Mention("bob.b", "bob.b"), Text(" and ana@x.example")
    ),
    '"x":/issues/1 "y":javascript:alert(1)': line(Text('x "y":javascript:alert(1)')),
    '("x":https://x.example/a).': line(Text("("), Link("https://x.example/a", "x"), Text(").")),
    "a <!-- hidden --> b": line(Text("a b")),
    "a &lt;b&gt; &amp;amp; &nothing": line(Text("a <b> &amp; &nothing")),
    "<code>a @b</code> <notextile>*c*</notextile>": line(Code("a @b"), Text(" *c*")),
    "<pre>never closed\n* a": Document((CodeBlock("never closed\n* a"),)),
    "2024-11-23 --flag a-b - c": line(Text("2024-11-23 --flag a-b - c")),
    "a\r\n* b\r\n": Document((words("a"), ListBlock(((words("b"),),)))),
    "": Document(),
}


@pytest.mark.parametrize("raw", READ)
def test_text_is_understood_when_people_wrote_it(raw):
    assert read(raw) == READ[raw]


ACTING = [
    *("@ana", "(@ana)", "x @ana.", "user:ana", "user#2", "user@ana", "#12", "##12", "#12-3", "#note-3", "r12", "x:r12"),
    *("commit:abc", "source:a/b", "attachment:a.png", 'document:"A b"', "version:1.0", "project:web", "web:#12"),
    *("!x.png!", "!https://x.example/beacon.gif!", "!>x.png(y)!:https://x.example", "{{toc}}", "{{include(Page)}}"),
    *("[[Page]]", "[[web:Page|x]]", '"a":https://x.example', '"a":/x', "www.x.example", "ftp://x.example", "a@x.org"),
    *("<script>alert(1)</script>", "<img src=x onerror=y>", "<pre>", "</pre>", "<notextile>", "</code>", "<!-- x -->"),
    *("*b*", "_i_", "-s-", "+n+", "^u^", "~d~", "%{color:red}x%", "??c??", "@c@", "==x==", "HTML(Hidden)", "word[1]"),
    *("* item", "# item", "> quote", "bq. x", "h1. x", "h1(c). x", "fn1. x", "|a|b|", "---", "***", "&lt;", "&#64;ana"),
    *("x%x%", "{color:red}x", "(c)x", "[en]x", '"', "a:redsh#1:", "table. x", "\ud800", "\0"),
]


@pytest.mark.parametrize("text", ACTING)
@pytest.mark.parametrize("around", ["{}", "a {} b", "({})", "[{}]"])
def test_text_stays_words_when_it_would_do_something(text, around):
    content = around.format(text)

    written = write(line(Text(content)))

    wanted = named(line(Text(content)), lambda _: False)
    assert plain(read(written)) == plain(wanted)
    assert acts(written) == []


@pytest.mark.parametrize("text", ACTING)
def test_text_stays_words_when_it_stands_in_something(text):
    blank, link = Text(" "), Link("https://x.example/", text)
    content = (Text(text, bold=True), blank, Code(text), blank, link, Mention("", text))
    inner = Paragraph(content)
    document = Document((inner, Heading(1, content), Quote((inner,)), ListBlock(((inner,), (inner,))), CodeBlock(text)))

    written = write(document)

    assert acts(written) == []
    assert letters(plain(read(written))) == letters(plain(named(document, lambda _: False)))


def test_only_those_with_an_account_are_told_when_written():
    document = line(Text("for "), Mention("5", "Ana"), Text(", "), Mention("", "@bob"), Mention("6", "Cy"), Text("x"))

    assert write(document, lambda account: f"@user{account}") == "for @user5, &#64;bob @user6 x"
    assert write(document) == "for Ana, &#64;bobCyx"


def test_link_ends_where_it_does_when_words_follow():
    document = line(Link("https://x.example/a", "a"), Text("b"), Link("https://x.example/c)", "(d)"), Text("!"))

    assert read(write(document)) == line(
        *(Link("https://x.example/a", "a"), Text("b"), Link("https://x.example/c%29", "(d)"), Text("!"))
    )


@given(generated.documents)
def test_words_are_kept_when_written_and_read(document):
    read_again = read(write(document))

    assert letters(plain(read_again)) == letters(plain(named(document, lambda _: False)))


@given(generated.documents)
def test_nothing_acts_whatever_is_written(document):
    assert acts(write(document)) == []


# In code, and in what Redmine does not take for code, once it has taken out what it takes for quoted.
MENTIONING = ["@ana", ">\n@ana", "@ana\n> \n@bo", "\r>\r@ana", "cc @ana\n>"]


@pytest.mark.parametrize("code", MENTIONING)
@pytest.mark.parametrize("language", ["", "python"])
def test_code_tells_nobody_wherever_it_stands(code, language):
    block, words = CodeBlock(code, language), Paragraph((Text("a"),))

    for blocks in ((block,), (words, Quote((block, words))), (words, Quote((words, Quote((block,)))), block)):
        assert mentioned(write(Document(blocks))) == [], blocks


@given(generated.documents)
def test_nobody_is_told_whatever_is_written(document):
    assert mentioned(write(named(document, lambda _: False))) == []


# https://github.com/redmine/redmine/blob/5.0-stable/lib/redmine/acts/mentionable.rb
MENTION = re.compile(
    r"(?:^|[^A-Za-z0-9_])@([\w.@-]+?)(?=[^\w/](?![\w/])|[^\x00-\x7f]|,|\.+$|\s|\]|<|$)", re.ASCII | re.MULTILINE
)


def mentioned(written: str) -> list[str]:
    """List whom Redmine would tell: it looks for names before it reads Textile."""
    kept = re.sub(r"\r\n|\n|\r", "\r\n", written)
    kept = re.sub(r"\r\n(?:>\s)+(.*?)\r\n", "", kept, flags=re.DOTALL)
    return MENTION.findall(re.sub(r"<pre>(.*?)</pre>", "", kept, flags=re.DOTALL))


@given(st.one_of(st.text(), generated.pieces, st.lists(generated.pieces).map("\n".join)))
def test_reading_never_fails_whatever_is_read(raw):
    document = read(raw)

    assert read(write(document)) == read(write(read(write(document))))


LONG = ["*", "_a ", '"', '"a":', "!", "@a ", "@", "[[", "<pre>", "<pre", "<!--", "> ", ">", "* a\n", "#", "((", "{"]
LONG += ["(", "&#"]
LONG += ["h1(", "p(a)(b)", "|", "-a- ", "a@", "user:a", "https://", "\n", " ", "</pre", "<code class=", "== "]


@pytest.mark.parametrize("piece", LONG)
def test_reading_takes_no_longer_when_a_text_is_made_for_it(piece):
    began = time.process_time()

    read(piece * (60_000 // len(piece)))

    assert time.process_time() - began < 20


def letters(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", unquote(text).replace("#", "")).replace("---", "")


# Redmine's own expressions, for what is written: app/helpers/application_helper.rb (LINKS_RE, MACROS_RE and
# parse_wiki_links), lib/redmine/acts/mentionable.rb and lib/redmine/wiki_formatting/textile/redcloth3.rb (IMAGE_RE).
_END = r"(?=[!-/:-@\[-`{-~][^A-Za-z0-9_/]|,|\.+$|\s|\]|<|$)"
_KINDS = "attachment|document|version|forum|news|message|project|commit|source|export|user"
REDMINE = {
    "mention": re.compile(rf"(?:^|\W)@([A-Za-z0-9_\-@.]+?){_END}", re.ASCII | re.MULTILINE),
    "reference": re.compile(
        rf"(?:[\s(,\-\[>]|^)(?:[a-z0-9\-_]+:)?(?:{_KINDS})?(?:(?:##?|r)(?:\d+|note)(?:(?:#note)?-\d+)?"
        rf"|(?<=[a-z]):(?:[^\"\s<>][^\s<>]*?|\"[^\"]+?\"))(?=[!-/:-@\[-`{{-~][^A-Za-z0-9_/]|,|\s|\]|<|$)"
    ),
    "image": re.compile(r"(?:>|\s|^)![<=>]?[^\s(!]+?\s?(?:\([^()]+\))?!", re.MULTILINE),
    "macro": re.compile(r"\{\{\w+"),
    "page": re.compile(r"\[\[[^\n|]+?\]\]"),
    "tag": re.compile(r"<(?!/?(?:pre|code|notextile)\b)/?\w[^>]*>|<!--"),
}


def acts(written: str) -> list[str]:
    """List what Redmine would do with a text beyond showing it; within code it looks for mentions only."""
    shown = re.sub(r"<pre>.*?</pre>", "", written, flags=re.DOTALL)
    found = [f"mention {one}" for one in REDMINE["mention"].findall(shown)]
    rest = re.sub(r"<code>.*?</code>|(?<!\w)@[^@\n]+@(?!\w)|\":[^\s<]+|https?://[^\s<]+", "", shown)
    return found + [
        f"{name} {match[0]}"
        for name, expression in REDMINE.items()
        for match in expression.finditer(rest)
        if name not in {"mention", "reference"}
        or (name == "reference" and re.search(rf"\d|(?:{_KINDS}):", match[0]) and GUARD not in match[0])
    ]
