import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text import clean
from handlers.views.text import channel, date, escape, inline, length, link, mention, mrkdwn, plain, quote
from tests.blockkit import assert_valid, problems

PIECES = [
    "&",
    "<",
    ">",
    "&amp;",
    "<!channel>",
    "<@U1>",
    "<https://e.example|good>",
    "@here",
    "@Everyone",
    "```",
    "|",
]
TYPED = st.lists(
    st.one_of(st.sampled_from([*PIECES, "\n", "> ", "👍🏽", "\u200d", "🇩🇪"]), st.text(max_size=8)),
    max_size=15,
).map(lambda parts: clean("".join(parts)).text)


def section(text: str) -> dict[str, object]:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {"text": "A report", "blocks": [block]}


def unescaped(text: str) -> str:
    return text.replace("\u2060", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a & b", "a &amp; b"),
        ("&amp;", "&amp;amp;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U1>", "&lt;@U1&gt;"),
        ("<https://evil.example|https://good.example>", "&lt;https://evil.example|https://good.example&gt;"),
        ("hi @here and @CHANNEL", "hi @\u2060here and @\u2060CHANNEL"),
        ("bo@example.com", "bo@example.com"),
        ("*b* _i_ ~s~ `c`", "*b* _i_ ~s~ `c`"),
    ],
)
def test_escaped_text_reads_as_typed_when_it_holds_entities(typed: str, shown: str) -> None:
    assert escape(typed) == shown


@pytest.mark.parametrize(
    ("typed", "limit", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("&&", 10, "&amp;&amp;"),
        ("&&&", 10, "&amp;…"),
        ("<<", 7, "&lt;…"),
        ("😀😀", 4, "😀😀"),
        ("😀😀😀", 5, "😀😀…"),
        ("a👍🏽b", 5, "a…"),
        ("@hereabouts", 7, "@\u2060here…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_text_is_cut_after_escaping_when_it_is_long(typed: str, limit: int, shown: str) -> None:
    assert mrkdwn(typed, limit) == shown


@pytest.mark.parametrize("character", ["&", "<", "a", "😀", "\n", "ж"])
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_block_is_valid_when_text_is_at_the_limit(character: str, over: int) -> None:
    typed = "x" + character * (3_000 + over)

    assert_valid(section(mrkdwn(typed, 3_000)), "message")
    assert_valid(section(quote(typed, 3_000)), "message")


@settings(max_examples=1000, deadline=None)
@given(TYPED, st.integers(2, 60))
def test_block_pings_nobody_when_anything_is_typed(typed: str, limit: int) -> None:
    text = mrkdwn(typed, limit)

    assert length(text) <= limit
    assert problems(section(f"x{text}"), "message") == []
    assert not re.search("@(here|channel|everyone)", text, re.IGNORECASE)
    assert unescaped(text).rstrip("…").rstrip() in typed.replace("\u2060", "").replace("…", "") or "…" in typed


@settings(max_examples=1000, deadline=None)
@given(TYPED, st.integers(4, 60))
def test_quote_stays_a_quote_when_anything_is_typed(typed: str, limit: int) -> None:
    text = quote(typed, limit)

    assert length(text) <= limit
    assert all(line.startswith("> ") for line in text.split("\n"))
    assert problems(section(text), "message") == []


@settings(max_examples=1000, deadline=None)
@given(TYPED, st.integers(2, 60))
def test_inline_stays_on_its_line_when_anything_is_typed(typed: str, limit: int) -> None:
    text = inline(typed, limit)

    assert length(text) <= limit
    assert "\n" not in text
    assert "```" not in text


@settings(max_examples=1000, deadline=None)
@given(TYPED, TYPED)
def test_link_leads_nowhere_else_when_anything_is_typed(typed: str, label: str) -> None:
    text = link(f"https://example.com/?q={typed}", label)

    assert problems(section(f"x{text}"), "message") == []
    assert text.startswith("<https://example.com/?q=") or not text.startswith("<")
    assert text.count("<") <= 1


@settings(max_examples=500, deadline=None)
@given(TYPED, st.integers(3, 75))
def test_plain_text_is_never_empty_when_anything_is_typed(typed: str, limit: int) -> None:
    button = {
        "type": "button",
        "action_id": "open",
        "text": {"type": "plain_text", "text": plain(typed, limit)},
    }

    assert length(plain(typed, limit)) <= limit
    assert_valid({"text": "A report", "blocks": [{"type": "actions", "elements": [button]}]}, "message")


def test_quote_marks_each_line_when_text_has_several() -> None:
    assert quote("first <b>\n\n> third ```\n", 100) == "> first &lt;b&gt;\n> \n> &gt; third ```"


def test_quote_says_nothing_when_text_is_blank() -> None:
    assert quote(" \n\u200b", 100) == "> –"


def test_fence_is_closed_to_our_words_when_typed_inline() -> None:
    assert inline("```\nrm -rf\n``` `ok`", 100) == "''' rm -rf ''' `ok`"


@pytest.mark.parametrize(
    ("url", "label", "shown"),
    [
        ("https://e.example/a?b=1&c=2", "A & B", "<https://e.example/a?b=1&amp;c=2|A &amp; B>"),
        ("https://e.example/a|b", "a|b>c", "<https://e.example/a%7Cb|a¦b&gt;c>"),
        ("https://e.example/", " ", "<https://e.example/>"),
        ("https://e.example/", "two\nlines", "<https://e.example/|two lines>"),
        ("javascript:alert(1)", "click <me>", "click &lt;me&gt;"),
        ("https://e.example/>x", "label", "label"),
    ],
)
def test_link_is_safe_when_its_parts_are_odd(url: str, label: str, shown: str) -> None:
    assert link(url, label) == shown


@pytest.mark.parametrize(
    ("user_id", "shown"),
    [
        ("U1", "<@U1>"),
        ("W0ABC", "<@W0ABC>"),
        ("U1>", "U1&gt;"),
        ("U1\n", "U1"),
        ("!here", "!here"),
        ("", "someone"),
    ],
)
def test_person_is_mentioned_when_the_id_is_one(user_id: str, shown: str) -> None:
    assert mention(user_id) == shown


@pytest.mark.parametrize(
    ("channel_id", "shown"),
    [("C1", "<#C1>"), ("C1|x", "C1|x"), ("<!here>", "&lt;!here&gt;"), ("", "a channel")],
)
def test_channel_is_linked_when_the_id_is_one(channel_id: str, shown: str) -> None:
    assert channel(channel_id) == shown


def test_date_is_the_readers_own_when_it_has_a_zone() -> None:
    when = datetime(2026, 11, 26, 9, 30, tzinfo=timezone(timedelta(hours=1)))

    assert date(when, "Thu 26 Nov") == "<!date^1795681800^{date_short_pretty} at {time}|Thu 26 Nov>"
    assert date(when) == "<!date^1795681800^{date_short_pretty} at {time}|2026-11-26 08:30 UTC>"


def test_date_cannot_be_broken_out_of_when_its_fallback_is_odd() -> None:
    text = date(datetime(2026, 11, 26, tzinfo=UTC), "a|b>\n<!here>")

    assert text == "<!date^1795651200^{date_short_pretty} at {time}|a¦b&gt; &lt;!here&gt;>"
    assert problems(section(text), "message") == []


def test_date_is_refused_when_it_has_no_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        date(datetime(2026, 11, 26, tzinfo=UTC).replace(tzinfo=None), "Thu 26 Nov")
