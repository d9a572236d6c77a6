"""The few forms of JQL that Liaison asks with; any other is refused, so that no test passes by an ignored clause."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

_ORDER = re.compile(r"(created|updated|key) (ASC|DESC)")
_PROJECT = re.compile(r'project = "([A-Z][A-Z0-9_]+)"')
_SINCE = re.compile(r"(created|updated) >= -(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class NotUnderstood(Exception):
    """JQL that the real Jira may know and this one does not."""


def found(jql: str, issues: Iterable[dict[str, Any]], person: dict[str, str], now: datetime) -> list[dict[str, Any]]:
    """Leave the issues, as Jira answers them, that JQL wants, in its order.

    `person` is who asks: a field that tells people apart, and its value. Moments are compared by whole minutes, the
    later one, for finer than that JQL does not promise to be.
    """
    clauses, _, order = jql.partition(" ORDER BY ")
    left = list(issues)
    for clause in clauses.split(" AND "):
        left = [issue for issue in left if _fits(clause, issue, person, now)]
    for name, direction in reversed([_ordered(part) for part in order.split(", ")] if order else []):
        left = sorted(left, key=_by_key if name == "key" else _by_moment(name), reverse=direction == "DESC")
    return left


def project_of(jql: str) -> str:
    """Give the key of the project that is asked about."""
    project = _PROJECT.search(jql)
    return project[1] if project else ""


def moment(text: str) -> datetime:
    """Read "2026-11-23T13:20:08.123+0000"."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def written(at: datetime) -> str:
    """Write a moment as Jira does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}+0000"


def _fits(clause: str, issue: dict[str, Any], person: dict[str, str], now: datetime) -> bool:
    fields = issue["fields"]
    if project := _PROJECT.fullmatch(clause):
        return bool(fields["project"]["key"] == project[1])
    if since := _SINCE.fullmatch(clause):
        wanted = now - timedelta(**{_UNITS[since[3]]: int(since[2])})
        return moment(fields[since[1]]) >= wanted.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if clause == "creator = currentUser()":
        return all(fields["creator"].get(name) == value for name, value in person.items())
    raise NotUnderstood(f"no clause {clause}")


def _ordered(part: str) -> tuple[str, str]:
    order = _ORDER.fullmatch(part)
    if order is None:
        raise NotUnderstood(f"no order by {part}")
    return order[1], order[2]


def _by_key(issue: dict[str, Any]) -> tuple[str, int]:
    project, _, number = issue["key"].rpartition("-")
    return project, int(number)


def _by_moment(name: str) -> Any:
    return lambda issue: moment(issue["fields"][name])
