"""Finds the issues that we made, also those that the search does not see yet."""

from integrations.exchange import HttpError
from integrations.trackers.base import Issue
from integrations.trackers.jira.payloads import RawIssue
from integrations.trackers.jira.site import JiraSite

LATELY = "-14d"
MOST_PAGES = 10
# Numbers are given in turn; some are never used, for an issue that could not be made takes one.
_PROBES = 12
_MOST_MISSING = 3


async def find_by_marker(site: JiraSite, marker: str) -> tuple[Issue, ...]:
    """Find our issues that carry a marker, the oldest first.

    The search lags behind by seconds in Cloud, and nobody says by how much. So the issues with the next numbers are
    read as well, one by one, which is never late. Trusted is the marker set aside in a property of an issue that our
    account created, and without one that in its text.
    """
    reading = await site.reading()
    found: dict[str, RawIssue] = {}
    page = ""
    jql = f'project = "{site.project}" AND creator = currentUser() AND created >= {LATELY} ORDER BY created DESC'
    for _ in range(MOST_PAGES):
        answer = await site.search(jql, page)
        found |= {raw.id: raw for raw in answer.issues}
        page = answer.page
        if not page:
            break
    for raw in await _newest(site):
        found[raw.id] = raw
    issues = [reading.issue(raw) for raw in found.values()]
    return tuple(sorted((one for one in issues if marker in one.markers), key=lambda one: one.created_at))


async def _newest(site: JiraSite) -> list[RawIssue]:
    """Read what comes after the newest issue that the search knows."""
    jql = f'project = "{site.project}" ORDER BY key DESC'
    known = (await site.search(jql)).issues
    number = max((_number(raw.key) for raw in known), default=0)
    found: list[RawIssue] = []
    missing = 0
    for later in range(number + 1, number + 1 + _PROBES):
        try:
            found.append(await site.read_issue(f"{site.project}-{later}"))
            missing = 0
        except HttpError as error:
            if error.status != 404:
                raise
            missing += 1
        if missing == _MOST_MISSING:
            break
    return found


def _number(key: str) -> int:
    number = key.rpartition("-")[2]
    return int(number) if number.isdigit() else 0
