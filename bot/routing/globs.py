"""Globs: `*` is anything but a slash, `**` anything, `(a|b)` one of both.

Each is tried in one pass over the text with one bit for each place of the glob, so that no glob and no text, however
hostile, takes longer than their lengths say.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

# A rule with more ways to be written out is a mistake, and would cost each report that much time.
MOST_WAYS = 100
_CHOICE = re.compile(r"\(([^()]*)\)")
# Between the pieces of a glob that is written out, so that the stars of two are not taken for `**`.
_JOINT = "\0"
_PLACE = re.compile(rf"\*\*+|[^{_JOINT}]", re.DOTALL)
_NOT_PLAIN = re.compile(r"\([^()]*\)|[*/]+")


class GlobError(ValueError):
    """A glob that cannot be used; the text says why."""


def fits_glob(glob: str, text: str) -> bool:
    """Say whether the whole text fits."""
    return any(way.fits(text) for way in _ways(glob))


def fits_tail(glob: str, file: str) -> bool:
    """Say whether a path fits, from the start of any of its folders on."""
    if any(part not in file for part in _plain_parts(glob)):
        return False
    path = _without_dots(file)
    return any(way.fits(path, from_any_folder=True) for way in _ways(glob))


def fits_code_owner(pattern: str, file: str) -> bool:
    """Say whether a file fits a pattern of a CODEOWNERS file; where the repository begins is not known."""
    path = _without_dots(file)
    return any(way.fits(path, from_any_folder=True) for way in _owner_ways(pattern))


def check_glob(glob: str) -> None:
    """Raise GlobError, saying what is wrong, for a glob that cannot be used."""
    _ways(glob)


def weight(glob: str) -> int:
    """Say how exact a glob is: of two that fit, the one with more plain characters means it more."""
    return sum(char not in "*()|" for char in glob)


class _Way:
    """One way to write a glob out, as a row of places of which many can be stood at at once: one bit each."""

    def __init__(self, glob: str, any_char: str = "") -> None:
        places = _PLACE.findall(glob)
        self._end = 1 << len(places)
        self._stars = self._skips = self._anything = 0
        self._steps: dict[str, int] = {}
        for number, place in enumerate(places):
            bit = 1 << number
            if place.startswith("*"):
                self._skips |= bit
                self._stars |= bit if place == "*" else 0
            elif place == any_char:
                self._anything |= bit
            else:
                self._steps[place] = self._steps.get(place, 0) | bit
        self._start = self._after_skips(1)

    def fits(self, text: str, *, from_any_folder: bool = False) -> bool:
        """Say whether the whole text fits, or with `from_any_folder` its end from the start of any folder on."""
        at = self._start
        for char in text:
            is_slash = char == "/"
            stays = at & self._skips & ~(self._stars if is_slash else 0)
            steps = self._steps.get(char, 0) | (0 if is_slash else self._anything)
            at = self._after_skips(stays | (at & steps) << 1)
            if from_any_folder:
                at |= self._start if is_slash else 0
            elif not at:
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
    if any(bracket in part for part in parts[::2] for bracket in "()"):
        raise GlobError("expected a ) for each (, and none inside another")
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    written = [_JOINT.join(one) for one in islice(product(*choices), MOST_WAYS + 1)]
    if len(written) > MOST_WAYS:
        raise GlobError(f"expected a glob that means at most {MOST_WAYS}; its brackets multiply to more")
    return tuple(_Way(one) for way in written for one in _with_and_without_folders(way))


@lru_cache(maxsize=4096)
def _owner_ways(pattern: str) -> tuple[_Way, ...]:
    """Read a pattern as GitHub does: what names a folder has all below it, but `docs/*` only what lies in it."""
    plain = pattern.strip("/")
    below = f"{plain}/**"
    if pattern.endswith("/"):
        written = [below]
    elif plain.rpartition("/")[2] == "*":
        written = [plain]
    else:
        written = [plain, below]
    return tuple(_Way(one, "?") for way in written for one in {way, way.replace("/**/", "/").removeprefix("**/")})


@lru_cache(maxsize=4096)
def _plain_parts(glob: str) -> tuple[str, ...]:
    """Give the pieces that stand in every text that fits: most texts do without one, and are read no further."""
    return tuple(sorted(filter(None, _NOT_PLAIN.split(glob)), key=len, reverse=True))


def _with_and_without_folders(glob: str) -> Iterator[str]:
    """Let `a/**/b` fit `a/b` also, `**/b` fit `b`, and `a/**` fit `a`."""
    yield glob
    without = glob.replace("/**/", "/").removeprefix("**/").removesuffix("/**")
    if without != glob and without:
        yield without


def _without_dots(file: str) -> str:
    return "/".join(part for part in file.split("/") if part not in {"", ".", ".."})
