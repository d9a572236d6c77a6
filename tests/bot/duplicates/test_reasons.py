"""Why two reports may be the same."""

import time

from bot.duplicates.reasons import error_lines, explain

ERROR = "TypeError: Cannot read property 'total' of undefined at line 17"


def test_reason_names_the_error_when_both_have_it() -> None:
    other = "It said\nTypeError: Cannot read property 'sum' of undefined at line 3"

    assert explain(error_lines(ERROR), other, ("", ""), ()) == "same error text"


def test_reason_names_no_error_when_only_one_has_it() -> None:
    assert explain(set(), ERROR, ("", ""), ()) == "similar words"
    assert explain(error_lines(ERROR), "All is well", ("", ""), ()) == "similar words"


def test_error_lines_are_found_soon_when_words_are_very_long() -> None:
    lines = "\n".join(f"{'x' * 299}" for _ in range(60))
    started = time.thread_time()

    assert error_lines(f"{lines}\nHTTPServerError: no answer") == {"httpservererror: no answer"}
    assert time.thread_time() - started < 0.02


def test_reason_names_page_and_words_when_both_have_them() -> None:
    pages = ("https://shop.example/invoice/?id=1", "https://shop.example/invoice#top")

    reason = explain(set(), "The Invoices look blurred on retina", pages, ("retina", "invoic"))

    assert reason == "same page, 2 shared words: retina, invoices"


def test_reason_names_one_word_when_there_is_one() -> None:
    assert (
        explain(set(), "Avatars", ("https://shop.example/", "https://shop.example/"), ("avatar",))
        == "same word: avatars"
    )


def test_reason_says_similar_when_nothing_can_be_named() -> None:
    assert explain(set(), "", ("", ""), ()) == "similar words"
