"""Texts that hypothesis makes: trees of every kind of block, with words that every form has a use of its own for."""

from hypothesis import strategies as st

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

# Signs that some form has a use for, and words that services act on.
SIGNS = tuple("\\`*_{}[]()<>#+-.!|~&$^=:;,/@%\"'?0123456789")
WORDS = (
    *("a", "B", "é", "ß", "日本", "🙂", "👩‍👩‍👧", "snake_case", "x1", "fixes", "closes", "duplicate of"),
    *(
        "@ana",
        "@everyone",
        "@org/team",
        "ana@example.com",
        "#12",
        "acme/web#1",
        "GH-1",
        "PAY-12",
        "!3",
        "~bug",
        '%"one"',
    ),
    *(
        "/close",
        "/cc @bo",
        "- ",
        "1. ",
        "2) ",
        "> ",
        "# ",
        "---",
        "===",
        "```",
        "~~~",
        "***",
        "| a | b |",
        ":--",
        "![x](y)",
    ),
    *("<img src=x>", "<!-- -->", "<!channel>", "<@U1>", "<script>", "&amp;", "&#64;", "&lt;b&gt;", "[a](b)", "[a]: b"),
    *(
        "http://",
        "https://x.example/a_b_",
        "https://",
        "javascript:alert(1)",
        "www.x.example",
        "\\",
        "\u200b",
        "\u2060",
    ),
    *(
        "h1. ",
        "bq. ",
        "* ",
        "## ",
        "r12",
        "commit:abc",
        "user:ana",
        "{{toc}}",
        "[[page]]",
        '"a":b',
        "!a.png!",
        "@a@",
        "-a-",
    ),
    *("\ud800", "\x00", "\u2028", "\xa0", "  ", "\t", "+a+", "^a^", "??a??", "%{color:red}a%", "==a==", "$x$", "{+a+}"),
)

pieces = st.lists(st.sampled_from((*SIGNS, *WORDS, " ", " ")), min_size=1, max_size=6).map("".join)
words = st.one_of(pieces, st.text(max_size=8))
texts = st.builds(Text, words, st.booleans(), st.booleans(), st.booleans())
plain_texts = st.builds(Text, words)
code = st.builds(Code, words)
addresses = st.one_of(
    st.sampled_from(
        (
            "https://x.example/a_b_?c=1&amp;d=2#e",
            "https://x.example/(a)",
            "http://127.0.0.1:80/*",
            "mailto:ana@x.example",
            "https://é.example/日本",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://x.example/a b|c>d",
            "",
        )
    ),
    words.map(lambda path: f"https://x.example/{path}"),
)
links = st.builds(Link, addresses, st.one_of(st.just(""), words))
logins = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3})?", fullmatch=True)
mentions = st.one_of(logins.map(lambda login: Mention(login, login)), words.map(lambda name: Mention("", name)))
inlines: st.SearchStrategy[Inline] = st.one_of(plain_texts, plain_texts, texts, code, links, mentions, st.just(Break()))
contents = st.lists(inlines, max_size=5).map(tuple)
code_lines = st.lists(st.one_of(words, st.sampled_from(("", "    x", "```", "\tx", "</pre>", "/close"))), max_size=4)
leaves: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, contents),
    st.builds(Paragraph, contents),
    st.builds(Heading, st.integers(0, 7), contents),
    st.builds(CodeBlock, code_lines.map("\n".join), st.sampled_from(("", "python", "c++", "a b"))),
    st.just(Rule()),
)


def _nested(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    many = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(st.builds(Quote, many), st.builds(ListBlock, st.lists(many, max_size=3).map(tuple), st.booleans()))


blocks = st.recursive(leaves, _nested, max_leaves=6)
documents = st.lists(blocks, max_size=4).map(lambda made: Document(tuple(made)))
