"""How numbers, ages and lists are put into words in digests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import mean, median, stdev
from zoneinfo import ZoneInfo

from bot.digests.facts import Line, Piece

# Medians of fewer are not shown, and changes of a median are named only with twice as many on both sides.
FEWEST = 5
FEWEST_TO_COMPARE = 10
UNUSUAL_SD = 2
_TICKS = "▁▂▃▄▅▆▇█"
MISSING = "·"


def words(*parts: str | Piece) -> Line:
    """Make a line of plain words and of pieces with a style."""
    return tuple(Piece(part) if isinstance(part, str) else part for part in parts if part != "")


def bold(text: str) -> Piece:
    """Make a piece that stands out."""
    return Piece(text, bold=True)


def link(text: str, url: str, *, is_bold: bool = False) -> Piece:
    """Make a piece that leads somewhere; without an address, just the words."""
    return Piece(text, url=url, bold=is_bold)


def one_line(text: str) -> str:
    """Put what somebody typed on one line."""
    return " ".join(text.split())


def count(number: int, one: str, many: str = "") -> str:
    """Say how many of something there are, such as "1 bug" and "3 bugs"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def age(length: timedelta) -> str:
    """Say how long something takes or took, such as "26 h" and "3 d": hours up to two days, then whole days."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        return f"{max(int(length.total_seconds() // 60), 0)} min"
    return f"{hours:.0f} h" if hours < 48 else f"{length.days} d"


def day(at: datetime, zone: ZoneInfo) -> str:
    """Write a day out, such as "Thu 26 Nov"."""
    shown = at.astimezone(zone)
    return f"{shown:%a} {shown.day} {shown:%b}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Write a moment out, such as "Mon 23 Nov 08:30"."""
    return f"{day(at, zone)} {at.astimezone(zone):%H:%M}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Write a time of the day out, such as "08:30"."""
    return f"{at.astimezone(zone):%H:%M}"


def share(part: int, whole: int) -> str:
    """Say how much of a whole a part is, with both, such as "2 of 25 = 8 %"; what is made of nothing has no share."""
    return f"{part} of {whole} = {100 * part / whole:.0f} %" if whole else "none of 0"


def listed(names: Sequence[str]) -> str:
    """Put names into one phrase, such as "Figma, GitHub and Linear"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def middle(values: Sequence[float]) -> float | None:
    """Give the median; None of fewer than five values, for that says nothing."""
    return median(values) if len(values) >= FEWEST else None


def percentile(values: Sequence[float], part: float) -> float | None:
    """Give the value that `part` (0 to 1) of all lie at or below, between two of them where it falls there."""
    if len(values) < FEWEST:
        return None
    ordered = sorted(values)
    at = part * (len(ordered) - 1)
    low = int(at)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (at - low)


def is_unusual(now: float, before: Sequence[float]) -> bool:
    """Say whether a value lies beyond two standard deviations of the eight weeks before it."""
    return len(before) >= 8 and abs(now - mean(before[-8:])) > UNUSUAL_SD * stdev(before[-8:])


def sparkline(series: Sequence[float | None]) -> str:
    """Draw a series between its own least and greatest; flat where all are equal, a dot for a missing one."""
    there = [value for value in series if value is not None]
    if not there:
        return MISSING * len(series)
    low, high = min(there), max(there)
    flat = high == low
    return "".join(
        MISSING if one is None else _TICKS[3] if flat else _TICKS[round((one - low) / (high - low) * 7)]
        for one in series
    )
