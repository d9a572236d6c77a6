"""Whether a digest is worth posting: never the same twice, never silent for good."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.digests.facts import Digest, Facts, Rank
from storage.models import Slot

# What still needs somebody is said again so many days after it was first said, then weekly.
REPEAT_ON = (1, 3, 7)
WEEK = 7
UNCHANGED = "unchanged"
EMPTY = "empty"


@dataclass(frozen=True)
class Verdict:
    """What becomes of a digest: posted whole, as one line that nothing is new, or not (`skip` says why)."""

    skip: str = ""
    is_heartbeat: bool = False


def fingerprint(digest: Digest) -> str:
    """Give what differs between two digests exactly when there is news: no age, no time, no count is in it."""
    identities = sorted((facts.section, *item.identity) for facts in digest.facts for item in facts.items)
    states = sorted((facts.section, *facts.state) for facts in digest.facts if facts.state)
    failing = sorted(one.name for one in digest.sources if one.failing_since is not None)
    text = json.dumps([identities, states, failing], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def shown_since(digest: Digest, before: Mapping[str, datetime]) -> dict[str, datetime]:
    """Say of each item that needs somebody since when digests show it as it is; `before` is the last post's."""
    keys = (key for facts in digest.facts if facts.rank is Rank.NEEDS_YOU for key in _keys(facts))
    return {key: before.get(key, digest.due_at) for key in keys}


def judge(digest: Digest, last: str, last_due: datetime | None, *, is_heartbeat_wanted: bool) -> Verdict:
    """Say what becomes of a digest, given the fingerprint of the last one posted and when that was due."""
    is_failing = bool(digest.sources) and all(one.failing_since is not None for one in digest.sources)
    is_unchanged = last_due is not None and fingerprint(digest) == last
    if digest.slot == Slot.WEEKLY:
        has_anything = any(_has_anything(facts) for facts in digest.facts)
        if has_anything or is_failing:
            return Verdict()
        return Verdict(is_heartbeat=True) if is_heartbeat_wanted else Verdict(skip=EMPTY)
    if not is_failing and not any(facts.is_news and _has_anything(facts) for facts in digest.facts):
        return Verdict(skip=EMPTY)
    if is_unchanged and not _is_repeat_due(digest, last_due):
        return Verdict(skip=UNCHANGED)
    return Verdict()


def _is_repeat_due(digest: Digest, last_due: datetime | None) -> bool:
    """Say whether a day to say something again has come since the last post; one on a weekend is not lost."""
    zone = ZoneInfo(digest.zone)
    today = digest.due_at.astimezone(zone).date()
    last = last_due.astimezone(zone).date() if last_due else today
    for first in digest.shown.values():
        began = first.astimezone(zone).date()
        if any(last < day <= today for day in _repeats(began, today)):
            return True
    return False


def _repeats(began: date, today: date) -> list[date]:
    """List the days up to today on which what was first said on `began` is said again."""
    days = (today - began).days
    weekly = range(2 * WEEK, days + 1, WEEK)
    return [began + timedelta(days=count) for count in (*REPEAT_ON, *weekly) if count <= days]


def _has_anything(facts: Facts) -> bool:
    return bool(facts.items or facts.figures or facts.quotes or facts.lead or facts.stale or facts.state)


def _keys(facts: Facts) -> list[str]:
    return ["|".join((facts.section, *item.identity)) for item in facts.items]
