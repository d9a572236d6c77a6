"""Words and addresses: whole words only, in any writing; addresses with or without what does not matter."""

import time

import pytest

from bot.routing.matching import find_url, find_word


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("card", "My CARD was refused", True),
        ("card", "it was discarded", False),
        ("card", "two cards", False),
        ("card", "card-reader, (card)", True),
        ("card", "card_number", False),
        ("apple pay", "with Apple  Pay", True),
        ("apple pay", "with apple\npay!", True),
        ("apple pay", "an apple. Pay it", False),
        ("apple pay", "pineapple pay", False),
        ("c++", "the C++ client", True),
        ("404", "error 404.", True),
        ("404", "error 4041", False),
        ("straße", "die STRASSE", True),
        ("café", "the cafe\u0301 page", True),
        ("cafe\u0301", "the café page", True),
        ("поиск", "Поиск не работает", True),
        ("поиск", "поисковик", False),
        ("検索", "検索ができない", True),
        ("search", "searchができない", True),
        ("결제", "결제가 안 돼요", True),
        ("ค้นหา", "กดค้นหาไม่ได้", True),
        ("🔍", "the 🔍 button", True),
        ("$", "it took 5$", True),
        ("#42", "see #42", True),
        ("#42", "see #421", False),
    ],
)
def test_word_is_found_when_it_stands_whole(word, text, expected):
    assert find_word([word], text) == (word if expected else None)


def test_first_word_of_the_list_is_named_as_the_file_has_it():
    assert find_word(["Refund", "Apple Pay"], "apple pay took my refund") == "Refund"


def test_no_word_is_found_when_there_is_none():
    assert find_word([], "anything") is None
    assert find_word(["card"], "") is None


@pytest.mark.parametrize(
    "text",
    ["a" * 40_000, "card" * 10_000, "apple " * 8_000, " " * 40_000, "apple" + " " * 39_000 + "pay", "ca" * 20_000],
)
def test_long_text_is_read_fast(text):
    words = [f"word {number}" for number in range(300)] + ["card", "apple pay", "a a a a a a"]
    begin = time.process_time()

    find_word(words, text)

    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("glob", "url", "expected"),
    [
        ("https://app.acme.dev/(checkout|billing)/**", "https://app.acme.dev/checkout/pay", True),
        ("https://app.acme.dev/(checkout|billing)/**", "https://app.acme.dev/billing", True),
        ("https://app.acme.dev/(checkout|billing)/**", "https://app.acme.dev/billing/", True),
        ("https://app.acme.dev/(checkout|billing)/**", "https://app.acme.dev/checkouts", False),
        ("https://app.acme.dev/checkout/**", "https://APP.acme.dev/checkout/x?step=2#top", True),
        ("https://app.acme.dev/checkout/**", "http://app.acme.dev/checkout/x", False),
        ("https://app.acme.dev/checkout/**", "https://evil.example/https://app.acme.dev/checkout/x", False),
        ("app.acme.dev/**", "http://app.acme.dev/x", True),
        ("*.acme.dev/**", "https://app.acme.dev/x", True),
        ("*.acme.dev/**", "https://acme.dev.evil.example/x", False),
        ("**/search?q=*", "https://acme.dev/search?q=shoes", True),
        ("**/search?q=*", "https://acme.dev/search", False),
        ("https://acme.dev/#/pay", "https://acme.dev/#/pay", True),
        ("https://acme.dev/Pay", "https://acme.dev/pay", False),
        ("**", "", False),
    ],
)
def test_address_fits(glob, url, expected):
    assert find_url([glob], url) == (glob if expected else None)
