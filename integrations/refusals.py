"""What to tell a person when a service did not do what it was asked."""

import re
from collections.abc import Iterator
from typing import Any

from integrations.exchange import HttpError
from integrations.json_text import read_json

LONGEST_REASON = 240
# Where services put their reason: GitHub, GitLab, Jira, Redmine, Linear, OAuth, and Figma.
_REASONS = ("message", "errorMessages", "errors", "error", "error_description", "detail", "err")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def explain(service: str, doing: str, error: HttpError) -> str:
    """Say in words what went wrong and what to do. `doing` reads after "while", like "making the issue"."""
    status = error.status
    if status is None or 200 <= status < 300:
        return f"{service} did not answer properly while {doing}: {error}. {_next_step(error)}"
    if 300 <= status < 400:
        return f"{service} has moved what was asked for while {doing}. Set its new address or name."
    if status == 429:
        minutes = round(error.retry_after.total_seconds() / 60) if error.retry_after else 0
        return f"{service} has had too many requests and wants no more for {_span(minutes)}. It goes on by itself then."
    if status >= 500:
        return f"{service} is not well ({status} while {doing}). {_next_step(error)}"
    return _refused(service, doing, status, reason(error.body))


def reason(body: bytes) -> str:
    """Find the service's own reason in its answer, in one line; empty where there is none for people."""
    try:
        found = _texts(read_json(body))
    except ValueError:
        return ""
    line = _SPACES.sub(" ", "; ".join(dict.fromkeys(found))).strip(" .;")
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + "…"


def _refused(service: str, doing: str, status: int, why: str) -> str:
    said = f" ({why})" if why else ""
    match status:
        case 401:
            return f"{service} refused the token while {doing}. Make a new one and set it."
        case 403:
            return f"{service} did not allow it while {doing}{said}. Give its account this permission."
        case 404:
            return (
                f"{service} does not have it, or does not show it to Liaison's account, while {doing}. "
                "Check the project's name, and that the account may see it."
            )
        case 410:
            return f"{service} says it is gone for good or switched off, while {doing}{said}."
        case _:
            return f"{service} did not accept it while {doing}: {why or f'answer {status}, no reason given'}."


def _next_step(error: HttpError) -> str:
    if error.retryable:
        return "It will be tried again by itself."
    return "Check the service's address and the token."


def _span(minutes: int) -> str:
    return f"{minutes} minutes" if minutes > 1 else "a minute"


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Give what is written for people in an error, outermost first; names of fields stay before their reason."""
    if depth > 4:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value[:10]:
            yield from _texts(one, depth + 1)
    elif isinstance(value, dict) and depth and not value.keys() & set(_REASONS):
        yield from _fields(value, depth)
    elif isinstance(value, dict):
        for name in _REASONS:
            yield from _texts(value.get(name), depth + 1)


def _fields(value: dict[str, Any], depth: int) -> Iterator[str]:
    """Read {"field": ["is wrong"]}, and GitHub's {"resource": …, "field": …, "code": …}."""
    if {"field", "code"} <= value.keys():
        yield f"{value['field']} {str(value['code']).replace('_', ' ')}"
        return
    for name, why in list(value.items())[:10]:
        words = ", ".join(_texts(why, depth + 1))
        if words:
            yield f"{name}: {words}"
