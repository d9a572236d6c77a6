"""What pull requests and releases say to customers, out of whatever people wrote."""

import pytest

from integrations.announcing import LONGEST, announced_in, is_prerelease, noted_in

GENERATED = """\
## What's Changed
* Saved filters by @ana in https://github.com/acme/web/pull/801
* @bo made their first contribution in https://github.com/acme/web/pull/802

**Full Changelog**: https://github.com/acme/web/compare/2.13.0...2.14.0
"""


@pytest.mark.parametrize(
    ("description", "announced"),
    [
        ("", ""),
        ("Makes it fast.\n\nAnnounce: Exports finish faster.\n\nCloses #4", "Exports finish faster."),
        ("announce:   two\nlines  \n\nmore", "two lines"),
        ("Announce: one\r\nand two\r\n\r\nthree", "one and two"),
        ("Announce:\n\nnothing", ""),
        ("Announce:\n## Checklist", ""),
        ("Announce: <!-- one sentence\n\nfor customers -->", ""),
        ("Announce: <!-- for customers --> Faster exports.", "Faster exports."),
        ("Announce: Faster exports,\nthree times.\nCloses #4\n- [x] tested", "Faster exports, three times."),
        ("Announce: Faster.\nSigned-off-by: Ana", "Faster."),
        ("We Announce: no line of its own", ""),
        ("Announce: " + "x" * 1000, "x" * LONGEST),
    ],
)
def test_line_is_read_up_to_an_empty_one(description: str, announced: str) -> None:
    assert announced_in(description) == announced


def test_notes_say_what_each_change_is_when_people_wrote_them() -> None:
    notes = """
- **Saved filters**: save a filter once and reuse it. (#802)
- CSV exports finish three times faster ([#803](https://github.com/acme/web/pull/803)) ([abc1234](https://x.y/c))
1. Sign in with a passkey (!804, !805)
* Larger tap targets in https://gitlab.com/acme/web/-/merge_requests/806
"""

    assert noted_in(notes) == {
        "802": "Saved filters: save a filter once and reuse it.",
        "803": "CSV exports finish three times faster",
        "804": "Sign in with a passkey",
        "806": "Larger tap targets",
    }


def test_notes_say_nothing_when_they_were_generated() -> None:
    assert noted_in(GENERATED) == {}


@pytest.mark.parametrize(
    "line", ["", "#5", "See #5", "colour &#39;x", "page#5", "a@b.de wrote", "https://x.y/pull/", "#" * 9000 + "1"]
)
def test_line_without_words_or_a_number_says_nothing(line: str) -> None:
    assert noted_in(line) == {}


def test_first_line_counts_when_a_change_is_named_twice() -> None:
    assert noted_in("Faster exports #7\nAgain #7") == {"7": "Faster exports"}


@pytest.mark.parametrize("tag", ["2.14.0-rc1", "v3.0.0-beta.2", "1.0.0-alpha", "2024.1-pre", "3.0.0rc1", "v2-SNAPSHOT"])
def test_version_to_try_is_known_by_its_tag(tag: str) -> None:
    assert is_prerelease(tag)


@pytest.mark.parametrize("tag", ["2.14.0", "v3", "release-2026-11", "arch-1.0", "1.0.0-previews", "2.0-final"])
def test_version_for_all_is_known_by_its_tag(tag: str) -> None:
    assert not is_prerelease(tag)
