"""Figures of a week beside the eight before it, medians beside those before, and which of them are worth a look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean

from bot.digests import words
from bot.digests.base import WEEKS
from bot.digests.facts import Figure, Line

# A median that changed by half or more is worth a look.
_HALF = 0.5


@dataclass(frozen=True)
class Compared:
    """How long something took in 28 days and in the 28 before, in `unit`; `what` is "fixes wait {how}"."""

    what: str
    unit: str
    now: Sequence[float]
    before: Sequence[float]


def weekly(label: str, counts: Sequence[int], *, chart: bool = False) -> Figure:
    """Make the figure of a week from the counts of nine, the last being it."""
    before = counts[:-1]
    return Figure(
        label,
        label,
        f"{counts[-1]}",
        raw=counts[-1],
        series=tuple(float(one) for one in counts[1:]),
        against=f"{WEEKS}-week mean {mean(before):.0f}",
        is_unusual=words.is_unusual(counts[-1], before),
        chart=chart,
    )


def median_of(name: str, taken: Compared, *, with_p90: bool = False) -> Figure:
    """Make the figure of a median; of too few, it says how many there are."""
    middle, most = words.middle(taken.now), words.percentile(taken.now, 0.9)
    label, size = f"{name} (28 d)", len(taken.now)
    if middle is None or most is None:
        return Figure(name, label, f"{size} in 28 d, too few to say", None, size)
    p90 = f", p90 {most:.1f}" if with_p90 else ""
    return Figure(name, label, f"median {middle:.1f}{p90} {taken.unit} (n = {size})", middle, size)


def waiting(name: str, now: datetime, found: tuple[int, datetime | None]) -> Figure:
    """Make the figure of what waits now: how many, and how long the oldest does."""
    number, oldest = found
    since = f", oldest {words.age(now - oldest)}" if oldest is not None else ""
    return Figure(name, name, f"{number}{since}", number)


def backlog_age(found: tuple[int, Sequence[float]]) -> Figure:
    """Make the figure of how old open bugs are, of how many there are and the ages of the half and of nine in ten."""
    total, ages = found
    if total < words.FEWEST:
        few = f"{words.count(total, 'bug')}, too few to say" if total else "no bug to be fixed"
        return Figure("Backlog age", "Backlog age", few, None, total)
    value = f"p50 {ages[0]:.0f} d, p90 {ages[1]:.0f} d (n = {total})"
    return Figure("Backlog age", "Backlog age", value, ages[0], total)


def unusual(found: Sequence[Figure]) -> list[Line]:
    """Point to the figures beyond two standard deviations of the eight weeks before."""
    return [_worth_a_look(f"{one.label} {one.value}, {one.against}.") for one in found if one.is_unusual]


def changed(taken: Compared) -> list[Line]:
    """Point to a median that changed by half or more, if both times hold enough to say so."""
    is_, was = words.middle(taken.now), words.middle(taken.before)
    fewest = min(len(taken.now), len(taken.before))
    if is_ is None or not was or fewest < words.FEWEST_TO_COMPARE or abs(is_ - was) < _HALF * was:
        return []
    how = "longer" if is_ > was else "less long"
    before = f"it was {was:.1f} {taken.unit} (n = {len(taken.before)}) in the 28 days before"
    what = taken.what.format(how=how)
    return [_worth_a_look(f"{what}: median {is_:.1f} {taken.unit} (n = {len(taken.now)}), {before}.")]


def _worth_a_look(said: str) -> Line:
    return words.words(words.bold("Worth a look: "), said)
