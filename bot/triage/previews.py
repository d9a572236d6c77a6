"""What a link to an issue, or its bare key, stands for: live, of the projects the settings name, and not too often."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.services import Services
from integrations.trackers.base import Issue, IssueAddress, TrackerError
from storage import links, reports
from storage.database import WorkspaceSession
from storage.models import IssueState

# The same issue is shown in a channel at most so often.
AGAIN_AFTER = timedelta(minutes=30)
MOST = 3
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
    shown: list[Preview] = []
    for word, tracker, address in wanted:
        if len(shown) < MOST:
            preview = await _preview(services, channel, word, tracker, address)
            shown += [preview] if preview else []
    return shown


async def _preview(services: Services, channel: str, word: str, tracker: str, address: IssueAddress) -> Preview | None:
    """Look one issue up, if its project is one that the settings name; a link to Redmine does not say which."""
    named = {project.lower(): project for project in services.settings.projects_of(tracker)}
    project = named.get(address.project.lower()) if address.project else next(iter(named.values()), None)
    if project is None:
        return None
    try:
        issue = await services.trackers.get(tracker, project).get_issue(address.external_id)
    except TrackerError:
        # Who wrote the link has it; it is shown another time.
        return None
    if issue is None or issue.restricted or issue.project.lower() not in named:
        return None
    return await services.database.write(
        services.workspace, lambda session: _draw(session, services, channel, word, tracker, issue)
    )


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
