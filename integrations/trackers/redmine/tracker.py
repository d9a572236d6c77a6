"""One project in Redmine."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from integrations.exchange import HttpError
from integrations.markup.base import Document
from integrations.trackers.base import (
    Ability,
    Account,
    Changes,
    Comment,
    File,
    Issue,
    IssueChange,
    IssueDraft,
    IssuePage,
    Standing,
    TrackerError,
    told,
)
from integrations.trackers.redmine import changes
from integrations.trackers.redmine.payloads import RawIssue, RawIssues, RawUpload, Reading
from integrations.trackers.redmine.people import find_members
from integrations.trackers.redmine.server import PAGE, RedmineServer, parsed
from integrations.trackers.redmine.standing import TITLE, standing
from integrations.trackers.redmine.texts import Texts
from storage.models import IssueState

NAME = "redmine"
# An issue is looked for among those we made lately; this list sees them at once.
LATELY = timedelta(days=14)
MOST_PAGES = 10
# More is refused.
LONGEST_TITLE = 255
_ID = re.compile(r"[0-9]{1,12}")
_ALL = {"status_id": "*", "subproject_id": "!*"}
_WORDS = {"subject": "title", "assigned_to_id": "assignee", "status_id": "status"}
_STATES = {
    IssueState.OPEN: "not begun",
    IssueState.DOING: "in progress",
    IssueState.DONE: "done",
    IssueState.DROPPED: "not to be done",
}


class RedmineTracker:
    """Works in a project as the account that the key belongs to.

    Redmine answers to a change with nothing, also where the account's role or the workflow kept it from changing
    anything; so everything is read again.
    """

    name = NAME
    abilities = frozenset({Ability.ASSIGNEE, Ability.EDIT_COMMENTS, Ability.DELETE_COMMENTS, Ability.FILES})

    def __init__(self, server: RedmineServer, texts: Texts, kind: str, now: Callable[[], datetime]) -> None:
        self._server = server
        self._texts = texts
        self._kind = kind
        self._now = now

    @classmethod
    def of(cls, project: str, values: Mapping[str, str], now: Callable[[], datetime]) -> "RedmineTracker":
        """Make one from the values of the variables."""
        server = RedmineServer.at(values["REDMINE_URL"], values["REDMINE_API_KEY"], project, now)
        return cls(server, Texts.of(values.get("REDMINE_TEXT", ""), server), values.get("REDMINE_TRACKER", ""), now)

    async def check(self) -> Standing:
        """Ask who we are, for the project, and for what our roles lack."""
        return await standing(self._server)

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make an issue; it has no labels, and nobody who cannot be given issues there."""
        with told(TITLE, "making the issue"):
            wanted: dict[str, Any] = {
                "project_id": self._server.project,
                "subject": draft.title[:LONGEST_TITLE],
                "description": await self._texts.write(draft.body),
                "tracker_id": await self._tracker_id(),
            }
            if draft.assignee:
                wanted["assigned_to_id"] = draft.assignee
            await self._reading()
            try:
                answer = await self._server.change("POST", "issues.json", {"issue": wanted})
            except HttpError as error:
                # Its reason is in the language of our account.
                if not draft.assignee or error.status != 422:
                    raise
                alone = {name: value for name, value in wanted.items() if name != "assigned_to_id"}
                answer = await self._server.change("POST", "issues.json", {"issue": alone})
            return await self._read(parsed(RawIssue, answer, "issue"))

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        """Look through the issues that we made lately."""
        with told(TITLE, "looking for the issue"):
            reading, found = await self._reading(), list[Issue]()
            for page in range(MOST_PAGES):
                answer = await self._server.get(
                    self._issues_path,
                    **_ALL,
                    author_id="me",
                    sort="created_on:desc,id:desc",
                    limit=PAGE,
                    offset=page * PAGE,
                )
                raws = parsed(RawIssues, answer).issues
                found += [reading.issue(raw, self._server.project) for raw in raws]
                if len(raws) < PAGE or raws[-1].created_on < self._now() - LATELY:
                    break
        return tuple(one for one in reversed(found) if marker in one.markers)

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue by its number."""
        with told(TITLE, "reading the issue"):
            raw = await self._raw(external_id)
            return await self._read(raw) if raw else None

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        """Change an issue; it has no labels."""
        with told(TITLE, "changing the issue"):
            raw = await self._existing(external_id, "allowed_statuses")
            wanted: dict[str, Any] = {} if change.title is None else {"subject": change.title[:LONGEST_TITLE]}
            if change.assignee is not None:
                wanted["assigned_to_id"] = change.assignee
            if change.state is not None:
                wanted |= await self._status(raw, change.state)
            return await self._changed(raw, wanted)

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        """Relate an issue to its original and close it; Redmine closes it again whenever the original is closed."""
        with told(TITLE, "closing the issue as a duplicate"):
            raw = await self._existing(external_id, "allowed_statuses")
            relation = {"issue_to_id": original.external_id, "relation_type": "duplicates"}
            try:
                await self._server.change("POST", f"issues/{raw.id}/relations.json", {"relation": relation})
            except HttpError as error:
                # They are related already.
                if error.status != 422:
                    raise
            return await self._changed(raw, await self._status(raw, IssueState.DROPPED))

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        """Write a note."""
        with told(TITLE, "commenting"):
            raw = await self._existing(external_id)
            await self._reading()
            await self._put(raw, {"notes": await self._texts.write(body)})
            try:
                comments = [comment for comment in await self._comments(raw.external_id) if marker in comment.markers]
            except HttpError as error:
                # It was written, only not read again.
                error.may_have_happened = True
                raise
        if not comments:
            raise TrackerError("Redmine did not keep the comment. Allow Liaison's role to add notes.", retryable=False)
        return comments[-1]

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        """Replace a note's text; what role may do this is to be allowed apart from writing it."""
        with told(TITLE, "editing the comment"):
            journal = {"notes": await self._texts.write(body)}
            await self._server.change("PUT", f"journals/{_number(comment_id)}.json", {"journal": journal})
            comments = await self._comments(external_id)
            found = next((comment for comment in comments if comment.external_id == comment_id), None)
            if found is None:
                raise HttpError("there is no such comment", status=404)
            return found

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Empty a note, which deletes it, if it is still there."""
        with told(TITLE, "deleting the comment"):
            try:
                await self._server.change("PUT", f"journals/{_number(comment_id)}.json", {"journal": {"notes": ""}})
            except HttpError as error:
                if error.status != 404:
                    raise

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        """Read all notes but the private ones."""
        with told(TITLE, "reading the comments"):
            return await self._comments(external_id)

    async def changes_since(self, cursor: str) -> Changes:
        """Read what changed; of edited and deleted notes those in the issues talked about last."""
        with told(TITLE, "asking what changed"):
            return await changes.since(self._server, await self._reading(), cursor, self._now())

    async def list_issues(self, cursor: str) -> IssuePage:
        """Read a page of all issues, the oldest first."""
        offset = int(cursor or 0)
        with told(TITLE, "listing the issues"):
            reading = await self._reading()
            answer = await self._server.get(self._issues_path, **_ALL, sort="id", limit=PAGE, offset=offset)
            page = parsed(RawIssues, answer)
        issues = tuple(reading.issue(raw, self._server.project) for raw in page.issues)
        return IssuePage(issues, str(offset + PAGE) if len(issues) == PAGE else "", page.total_count)

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        """Find members of the project: others cannot be given its issues."""
        with told(TITLE, "looking for people"):
            return await find_members(self._server, word)

    async def attach(self, external_id: str, file: File) -> str:
        """Copy a file into an issue; who may see the issue may see it."""
        name = re.sub(r"[\x00-\x1f/\\]", "_", file.name) or "file"
        with told(TITLE, "copying the file"):
            raw = await self._existing(external_id)
            token = parsed(RawUpload, await self._server.upload(name, file.content), "upload").token
            await self._put(raw, {"uploads": [{"token": token, "filename": name, "content_type": file.media_type}]})
            kept = (await self._existing(external_id, "attachments")).attachments
            if not kept:
                raise HttpError("it did not keep the file", status=403)
            return max(kept, key=lambda one: one.id).content_url

    async def find_file(self, external_id: str, mark: str) -> str:
        """Look through the names of an issue's files."""
        with told(TITLE, "looking for the file"):
            kept = (await self._existing(external_id, "attachments")).attachments
            return next((one.content_url for one in kept if mark in one.filename), "")

    async def close(self) -> None:
        """Close every connection."""
        await self._server.close()

    @property
    def _issues_path(self) -> str:
        return f"projects/{_number(self._server.project)}/issues.json"

    async def _reading(self) -> Reading:
        me, statuses = await self._server.me(), await self._server.statuses()
        return Reading(self._server.home, str(me.id), self._texts.read, statuses.state_of)

    async def _read(self, raw: RawIssue) -> Issue:
        return (await self._reading()).issue(raw, await self._server.project_of(raw.project.id))

    async def _raw(self, external_id: str, include: str = "") -> RawIssue | None:
        if not _ID.fullmatch(external_id):
            return None
        try:
            answer = await self._server.get(f"issues/{external_id}.json", **({"include": include} if include else {}))
        except HttpError as error:
            if error.status != 404:
                raise
            return None
        return parsed(RawIssue, answer, "issue")

    async def _existing(self, external_id: str, include: str = "") -> RawIssue:
        raw = await self._raw(external_id, include)
        if raw is None:
            raise HttpError("there is no such issue", status=404)
        return raw

    async def _put(self, raw: RawIssue, wanted: Mapping[str, Any]) -> None:
        await self._server.change("PUT", f"issues/{raw.id}.json", {"issue": wanted})

    async def _changed(self, raw: RawIssue, wanted: Mapping[str, Any]) -> Issue:
        """Change an issue and read it again, to see that it was."""
        if not wanted:
            return await self._read(raw)
        await self._put(raw, wanted)
        kept = await self._existing(raw.external_id)
        assignee = str(kept.assigned_to.id) if kept.assigned_to else ""
        now = {"subject": kept.subject, "assigned_to_id": assignee, "status_id": kept.status.id}
        lacking = sorted(_WORDS[name] for name in wanted if now[name] != wanted[name])
        if lacking:
            words = f"Redmine left the {' and the '.join(lacking)} of #{raw.id} as it was"
            raise TrackerError(f"{words}. Allow Liaison's role to edit issues.", retryable=False)
        return await self._read(kept)

    async def _status(self, raw: RawIssue, state: IssueState) -> dict[str, int]:
        """Give the status to set, nothing if the issue is in this state already."""
        statuses = await self._server.statuses()
        if statuses.state_of(raw.status) is state:
            return {}
        best = statuses.best(state, raw.allowed_statuses or statuses.known)
        if best is None:
            way = f"from {raw.status.name} to a status that means {_STATES[state]}"
            words = f"Redmine's workflow does not let Liaison's role move #{raw.id} {way}"
            raise TrackerError(f"{words}. Allow it in the workflow of {raw.tracker.name}.", retryable=False)
        return {} if best.id == raw.status.id else {"status_id": best.id}

    async def _comments(self, external_id: str) -> tuple[Comment, ...]:
        raw, reading = await self._existing(external_id, "journals"), await self._reading()
        project = await self._server.project_of(raw.project.id)
        return tuple(reading.comment(one, raw, project) for one in raw.journals if one.is_comment)

    async def _tracker_id(self) -> int:
        """Give the kind of issue to make: the one that is set, else the project's first."""
        kinds = (await self._server.found()).project.trackers
        wanted = (self._kind or "Bug").casefold()
        named = [kind.id for kind in kinds if kind.name.casefold() == wanted]
        if not named and not kinds:
            raise HttpError("the project has no tracker, such as Bug", status=404)
        return (named or [kind.id for kind in kinds])[0]


def _number(external_id: str) -> str:
    """Let nothing but one part into an address."""
    return quote(external_id, safe="")
