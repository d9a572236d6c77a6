import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text import Cleaned, clean, clean_title, is_blank, mask_secrets, safe_url

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
# Everything JSON can bring, lone surrogates too, with what is dangerous more often than chance has it.
NASTY = (
    "\x00\x1b\r\n\t\v\x85\u2028\ud800\udc00\u200b\u200d\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2069é\u0301א👍🏽🇩🇪"
)
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(NASTY)), max_size=60)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ""),
        ("CSV export is empty", "CSV export is empty"),
        ("a\x00b\x1b[31mc\x7fd\x9be", "ab[31mcde"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc\vd\fe\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("two \ud83d\ude00 halves", "two 😀 halves"),
        ("swapped \ude00\ud83d halves", "swapped \ufffd\ufffd halves"),
        ("cafe\u0301", "café"),
        ("שלום עולם", "שלום עולם"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("\u202bשלום\u202c ok", "\u202bשלום\u202c ok"),
        ("\u2067\u202aa\u202c\u2069", "\u2067\u202aa\u202c\u2069"),
        ("\u202aa\u2069b", "ab"),
        ("\u202aa\nb\u202c", "a\nb"),
        ("e\u202e\u0301", "é"),
        (FAMILY, FAMILY),
        ("zero\u200bwidth", "zero\u200bwidth"),
    ],
)
def test_clean_keeps_what_can_be_shown_when_text_is_odd(typed: str, expected: str) -> None:
    assert clean(typed, limit=100) == Cleaned(expected, cut=False)


@pytest.mark.parametrize(
    ("typed", "limit", "expected"),
    [
        ("abcdef", 6, Cleaned("abcdef", cut=False)),
        ("abcdefg", 6, Cleaned("abcde…", cut=True)),
        ("abcd efg", 6, Cleaned("abcd…", cut=True)),
        (f"ab{FAMILY}cd", 6, Cleaned("ab…", cut=True)),
        ("ab👍🏽cd", 4, Cleaned("ab…", cut=True)),
        ("🇩🇪🇫🇷🇮🇹", 4, Cleaned("🇩🇪…", cut=True)),
        ("ax\u0323\u0307bcd", 3, Cleaned("a…", cut=True)),
        ("\u202bשלום\u202c", 4, Cleaned("של…", cut=True)),
        ("x" + "\u0316" * 90, 50, Cleaned("x" + "\u0316" * 48 + "…", cut=True)),
    ],
)
def test_clean_cuts_between_characters_when_text_is_long(typed: str, limit: int, expected: Cleaned) -> None:
    assert clean(typed, limit=limit) == expected


@settings(max_examples=2500, deadline=None)
@given(TEXTS)
def test_clean_text_can_be_stored_when_anything_is_typed(typed: str) -> None:
    text = clean(typed).text

    assert text.encode().decode() == text
    assert not {c for c in text if unicodedata.category(c) == "Cc"} - {"\n", "\t"}
    assert unicodedata.is_normalized("NFC", text)
    assert clean(text) == Cleaned(text, cut=False)


@settings(max_examples=2000, deadline=None)
@given(TEXTS, st.integers(1, 40))
def test_clean_text_fits_when_a_limit_is_given(typed: str, limit: int) -> None:
    cleaned = clean(typed, limit=limit)

    assert len(cleaned.text) <= limit
    assert cleaned.cut == (clean(typed).text != cleaned.text)
    assert clean(cleaned.text, limit=limit) == Cleaned(cleaned.text, cut=False)


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
def test_bidi_controls_are_paired_when_anything_is_typed(typed: str) -> None:
    for line in clean(typed, limit=30).text.split("\n"):
        assert sum(line.count(c) for c in "\u202a\u202b\u202d\u202e") == line.count("\u202c")
        assert sum(line.count(c) for c in "\u2066\u2067\u2068") == line.count("\u2069")


@settings(max_examples=1000, deadline=None)
@given(TEXTS)
def test_title_is_one_line_when_anything_is_typed(typed: str) -> None:
    title = clean_title(typed * 5)

    assert len(title) <= 200
    assert len(title.splitlines()) <= 1
    assert title == title.strip()
    assert title == "" or not is_blank(title)
    assert clean_title(title) == title


@pytest.mark.parametrize(
    "typed", ["", "  \n\t", "\u200b\u200d\ufeff", "\x00\x07", "\u3164\u2800\ufe0f", "\u202e\u2069"]
)
def test_title_is_empty_when_nothing_can_be_read(typed: str) -> None:
    assert (clean_title(typed), is_blank(typed)) == ("", True)


def test_title_is_cut_visibly_when_it_is_long() -> None:
    assert clean_title("word\n" * 100) == "word " * 39 + "word…"


def test_forty_thousand_characters_are_kept_when_typed() -> None:
    assert clean("ж" * 40_000) == Cleaned("ж" * 40_000, cut=False)


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-" + "1234567890-abcdefghij",
        "xoxe.xoxb-" + "1-abcdefghijklmnop",
        "xoxe-" + "1-abcdefghijklmnop",
        "xapp-" + "1-A0123456789-abcdef",
        "https://" + "hooks.slack.com/services/T000/B000/abcdef",
        "ghp_" + "a1" * 18,
        "github_pat_" + "a1" * 20,
        "glpat-" + "a1" * 10,
        "lin_api_" + "a1" * 20,
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "Bearer " + "abcdefghijklmnop1234",
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN " + "PRIVATE KEY-----\nMIIabc and the rest is lost",
        "https://" + "bo:hunter2@example.com",
    ],
)
def test_secret_is_masked_when_it_is_pasted(secret: str) -> None:
    masked = mask_secrets(f"see: {secret}")

    assert masked.startswith("see: ")
    assert "[masked]" in masked
    assert mask_secrets(masked) == masked
    assert masked.split("[masked]")[1] in {"", "@example.com"}


@pytest.mark.parametrize(
    "text",
    [
        "xoxb- is the prefix",
        "a bearer of bad news",
        "AKIA is short",
        "https://example.com/a:b@c",
        "ghp_short",
    ],
)
def test_ordinary_text_is_left_alone_when_it_only_looks_like_a_secret(text: str) -> None:
    assert mask_secrets(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "xoxb-",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "Bearer ",
        "https://a:",
        "://a:b",
        "gh",
        "github_pat_a",
        "\u0301\u0316",
    ],
)
def test_hostile_text_takes_no_time_when_it_repeats(piece: str) -> None:
    text = (piece * 40_000)[:40_000]
    started = time.perf_counter()

    mask_secrets(text)
    clean(text, limit=3_000)

    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a?b=c|d#e", "http://127.0.0.1:8080/", "https://пример.example/ж", "https://[::1]/"],
)
def test_address_is_kept_when_it_is_a_web_page(url: str) -> None:
    assert safe_url(f" {url}\n") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.com",
        "https://",
        "https:///path",
        "https://bo:hunter2@example.com",
        "https://good.example@evil.example",
        "https://example.com\\@evil.example",
        "https://exa mple.com",
        "https://example.com/\u202egpj",
        "https://example.com/\x00",
        "https://example.com/\ud800",
        "https://example.com/<b>",
        "https://example.com:99999/",
        "https://[::1",
        "https://example.com/" + "a" * 2_000,
    ],
)
def test_address_is_refused_when_it_is_not_plain_web(url: str) -> None:
    assert safe_url(url) is None
