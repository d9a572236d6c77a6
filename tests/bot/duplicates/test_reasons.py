"""Why two reports may be the same."""

from bot.duplicates.reasons import explain

ERROR = "TypeError: Cannot read property 'total' of undefined at line 17"


def test_reason_names_the_error_when_both_have_it() -> None:
    other = "It said\nTypeError: Cannot read property 'sum' of undefined at line 3"

    assert explain(ERROR, other, ("", ""), ()) == "same error text"


def test_reason_names_page_and_words_when_both_have_them() -> None:
    pages = ("https://shop.example/invoice/?id=1", "https://shop.example/invoice#top")

    reason = explain("x", "The Invoices look blurred on retina", pages, ("retina", "invoic"))

    assert reason == "same page, 2 shared words: retina, invoices"


def test_reason_names_one_word_when_there_is_one() -> None:
    assert (
        explain("x", "Avatars", ("https://shop.example/", "https://shop.example/"), ("avatar",)) == "same word: avatars"
    )


def test_reason_says_similar_when_nothing_can_be_named() -> None:
    assert explain("", "", ("", ""), ()) == "similar words"
