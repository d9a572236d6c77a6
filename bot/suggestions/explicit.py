"""Words by which a person says how bad it is without being asked."""

import re

from storage.models import Severity

# Only words that can hardly mean anything else; "security" names a part of many products, "icon" a thing.
_WORDS: dict[Severity, str] = {
    Severity.S1: (
        r"data loss|los(?:es|ing|t) (?:\w+ )?data|data (?:is|was|gets) (?:lost|deleted|exposed)|corrupt(?:s|ed|ion)"
        r"|outage|(?:production|everything|site) is down|nobody can (?:work|log in|sign in)|vulnerability"
    ),
    Severity.S2: (
        r"crash(?:es|ed|ing)?|freez(?:es|ing)|frozen|hangs|deadlock(?:s|ed)?|segfault(?:s|ed)?"
        r"|can(?:not|'t|’t) (?:log|sign) ?in"
    ),
    Severity.S4: r"typos?|misspell(?:ed|ing|s)|misspelt|spelling|cosmetic|misaligned|grammar|wrong (?:font|colou?r)",
}
_PATTERNS = {severity: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for severity, words in _WORDS.items()}
_BODY_CUT = 280


def find(title: str, body: str) -> tuple[Severity, str] | None:
    """Find what a text says of how bad it is, the worst first, with the word that says so; the title is read first."""
    for text in (title, body[:_BODY_CUT]):
        for severity, pattern in _PATTERNS.items():
            match = pattern.search(" ".join(text.split()))
            if match is not None:
                return severity, match[0].lower()
    return None
