"""What stands around the sections of a digest, in plain words: for Slack and the terminal alike; pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.digests import words
from bot.digests.facts import Digest, SourceHealth
from bot.text import is_blank


def warnings(digest: Digest) -> list[str]:
    """Say of each source that could not be read since when, why, and who was told."""
    zone = ZoneInfo(digest.zone)
    return [_warning(one, zone) for one in digest.sources if one.failing_since is not None]


def footer(digest: Digest) -> list[str]:
    """Say where it comes from, what "changed" compares with, when the next one comes and how to change it."""
    zone = ZoneInfo(digest.zone)
    parts = []
    if digest.is_late:
        parts.append(f"posted late: was due {words.clock(digest.due_at, zone)}")
    read = [f"{one.title} {_read(one.read_at, digest, zone)}" for one in digest.sources if one.read_at is not None]
    if read:
        parts.append(f"Sources: {', '.join(read)}")
    parts.append(f"compared with {words.day(digest.since, zone)}")
    if digest.next_at is not None:
        parts.append(f"next: {words.moment(digest.next_at, zone)}")
    return parts


def how_to_change(digest: Digest) -> str:
    """Give the command that changes this digest."""
    return f"/liaison digest {digest.audience}"


def more(count: int) -> str:
    """Say how many things of a list stand elsewhere, and where."""
    return f"+{count:,} more, in the thread"


def more_sections(count: int) -> str:
    """Say how many sections stand elsewhere, and where."""
    return f"+{words.count(count, 'more section')}, in the thread"


def unlisted(count: int) -> str:
    """Say at the end of a whole list how many are so many that they are not listed."""
    return f"… and {count:,} more, too many to be listed"


def _warning(one: SourceHealth, zone: ZoneInfo) -> str:
    since = words.moment(one.failing_since, zone) if one.failing_since else ""
    why = "" if is_blank(one.error) else f" ({one.error.strip().rstrip('.')})"
    told = f" {words.listed(one.told)} {'were' if len(one.told) > 1 else 'was'} told." if one.told else ""
    return f"⚠ {one.title} could not be read since {since}{why}. What lives only there is missing below.{told}"


def _read(at: datetime, digest: Digest, zone: ZoneInfo) -> str:
    is_today = at.astimezone(zone).date() == digest.due_at.astimezone(zone).date()
    return words.clock(at, zone) if is_today else words.moment(at, zone)
