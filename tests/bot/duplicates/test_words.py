"""Words as the search compares them."""

import pytest

from bot.duplicates.words import split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Basket is empty after a reload", ["basket", "empty", "after", "reload"]),
        ("reloads reloaded reloading", ["reload", "reload", "reload"]),
        ("HTTPServerError", ["httpservererror", "http", "server", "error"]),
        ("src/cart/total.ts", ["src", "cart", "total", "ts", "src/cart/total.ts"]),
        ("request 4f3a9bc1d7 took 1234567 ms", ["request", "took", "ms"]),
        ("Fehler im Warenkorb übergroß", ["fehler", "im", "warenkorb", "übergroß"]),
        ("", []),
    ],
)
def test_split_gives_the_words_to_compare_when_text_is_of_a_kind(text: str, words: list[str]) -> None:
    assert split(text) == words
