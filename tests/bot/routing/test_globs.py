"""Globs: what `*`, `**` and `(a|b)` stand for, against a slow and plain reading, and that none takes long."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.routing.globs import GlobError, check_glob, fits_code_owner, fits_glob, fits_tail, weight

# Each stands for a thing of its own; `a`, `b` and `/` are plain.
PIECES = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "(a|b)", "(ab|b)", "(|a)"]), max_size=6)
TEXTS = st.text(alphabet="ab/", max_size=9)
HOSTILE = ["*a" * 200 + "b", "**a" * 150 + "b", "(a|aa)" * 6 + "b", "**/" * 150, "*" * 500, "(**a|**b)" * 6]


def plainly(pieces: list[str]) -> re.Pattern[str]:
    """Write the pieces of a glob as a regular expression."""
    meaning = {"*": "[^/]*", "**": ".*"}
    return re.compile("".join(meaning.get(piece, piece.replace("(", "(?:")) for piece in pieces))


@pytest.mark.parametrize(
    ("glob", "text", "expected"),
    [
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/in/a.py", False),
        ("src/**", "src/in/a.py", True),
        ("src/**", "src", True),
        ("src/**", "srcs/a.py", False),
        ("src/**/a.py", "src/a.py", True),
        ("src/**/a.py", "src/x/y/a.py", True),
        ("**/a.py", "a.py", True),
        ("(a|b).py", "b.py", True),
        ("(a|b).py", "c.py", False),
        ("a(|.min).js", "a.js", True),
        ("ä*", "äpfel", True),
        ("a.py", "axpy", False),
        ("*(|a)*", "x/y", False),
        ("(a|b)/**/c", "b/c", True),
        ("[ab]?", "a", False),
        ("", "a", False),
    ],
)
def test_glob_fits(glob, text, expected):
    assert fits_glob(glob, text) is expected


@given(PIECES, TEXTS)
def test_glob_fits_what_a_plain_reading_says(pieces, text):
    glob = "".join(pieces)
    # Stars side by side are one; and folders that may be left out fit more, as the examples above say.
    assume("*" not in {one[:1] for one, next_one in pairwise(pieces) if next_one[0] == "*"})
    assume("/**/" not in glob and not glob.startswith("**/") and not glob.endswith("/**"))

    assert fits_glob(glob, text) == bool(plainly(pieces).fullmatch(text))


@given(PIECES, TEXTS)
def test_glob_fits_the_end_of_a_path_that_it_fits_from_some_folder_on(pieces, text):
    glob = "".join(pieces)
    parts = [part for part in text.split("/") if part]
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    assume(not glob.startswith("/") and "//" not in glob and not glob.endswith("/") and tails)

    assert fits_tail(glob, text) >= any(fits_glob(glob, tail) for tail in tails)


@pytest.mark.parametrize("glob", ["src/(a|b", "src/a)b", "((a|b)|c)", "a)(b"])
def test_glob_is_refused_when_a_bracket_has_no_other_half(glob):
    with pytest.raises(GlobError, match=r"expected a \) for each \(, and none inside another"):
        check_glob(glob)


def test_glob_is_refused_when_it_means_too_many():
    check_glob("(a|b)" * 6)

    with pytest.raises(GlobError, match="expected a glob that means at most 100"):
        check_glob("(a|b)" * 7)


@pytest.mark.parametrize("glob", HOSTILE)
def test_long_text_is_read_fast_when_a_glob_is_hostile(glob):
    text = "a/" * 500 + "a" * 1000
    begin = time.process_time()

    assert fits_glob(glob, text) in {True, False}
    assert fits_tail(glob, text) in {True, False}
    assert time.process_time() - begin < 5


def test_exact_glob_weighs_more():
    assert weight("src/pay/**") > weight("src/**") > weight("**")


@pytest.mark.parametrize(
    ("pattern", "file", "expected"),
    [
        # The examples of GitHub's own page on code owners.
        ("*", "README", True),
        ("*.js", "src/app.js", True),
        ("/build/logs/", "build/logs/today/a.log", True),
        ("/build/logs/", "build/logs", False),
        ("docs/*", "docs/getting-started.md", True),
        ("docs/*", "docs/build-app/troubleshooting.md", False),
        ("apps/", "here/apps/x/y.py", True),
        ("/docs/", "docs/x.md", True),
        ("/scripts/", "scripts/x.sh", True),
        ("**/logs", "build/logs/x", True),
        ("**/logs", "deeply/nested/logs/x", True),
        ("/apps/github", "apps/github/a.rb", True),
        ("/apps/github", "apps/githubber/a.rb", False),
        ("src/a?.py", "src/ab.py", True),
        ("src/a?.py", "src/a/.py", False),
        ("a(b).py", "a(b).py", True),
        ("/src/checkout", "/srv/build/src/checkout/pay.py", True),
    ],
)
def test_pattern_of_code_owners_fits_as_on_github(pattern, file, expected):
    assert fits_code_owner(pattern, file) is expected
