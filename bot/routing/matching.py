"""How a condition meets a report: whole words and phrases, globs over addresses and paths.

No regular expression comes from the file, and the time a match takes grows with the text, not with its square.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from bot.routing.files import files_in, fits_path
from bot.routing.globs import GlobError, check_glob, fits_glob, weight

__all__ = ["GlobError", "check_glob", "files_in", "find_url", "find_word", "fits_glob", "fits_path", "weight"]

# Chinese, Japanese, Korean, Thai, Lao and Khmer write words without spaces, or with their endings joined.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# A sign of a word whose end shows: not so "$" and "搜", which are found wherever they stand.
_SPACED = re.compile(rf"[^\W{_UNSPACED}]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def find_word(words: Sequence[str], text: str) -> str | None:
    """Find the first of `words` that stands in a text as a whole word or phrase, and give it as the file has it."""
    folded = _folded_text(text)
    for word in words:
        # Most words are nowhere in a text, which is seen fast.
        if _beginning(word) in folded and _word_pattern(word).search(folded):
            return word
    return None


def find_url(globs: Sequence[str], url: str) -> str | None:
    """Find the first glob that an address fits, with or without its scheme; the query counts if the glob has one."""
    if not url:
        return None
    for glob in globs:
        address = url if "?" in glob or "#" in glob else re.split(r"[?#]", url, maxsplit=1)[0]
        if not _SCHEME.match(glob):
            address = _SCHEME.sub("", address, count=1)
        if fits_glob(_with_small_host(glob), _with_small_host(address)):
            return glob
    return None


@lru_cache(maxsize=4096)
def _word_pattern(word: str) -> re.Pattern[str]:
    """Give the pattern that finds a word or phrase whole."""
    parts = _fold(word).split()
    # Between the words of a phrase may stand any space; so that it stays fast, at most a few of them.
    phrase = r"\s{1,5}".join(re.escape(part) for part in parts)
    before = rf"(?<![^\W{_UNSPACED}])" if _SPACED.match(parts[0][0]) else ""
    after = rf"(?![^\W{_UNSPACED}])" if _SPACED.match(parts[-1][-1]) else ""
    return re.compile(before + phrase + after)


@lru_cache(maxsize=4096)
def _beginning(word: str) -> str:
    return _fold(word).split()[0]


# Every rule asks for the same text.
@lru_cache(maxsize=1)
def _folded_text(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    """Write small, and each letter with its accent as one sign: some systems send them as two."""
    return unicodedata.normalize("NFC", text.casefold())


def _with_small_host(address: str) -> str:
    """Write scheme and host small and leave out the slash at the end: they mean the same."""
    scheme = _SCHEME.match(address)
    start = scheme.end() if scheme else 0
    slash = address.find("/", start)
    end = len(address) if slash < 0 else slash
    return (address[:end].lower() + address[end:]).removesuffix("/")
