"""How long a server wants us to wait before the next request, in all the ways servers say it."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=1)
# GitHub asks for a minute where it says nothing, and nobody else asks for more.
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
USUAL = timedelta(minutes=1)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read Retry-After: seconds, a fraction of them, or a date; None where it is absent or makes no sense.

    Never less than nothing nor more than an hour. Header names are in lower case.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return _seconds(float(value))
    except ValueError:
        return _until_date(value, now)


def limited_for(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> timedelta | None:
    """Say how long to leave a server alone that says "too many requests"; None if it says no such thing.

    GitHub says it with a 403, too: with Retry-After, with nothing remaining, or in words.
    """
    wait = retry_after(headers, now)
    if status == 403 and not (wait is not None or _nothing_left(headers) or b"rate limit" in body[:4096].lower()):
        return None
    if status not in {403, 429}:
        return None
    if wait is None and _nothing_left(headers):
        wait = _until_reset(headers.get("x-ratelimit-reset", ""), now)
    return USUAL if wait is None else wait


def _nothing_left(headers: Mapping[str, str]) -> bool:
    return headers.get("x-ratelimit-remaining", "").strip() == "0"


def _until_reset(value: str, now: datetime) -> timedelta | None:
    try:
        return _seconds(float(value) - now.timestamp())
    except ValueError:
        return None


def _until_date(value: str, now: datetime) -> timedelta | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _seconds((aware - now).total_seconds())


def _seconds(seconds: float) -> timedelta | None:
    if math.isnan(seconds):
        return None
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST.total_seconds()))
