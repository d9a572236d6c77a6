"""One call of Slack's Web API, and what its failure means for whoever called."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from storage.queue import GiveUp, RetryLater

log = structlog.get_logger(__name__)

# Methods that read take no JSON. https://docs.slack.dev/apis/web-api/#post_bodies
_READS = (".history", ".info", ".list", ".members", ".replies", ".getPermalink", ".lookupByEmail", ".conversations")
_FATAL = frozenset(
    {
        "account_inactive",
        "channel_not_found",
        "file_deleted",
        "file_not_found",
        "invalid_auth",
        "is_archived",
        "missing_scope",
        "not_authed",
        "not_in_channel",
        "restricted_action",
        "token_revoked",
        "user_not_found",
    }
)
_PASSING = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
_USUAL_WAIT = timedelta(seconds=30)
_SHORTEST_WAIT = timedelta(seconds=0.2)
_LONGEST_WAIT = timedelta(hours=1)


class SlackDown(Exception):
    """Slack did not answer, or not with sense; the call may or may not have had its effect."""


async def call(client: AsyncWebClient, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a method and return its answer.

    Raises:
        RetryLater: Slack said when to come again.
        GiveUp: no further try can succeed; the text is Slack's error code.
        SlackDown: the outcome is unknown.
    """
    try:
        if method.endswith(_READS):
            response = await client.api_call(method, http_verb="GET", params=arguments)
        else:
            response = await client.api_call(method, json=arguments)
    except SlackApiError as refusal:
        raise _translate(method, refusal) from refusal
    # AttributeError: the SDK takes every answer for a JSON object; a proxy's "502 Bad Gateway" is none.
    except (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError, AttributeError) as failure:
        raise SlackDown(f"{method}: {type(failure).__name__}") from failure
    return dict(response.data) if isinstance(response.data, dict) else {}


def _translate(method: str, refusal: SlackApiError) -> Exception:
    response = refusal.response
    if isinstance(response, aiohttp.ClientResponse):
        # The SDK could not read the body.
        status, headers, error = response.status, response.headers, ""
    else:
        status, headers = response.status_code, response.headers
        error = str(response.data.get("error", "")) if isinstance(response.data, dict) else ""
    if status == 429 or error in {"ratelimited", "rate_limited"}:
        return RetryLater(retry_after(headers, datetime.now(UTC)))
    if error in _FATAL:
        return GiveUp(error)
    if status >= 500 or not error or error in _PASSING:
        return SlackDown(f"{method}: {error or status}")
    log.error("slack_refused", method=method, error=error)
    return GiveUp(error)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Read Retry-After: seconds, whole or not, or a date; 30 s when there is none, one hour at most."""
    given = headers.get("Retry-After", "")
    try:
        seconds = float(given)
    except ValueError:
        seconds = _seconds_until(given, now)
    if not math.isfinite(seconds):
        return _USUAL_WAIT
    return min(max(timedelta(seconds=min(seconds, 1e6)), _SHORTEST_WAIT), _LONGEST_WAIT)


def _seconds_until(date: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return math.inf
    return (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
