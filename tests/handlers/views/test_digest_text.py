import unicodedata
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.facts import Facts, Piece, Quote, Rank, SourceHealth
from handlers.views.digest_text import draw_text
from tests.handlers.views.digest_samples import MORNING, any_digest, figures, quality

WHOLE = """\
QA · Tue 24 Nov

Verify now · 2 fixes waiting, oldest 3 d
  Build 2.14.0-rc2 on staging since 08:05
  • BUG-131 S2 · Card form clears on back button
    Check: fill the form, go back, return
  • BUG-132 S2 · Card form clears on back button
    Check: fill the form, go back, return

Came back · 1
  • BUG-117 S2 · Duplicate invoice e-mail — back with Bo

Figures
  New bugs                        14 ▁▅·▄▁█▁▄ 8-week mean 12

What people say
  > “I never find where to change the plan, and I looked for it in every corner
    of it.” — Northwind

────────────────────────────────────────────────────────────────────────────────
Sources: GitHub 08:29, Linear 08:29 · compared with Mon 23 Nov · next: Wed 25
Nov 08:30 · /liaison digest qa to change"""


def test_digest_is_whole_in_eighty_columns() -> None:
    said = "I never find where to change the plan, and I looked for it in every corner of it."
    voices = Facts("voices", Rank.CHANGED, "What people say", quotes=(Quote(said, "Northwind"),))
    digest = quality(2)

    shown = draw_text(replace(digest, facts=(*digest.facts, figures(1), voices)))

    assert shown == WHOLE


def test_source_that_failed_and_what_is_missing_are_told() -> None:
    failing = SourceHealth("linear", "Linear", None, MORNING, "401")
    stale = Facts("shipped", Rank.CHANGED, "Shipped", stale="Shipped: not known.")

    shown = draw_text(replace(quality(), sources=(failing,), facts=(stale,))).splitlines()

    assert shown[1].startswith("⚠ Linear could not be read since Tue 24 Nov 08:30 (401).")
    assert "⚠ Shipped: not known." in shown


def test_styles_are_left_out() -> None:
    facts = Facts("a", Rank.CHANGED, "Heading", lead=((Piece("bold", bold=True, url="https://a.example"),),))

    assert draw_text(replace(quality(), facts=(facts,))).splitlines()[2:4] == ["Heading", "  bold"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**63).map(Random))
def test_any_digest_has_no_escape_and_no_line_is_longer_than_its_words(random: Random) -> None:
    shown = draw_text(any_digest(random))

    assert [one for one in shown if unicodedata.category(one) == "Cc" and one != "\n"] == []
    # A line is longer only where a word of it is, or where a flag or a family counts as many characters as it has.
    long = [line for line in shown.split("\n") if len(line) > 80]
    assert [line for line in long if line.isascii() and max(map(len, line.split())) < 20] == []
