"""Words by which a person says how bad it is."""

import pytest

from bot.suggestions import explicit
from storage.models import Severity


@pytest.mark.parametrize(
    ("title", "body", "said"),
    [
        ("The app crashes on save", "", (Severity.S2, "crashes")),
        ("Saving leads to Data  Loss", "", (Severity.S1, "data loss")),
        ("Typo on the start page", "", (Severity.S4, "typo")),
        ("Crash, and then data loss", "", (Severity.S1, "data loss")),
        ("Export is slow", "It once crashed the browser", (Severity.S2, "crashed")),
        ("Typo in the text", "that says the app crashed", (Severity.S4, "typo")),
        ("Cannot log in", "", (Severity.S2, "cannot log in")),
        ("Typography is wrong", "The crashpad", None),
        ("Security group is not listed", "", None),
        ("", "", None),
    ],
)
def test_severity_is_found_when_a_word_says_it(title, body, said):
    assert explicit.find(title, body) == said


def test_end_of_a_long_body_is_not_read():
    assert explicit.find("Export is slow", "x" * 300 + " crash") is None
