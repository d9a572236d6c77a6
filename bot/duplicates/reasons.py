"""Why two reports may be the same, in words a person understands."""

import re
from collections.abc import Sequence, Set

from bot.duplicates import words

_NAME = re.compile(r"\w+(?:[-./:@\\]+\w+)*")
# In lower case. The word may begin with anything; to ask for that takes the square of the length of a long one.
_ERROR_WORD = re.compile(r"(?:error|exception|traceback|fatal|panic|denied|timed? ?out|refused)\b")
# What differs between two occurrences of one error: numbers, addresses, names in quotes.
_VARYING = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"")
_SHORTEST_ERROR = 15
_LONGEST_ERROR = 300
_LOOKED_AT = 20_000
# The words that two texts share are of the beginning: `BODY_CUT` letters after a title.
_SPELLED = 2_300
_WORDS_NAMED = 4


def explain(errors: Set[str], found: str, pages: tuple[str, str], terms: Sequence[str]) -> str:
    """Say what is in common with `found`: an error of the question, the page, the rarest words as written there."""
    reasons = []
    if errors and not errors.isdisjoint(error_lines(found)):
        reasons.append("same error text")
    if page(pages[0]) and page(pages[0]) == page(pages[1]):
        reasons.append("same page")
    spelled = _spell(terms, found)
    if len(spelled) == 1:
        reasons.append(f"same word: {spelled[0]}")
    elif spelled:
        more = ", …" if len(spelled) > _WORDS_NAMED else ""
        reasons.append(f"{len(spelled)} shared words: {', '.join(spelled[:_WORDS_NAMED])}{more}")
    return ", ".join(reasons) or "similar words"


def error_lines(text: str) -> set[str]:
    """Give the lines that look like an error's, without what varies from one time to the next."""
    found = set()
    for line in text[:_LOOKED_AT].lower().splitlines():
        if _SHORTEST_ERROR <= len(line.strip()) <= _LONGEST_ERROR and _ERROR_WORD.search(line):
            found.add(" ".join(_VARYING.sub("?", line).split()))
    return {line for line in found if len(line) >= _SHORTEST_ERROR}


def page(url: str) -> str:
    """Give what of an address names a page: host and path; empty for a start page, which says nothing."""
    host, _, path = url.lower().split("#")[0].split("?")[0].partition("://")[2].partition("/")
    return f"{host}/{path.rstrip('/')}" if path.strip("/") else ""


def _spell(terms: Sequence[str], text: str) -> list[str]:
    """Write stems as the text does; parts of a name that is there whole are left out."""
    spelled: dict[str, str] = {}
    missing = set(terms)
    for match in _NAME.finditer(text[:_SPELLED]):
        if not missing:
            break
        name = match.group()
        for word in missing.intersection(words.split(name)):
            spelled[word] = name if len(name) <= words.LONGEST_WORD else word
            missing.discard(word)
    named = [spelled.get(term, term) for term in terms]
    return list(dict.fromkeys(word.lower() if word.istitle() else word for word in named))
