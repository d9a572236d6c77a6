"""Files of a report, and of replies in its card's thread, are copied into its issue: privately, and once each.

A copy bears the id that Slack knows the file by in its name, so that it can be looked for when an answer was lost.
What is read from Slack goes to the tracker and is kept nowhere else.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot import text
from bot.services import Services
from bot.triage import jobs
from integrations.trackers.base import Ability, File, NotAccepted, Tracker
from storage import links, people, record, reports
from storage.database import WorkspaceSession
from storage.models import IssueComment, IssueFile, IssueLink, Report
from storage.queue import RetryLater

MOST_BYTES = 10 * 1024 * 1024
# As for an issue: a request that was given up on may still reach the tracker until then.
_SETTLE = timedelta(seconds=30)
_SLACK_FILE_ID = re.compile(r"F[A-Z0-9]{5,30}")
# What Windows and servers on it take in no name.
_NOT_IN_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f]')
_LONGEST_STEM = 100
_LONGEST_ENDING = 10


class NotGiven(Exception):
    """Slack does not give a file; the text says why, to whoever put it there.

    `mendable`: it will be given once whoever runs Liaison has done what the text says.
    """

    def __init__(self, words: str, *, mendable: bool = False) -> None:
        super().__init__(words)
        self.mendable = mendable


@dataclass(frozen=True)
class Untold:
    """A file that was not copied, and why, as its person is to be told."""

    name: str
    permalink: str
    issue_key: str
    issue_url: str
    why: str


# Reads a file of Slack by its id; raises NotGiven, or what the queue tries again for.
Fetch = Callable[[str], Awaitable[File]]


def copy_of_report(session: WorkspaceSession, services: Services, link: IssueLink, report: Report) -> None:
    """Have the files of a report copied into its issue."""
    _copy_all(session, services, link, report.attachments, None)


def copy_of_reply(session: WorkspaceSession, services: Services, comment: IssueComment) -> None:
    """Have the files of a reply copied into the issue that it is a comment on."""
    link = links.get(session, comment.link_id)
    if link is not None and not comment.deleted:
        _copy_all(session, services, link, comment.files, comment.id)


async def copy(services: Services, file_id: int, fetch: Fetch) -> bool:
    """Copy a file into its issue, unless it is there; return whether the tracker was asked.

    Raises:
        NotGiven: it can be copied once whoever runs Liaison has done something about it.
        TrackerError: the tracker did not do it.
        RetryLater: an earlier try may still land.
    """
    found = await services.database.read(services.workspace, lambda session: _wanted(session, file_id))
    if found is None:
        return False
    link, row = found
    tracker = services.trackers.get(link.tracker, link.project)
    try:
        url = await _find(services, tracker, link, row) or await _attach(services, tracker, link, row, fetch)
    except (NotGiven, NotAccepted) as refusal:
        is_mendable = isinstance(refusal, NotGiven) and refusal.mendable
        cause, words = f"link:{link.id}" if is_mendable else f"file:{file_id}", str(refusal)
        await services.database.write(services.workspace, lambda session: _refused(session, file_id, words, cause))
        if is_mendable:
            raise
        return isinstance(refusal, NotAccepted)
    if url:
        await services.database.write(services.workspace, lambda session: _copied(session, file_id, url))
    return True


async def untold(services: Services, file_id: int) -> Untold | None:
    """Say which file was not copied, and why; None if there is nothing to tell (any more)."""

    def unit(session: WorkspaceSession) -> Untold | None:
        found = _wanted(session, file_id)
        if found is None or not found[1].error:
            return None
        link, row = found
        return Untold(row.name, _permalink(session, link, row), link.key, link.url, row.error)

    return await services.database.read(services.workspace, unit)


def _copy_all(
    session: WorkspaceSession,
    services: Services,
    link: IssueLink,
    found: Iterable[Mapping[str, str]],
    comment_id: int | None,
) -> None:
    wanted = {one["id"]: one for one in found if _SLACK_FILE_ID.fullmatch(str(one.get("id", "")))}
    if not wanted or Ability.FILES not in services.trackers.get(link.tracker, link.project).abilities:
        return
    assert link.id is not None
    known = {row.slack_file_id for row in links.files(session, link.id)}
    for slack_file_id in (one for one in wanted if one not in known):
        name = text.clean_title(str(wanted[slack_file_id].get("name") or "")) or "file"
        row = IssueFile(link_id=link.id, comment_id=comment_id, slack_file_id=slack_file_id, name=name)
        session.add(row)
        session.flush()
        jobs.copy_file(session, link, row)


def _wanted(session: WorkspaceSession, file_id: int) -> tuple[IssueLink, IssueFile] | None:
    """Give a file that is still to be copied: nothing private, and nothing that somebody took back."""
    row = links.file(session, file_id)
    link = links.get(session, row.link_id) if row else None
    if row is None or link is None or row.url or link.subject_type != record.REPORT or not link.external_id:
        return None
    report = reports.get(session, link.subject_id)
    comment = links.comment(session, row.comment_id) if row.comment_id else None
    if report is None or report.private or (comment is not None and comment.deleted):
        return None
    return link, row


async def _find(services: Services, tracker: Tracker, link: IssueLink, row: IssueFile) -> str:
    """Look for what an earlier try may have put there; wait as long as it may still land."""
    if row.intended_at is None:
        return ""
    found = await tracker.find_file(link.external_id, row.slack_file_id)
    left = row.intended_at + _SETTLE - services.now()
    if not found and left > timedelta():
        raise RetryLater(left)
    return found


async def _attach(services: Services, tracker: Tracker, link: IssueLink, row: IssueFile, fetch: Fetch) -> str:
    """Read the file and ask once; from the moment before, the outcome counts as unknown."""
    file = await fetch(row.slack_file_id)
    file_id = row.id or 0
    if not await services.database.write(services.workspace, lambda session: _begin(session, services, file_id)):
        return ""
    return await tracker.attach(link.external_id, replace(file, name=_named(row)))


def _begin(session: WorkspaceSession, services: Services, file_id: int) -> bool:
    """Keep that the file is on its way, unless it is to stay in Slack by now."""
    found = _wanted(session, file_id)
    if found is None:
        return False
    found[1].intended_at = services.now()
    session.add(found[1])
    return True


def _copied(session: WorkspaceSession, file_id: int, url: str) -> None:
    row = links.file(session, file_id)
    assert row is not None
    row.url, row.error = url, ""
    session.add(row)


def _refused(session: WorkspaceSession, file_id: int, words: str, cause: str) -> None:
    """Keep why a file is not copied, and have whoever put it there told, once per cause."""
    found = _wanted(session, file_id)
    if found is None:
        return
    link, row = found
    row.error = words
    # It was refused, so nothing of it can be there.
    row.intended_at = None
    session.add(row)
    slack_user_id = _person(session, link, row)
    if slack_user_id:
        jobs.tell_file(session, row, slack_user_id, cause)


def _person(session: WorkspaceSession, link: IssueLink, row: IssueFile) -> str:
    """Name who put a file there; empty for a bot."""
    comment = links.comment(session, row.comment_id) if row.comment_id else None
    report = reports.get(session, link.subject_id)
    if comment is not None:
        return comment.author_key
    reporter_id = report.reporter_id if report else 0
    person = people.by_id(session, (reporter_id,)).get(reporter_id)
    return person.slack_user_id if person is not None and not person.is_bot else ""


def _permalink(session: WorkspaceSession, link: IssueLink, row: IssueFile) -> str:
    comment = links.comment(session, row.comment_id) if row.comment_id else None
    report = reports.get(session, link.subject_id)
    files: Iterable[Mapping[str, str]] = comment.files if comment else report.attachments if report else ()
    return next((one.get("permalink", "") for one in files if one.get("id") == row.slack_file_id), "")


def _named(row: IssueFile) -> str:
    """Name the copy: what its person called it, and what it is looked for by."""
    stem, dot, ending = _NOT_IN_NAME.sub("_", row.name).rpartition(".")
    if not stem or len(ending) > _LONGEST_ENDING:
        stem, dot, ending = f"{stem}{dot}{ending}", "", ""
    return f"{stem[:_LONGEST_STEM]}-{row.slack_file_id}{dot}{ending}"
