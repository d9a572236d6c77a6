"""The words of a text as the duplicate search compares them: code-aware, lower case, lightly stemmed."""

import re
from functools import lru_cache

# A name of many parts: a path, a dotted or dashed name, a version, an address.
_NAME = re.compile(r"\w+(?:[-./:@\\]+\w+)*")
_PART = re.compile(r"[^\W_]+")
# The humps of a name: HTTPServerError -> HTTP, Server, Error.
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_HEXADECIMAL = re.compile(r"(?=.*\d)[0-9a-f]{6,}")
# Words that say nothing of what a report is about.
STOP = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "do", "does", "for", "from", "had", "has"}
    | {"have", "i", "if", "in", "into", "is", "it", "its", "me", "my", "no", "not", "of", "on", "or", "our", "so"}
    | {"such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "we", "were", "when"}
    | {"which", "while", "will", "with", "would", "you", "your"}
)
LONGEST_WORD = 40
LONGEST_NAME = 80


def split(text: str) -> list[str]:
    """Split a text into words to compare, in order, with repeats; a name of many parts whole and in parts."""
    found: list[str] = []
    for name in _NAME.findall(text):
        found.extend(_words_of(name))
    return found


@lru_cache(maxsize=50_000)
def _words_of(name: str) -> tuple[str, ...]:
    found: list[str] = []
    parts = _PART.findall(name)
    for part in parts:
        humps = _HUMP.findall(part) if not part.islower() else [part]
        whole = part.lower()
        if _tells(whole):
            found.append(stem(whole))
        if len(humps) > 1:
            found.extend(stem(hump.lower()) for hump in humps if len(hump) > 1 and _tells(hump.lower()))
    whole = name.lower()
    if len(parts) > 1 and len(whole) <= LONGEST_NAME and all(part.isdigit() or _tells(part.lower()) for part in parts):
        found.append(whole)
    return tuple(found)


def _tells(word: str) -> bool:
    if word in STOP or len(word) < 2 or len(word) > LONGEST_WORD:
        return False
    if word.isdigit():
        return len(word) <= 4
    return not _HEXADECIMAL.fullmatch(word)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Take the commonest English endings off a word, so that "crashes", "crashed" and "crash" are one."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return _without_verb_ending(word)


def _without_verb_ending(word: str) -> str:
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) > 2 and any(vowel in root for vowel in "aeiouy"):
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                return root[:-1]
            return root[:-1] + "y" if root.endswith("i") else root
    if word.endswith("e") and len(word) > 4:
        return word[:-1]
    if word.endswith("ly") and len(word) > 5:
        return word[:-2]
    return word
