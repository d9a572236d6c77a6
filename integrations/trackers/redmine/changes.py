"""What changed in a project: its issues by the time of their last change, the oldest first, and their notes.

Redmine tells nobody that a note was edited or deleted: the issue's time stays. The notes of the issues that were talked
about last are therefore read at every look and compared.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from integrations import positions
from integrations.exchange import Answer, HttpError
from integrations.positions import Position
from integrations.trackers.base import Changes, Comment, CommentGone
from integrations.trackers.redmine.payloads import RawIssue, RawIssues, RawJournal, Reading
from integrations.trackers.redmine.server import PAGE, RedmineServer, parsed

# Each costs a request at every look.
MOST_WATCHED = 20
# Times are whole seconds: what was changed in the second of the last look may have been changed in it once more.
_EDGE = timedelta(seconds=2)
_SCOPE = {"status_id": "*", "subproject_id": "!*"}


class Cursor(BaseModel):
    """How far issues were read; `watched` are the notes of those talked about last, each by a hash of its text."""

    issues: Position
    watched: dict[str, dict[str, str]] = {}


async def since(server: RedmineServer, reading: Reading, cursor: str, now: datetime) -> Changes:
    """Read what changed; with an empty cursor only find out what time it is there.

    Raises:
        HttpError: Redmine does not answer, or this is no cursor of ours.
    """
    if not cursor:
        answer = await server.get("issue_statuses.json")
        return Changes(cursor=Cursor(issues=Position(since=_time_there(answer, now))).model_dump_json())
    try:
        here = Cursor.model_validate_json(cursor)
    except ValidationError:
        raise HttpError("where the last look ended is not readable") from None
    return await _look(server, reading, here, now)


async def _look(server: RedmineServer, reading: Reading, here: Cursor, now: datetime) -> Changes:
    answer, page = await _page(server, here.issues)
    fresh = positions.unseen(page, here.issues)
    at = _time_there(answer, now)
    talk = Talk(reading, server.project, here, at)
    for issue in fresh:
        await talk.read(server, str(issue.id))
    onward = _onward(page, here.issues)
    if not onward.floor:
        for issue_id in [one for one in here.watched if one not in talk.notes]:
            await talk.read(server, issue_id)
    # What stands on the edge of now is looked at once more.
    onward.seen = {key: moment for key, moment in onward.seen.items() if moment < at - _EDGE}
    return Changes(
        issues=tuple(reading.issue(raw, server.project) for raw in fresh),
        comments=tuple(talk.comments),
        gone=tuple(talk.gone),
        cursor=Cursor(issues=onward, watched=talk.watched()).model_dump_json(),
        more=onward.floor is not None,
    )


async def _page(server: RedmineServer, here: Position) -> tuple[Answer, Sequence[RawIssue]]:
    answer = await server.get(
        f"projects/{quote(server.project, safe='')}/issues.json",
        **_SCOPE,
        updated_on=f">={here.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        sort="updated_on,id",
        limit=PAGE,
        offset=int(here.page or 0),
    )
    return answer, parsed(RawIssues, answer).issues


def _onward(page: Sequence[RawIssue], here: Position) -> Position:
    """Go on at the time of the last one: by pages alone things would be skipped, for what changes moves to the end."""
    if len(page) < PAGE:
        return positions.to_end(here, page)
    last = page[-1].updated_on
    if last > here.since:
        return positions.to_page(here, page, "", since=last)
    return positions.to_page(here, page, str(int(here.page or 0) + PAGE))


class Talk:
    """Compares notes with how they were at the last look."""

    def __init__(self, reading: Reading, project: str, here: Cursor, at: datetime) -> None:
        self._reading = reading
        self._project = project
        self._before = here.watched
        self._begin = (here.issues.floor or here.issues.since) - _EDGE
        self._at = at
        self.notes: dict[str, dict[str, str]] = {}
        self.comments: list[Comment] = []
        self.gone: list[CommentGone] = []

    async def read(self, server: RedmineServer, issue_id: str) -> None:
        """Read an issue's notes."""
        try:
            answer = await server.get(f"issues/{issue_id}.json", include="journals")
        except HttpError as error:
            # It was deleted, or is not for us any more.
            if error.status not in {403, 404}:
                raise
            self.notes[issue_id] = {}
            return
        self._compare(parsed(RawIssue, answer, "issue"))

    def watched(self) -> dict[str, dict[str, str]]:
        """Give what to compare with next time: of the issues that have notes, those with the newest."""
        known = {**self._before, **self.notes}
        talked = sorted((one for one in known if known[one]), key=lambda one: max(map(int, known[one])))
        return {one: known[one] for one in talked[-MOST_WATCHED:]}

    def _compare(self, issue: RawIssue) -> None:
        now = {str(journal.id): _hash(journal) for journal in issue.journals if journal.is_comment}
        before = self._before.get(str(issue.id))
        self.comments += self._fresh(issue, before, now)
        for gone in sorted(set(before or ()) - set(now), key=int):
            self.gone.append(CommentGone(gone, str(issue.id), self._project))
        self.notes[str(issue.id)] = now

    def _fresh(self, issue: RawIssue, before: Mapping[str, str] | None, now: Mapping[str, str]) -> Iterator[Comment]:
        for journal in issue.journals:
            key = str(journal.id)
            if key not in now:
                continue
            if before is not None and key in before:
                if before[key] != now[key]:
                    yield self._reading.comment(journal, issue, self._project, updated_at=self._at)
            elif before is not None or journal.created_on >= self._begin:
                yield self._reading.comment(journal, issue, self._project)


def _hash(journal: RawJournal) -> str:
    return hashlib.sha256((journal.notes or "").encode()).hexdigest()[:12]


def _time_there(answer: Answer, now: datetime) -> datetime:
    """Give the server's own time, with which its times are compared."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return now
