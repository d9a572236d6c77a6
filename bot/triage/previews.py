"""What a link to an issue, or its bare key, stands for: live, of the projects the settings name, and not too often."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.services import Services
from integrations.trackers.base import Issue, IssueAddress, TrackerError
from storage import links, reports
from storage.database import WorkspaceSession
from storage.models import IssueState

# The same issue is shown in a channel at most so often.
AGAIN_AFTER = timedelta(minutes=30)
MOST = 3
# What else happens in the channel waits meanwhile; so long is asked for all that one message names.
PATIENCE = timedelta(seconds=3)
# What may be a key: PAY-12, acme/web#7. The door lets only messages in that hold one.
KEY = re.compile(r"(?<![\w/#.-])(?:[A-Z][A-Z0-9]{1,9}-\d{1,9}|[\w.-]{1,60}(?:/[\w.-]{1,60}){1,5}#\d{1,9})(?![\w-])")


@dataclass(frozen=True)
class Preview:
    """An issue as it is now; `word` is the link or key that was written, `report_key` whose issue it is."""

    word: str
    tracker: str
    key: str
    url: str
    title: str
    state: IssueState
    assignee: str
    report_key: str
    report_permalink: str


async def of_links(services: Services, channel: str, urls: Iterable[str]) -> list[Preview]:
    """Look up the issues behind links written in a channel."""
    found: list[tuple[str, str, IssueAddress]] = []
    for url in dict.fromkeys(urls):
        read = services.trackers.read_url(url)
        if read is not None:
            found.append((url, read[0].name, read[1]))
    return await _look_up(services, channel, found)


async def of_keys(services: Services, channel: str, words: str) -> list[Preview]:
    """Look up the issues whose bare keys are written in a channel."""
    found: list[tuple[str, str, IssueAddress]] = []
    for key in dict.fromkeys(KEY.findall(words)):
        for kind in services.trackers.kinds():
            match = re.fullmatch(kind.key_pattern, key) if kind.key_pattern else None
            if match is not None:
                number = key.removeprefix(f"{match[1]}#")
                found.append((key, kind.name, IssueAddress(match[1], number)))
                break
    return await _look_up(services, channel, found)


async def _look_up(services: Services, channel: str, wanted: list[tuple[str, str, IssueAddress]]) -> list[Preview]:
    """Ask for one after the other; what is not here in time is not shown, since who wrote the link has it."""
    shown: list[Preview] = []
    clock = asyncio.get_running_loop().time
    ends_at = clock() + PATIENCE.total_seconds()
    for word, tracker, address in wanted:
        if len(shown) == MOST or clock() >= ends_at:
            break
        issue = await _in_time(services, tracker, address, ends_at)
        if issue is not None:
            unit = partial(_draw, services=services, channel=channel, word=word, tracker=tracker, issue=issue)
            preview = await services.database.write(services.workspace, unit)
            shown += [preview] if preview else []
    return shown


async def _in_time(services: Services, tracker: str, address: IssueAddress, ends_at: float) -> Issue | None:
    """Ask for one issue of a project that the settings name; a link to Redmine does not say which.

    None if its tracker does not show it, hangs, or is kept busy by jobs that hang there.
    """
    named = {project.lower(): project for project in services.settings.projects_of(tracker)}
    project = named.get(address.project.lower()) if address.project else next(iter(named.values()), None)
    if project is None:
        return None
    try:
        async with asyncio.timeout_at(ends_at), services.trackers.turn(tracker) as is_our_turn:
            if not is_our_turn:
                return None
            issue = await services.trackers.get(tracker, project).get_issue(address.external_id)
    except (TrackerError, TimeoutError):
        return None
    return None if issue is None or issue.restricted or issue.project.lower() not in named else issue


def _draw(
    session: WorkspaceSession, services: Services, channel: str, word: str, tracker: str, issue: Issue
) -> Preview | None:
    link = links.by_external(session, tracker, issue.project, [issue.external_id]).get(issue.external_id)
    report = reports.get(session, link.subject_id) if link is not None else None
    if report is not None and report.private:
        return None
    place = f"{issue.project}#{issue.external_id}"
    if not links.show_now(session, channel, tracker, place, services.now(), AGAIN_AFTER):
        return None
    assignee = (issue.assignee.name or issue.assignee.key) if issue.assignee else ""
    return Preview(
        word=word,
        tracker=services.trackers.title(tracker),
        key=issue.key,
        url=issue.url,
        title=issue.title,
        state=issue.state,
        assignee=assignee,
        report_key=report.key if report else "",
        report_permalink=report.card_permalink if report else "",
    )
