"""How a condition meets a report: whole words, globs over addresses and paths, files named in a text.

No regular expression comes from the file, and the time a match takes grows with the text, not with its square.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, product

# A rule with more ways to be written out is a mistake, and would cost each report that much time.
MOST_WAYS = 256
FILES_LOOKED_AT = 200
_CHOICE = re.compile(r"\(([^()]*)\)")
# It begins where a word does, so that a long text without any is read once.
_FILE = re.compile(
    r"(?<![\w.@+~-])(?:[\w.@+~-]{0,100}(?:[/\\][\w.@+~-]{1,100}){1,40}|[\w@+-]{1,100}\.[A-Za-z]\w{0,7}\b)"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class GlobError(ValueError):
    """A glob that cannot be used; the text says why."""


def find_word(words: Sequence[str], text: str) -> str | None:
    """Find the first of `words` that stands in a text as a whole word or phrase, and give it as the file has it."""
    folded = text.casefold()
    return next((word for word in words if _word_pattern(word).search(folded)), None)


@lru_cache(maxsize=4096)
def _word_pattern(word: str) -> re.Pattern[str]:
    # Between the words of a phrase may stand any space; so that it stays fast, at most a few of them.
    phrase = r"\s{1,5}".join(re.escape(part) for part in word.casefold().split())
    return re.compile(rf"(?<!\w){phrase}(?!\w)")


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


def files_in(text: str) -> list[str]:
    """List the files a text names, as in stack traces, in the order they come; with / between folders."""
    found = dict.fromkeys(match.group().replace("\\", "/") for match in islice(_FILE.finditer(text), FILES_LOOKED_AT))
    return [file for file in found if "." in file.rsplit("/", 1)[-1] or file.count("/") > 1]


def fits_path(glob: str, file: str) -> bool:
    """Say whether a file fits a glob, wherever the project lies on the machine that named it."""
    if "/" not in glob:
        return fits_glob(glob, file.rsplit("/", 1)[-1])
    return any(fits_glob(glob.lstrip("/"), tail) for tail in _tails(file))


def fits_glob(glob: str, text: str) -> bool:
    """Say whether a text fits: `*` is anything but a slash, `**` anything, `(a|b)` one of both."""
    return any(way.fits(text) for way in _ways(glob))


def check_glob(glob: str) -> None:
    """Raise GlobError, saying what is wrong, for a glob that cannot be used."""
    _ways(glob)


def weight(glob: str) -> int:
    """Say how exact a glob is: of two that fit, the one with more plain characters means it more."""
    return sum(char not in "*()|" for char in glob)


class _Way:
    """One way to write a glob out, as a row of places of which many can be stood at at once: one bit each."""

    def __init__(self, glob: str) -> None:
        places = re.findall(r"\*\*+|.", glob, re.DOTALL)
        self._end = 1 << len(places)
        self._stars = self._skips = 0
        self._steps: dict[str, int] = {}
        for number, place in enumerate(places):
            bit = 1 << number
            if place.startswith("*"):
                self._skips |= bit
                self._stars |= bit if place == "*" else 0
            else:
                self._steps[place] = self._steps.get(place, 0) | bit

    def fits(self, text: str) -> bool:
        """Say whether the whole text fits."""
        at = self._after_skips(1)
        for char in text:
            stays = at & self._skips
            if char == "/":
                stays &= ~self._stars
            at = self._after_skips(stays | (at & self._steps.get(char, 0)) << 1)
            if not at:
                return False
        return bool(at & self._end)

    def _after_skips(self, at: int) -> int:
        """Add the places reached by letting a star stand for nothing."""
        while more := (at & self._skips) << 1 & ~at:
            at |= more
        return at


@lru_cache(maxsize=4096)
def _ways(glob: str) -> tuple[_Way, ...]:
    parts = _CHOICE.split(glob)
    if "(" in "".join(parts[::2]) or ")" in "".join(parts[::2]):
        raise GlobError("has a bracket without its other half")
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    written = ["".join(one) for one in islice(product(*choices), MOST_WAYS + 1)]
    if len(written) > MOST_WAYS:
        raise GlobError(f"has more than {MOST_WAYS} ways to be written out")
    return tuple(_Way(one) for way in written for one in _with_and_without_folders(way))


def _with_and_without_folders(glob: str) -> Iterator[str]:
    """Let `a/**/b` fit `a/b` also, `**/b` fit `b`, and `a/**` fit `a`."""
    yield glob
    without = glob.replace("/**/", "/").removeprefix("**/").removesuffix("/**")
    if without != glob and without:
        yield without


def _with_small_host(address: str) -> str:
    """Write scheme and host small and leave out the slash at the end: they mean the same."""
    scheme = _SCHEME.match(address)
    start = scheme.end() if scheme else 0
    slash = address.find("/", start)
    end = len(address) if slash < 0 else slash
    return (address[:end].lower() + address[end:]).removesuffix("/")


def _tails(file: str) -> Iterator[str]:
    parts = [part for part in file.split("/") if part not in {"", ".", ".."}]
    for start in range(len(parts)):
        yield "/".join(parts[start:])
