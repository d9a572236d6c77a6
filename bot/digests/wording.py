"""The lines of a digest that belong to no section: its title, its gist, and what is said when there is no news."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.digests import words
from bot.digests.audiences import Reader
from bot.digests.audiences import title as name_of
from bot.digests.facts import Digest, Rank
from storage.models import Slot

_MONDAY = 0


def title(reader: Reader, slot: Slot, now: datetime) -> str:
    """Give the first line, such as "QA · Tue 24 Nov" or "QA week 47 · 16–22 Nov"."""
    name = name_of(reader.key)
    if slot is not Slot.WEEKLY:
        return f"{name} · {words.day(now, reader.zone)}"
    shown = now.astimezone(reader.zone)
    if shown.weekday() != _MONDAY:
        return f"{name} · week to {words.day(now, reader.zone)}"
    first, last = shown - timedelta(days=7), shown - timedelta(days=1)
    begin = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return f"{name} week {first.isocalendar().week} · {begin}–{last.day} {last:%b}"


def gist(digest: Digest) -> str:
    """Say in one line what a notification shows: the title, then each section's heading and summary."""
    parts = [digest.title]
    for facts in digest.facts:
        if facts.stale:
            parts.append(facts.stale)
        elif facts.rank is not Rank.FIGURES:
            parts.append(f"{facts.heading}: {facts.summary}" if facts.summary else facts.heading)
    if len(parts) == 1:
        parts += [f"{one.label} {one.value}" for facts in digest.facts for one in facts.figures[:4]]
    return " · ".join(parts)


def heartbeat(digest: Digest) -> str:
    """Say in one line that there is nothing to tell, that it was looked for, and when the next digest comes."""
    zone = ZoneInfo(digest.zone)
    read = [one for one in digest.sources if one.failing_since is None and one.read_at is not None]
    said = f"nothing needs you and nothing changed since {words.day(digest.since, zone)}."
    looked = ""
    if read:
        were = "were" if len(read) > 1 else "was"
        first = min(one.read_at for one in read if one.read_at is not None)
        looked = f" {words.listed([one.title for one in read])} {were} read at {words.clock(first, zone)}."
    coming = f" Next: {words.day(digest.next_at, zone)}." if digest.next_at else ""
    return f"✅ {digest.title}: {said}{looked}{coming}"


def read_moments(kept: Mapping[str, str]) -> dict[str, datetime]:
    """Read moments as a snapshot keeps them."""
    return {key: datetime.fromisoformat(value) for key, value in kept.items()}
