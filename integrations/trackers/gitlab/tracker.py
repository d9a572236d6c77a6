"""One project in GitLab."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from integrations.exchange import Answer, HttpError
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
from integrations.trackers.gitlab import changes
from integrations.trackers.gitlab.forms import form_with
from integrations.trackers.gitlab.payloads import (
    DOING,
    DROPPED,
    DUPLICATE,
    STATE_LABELS,
    RawIssue,
    RawNote,
    RawProject,
    RawToken,
    RawUpload,
    RawUser,
    state_of,
    write_text,
)
from integrations.trackers.gitlab.project import PAGE, URL, GitLabProject, parsed, parsed_list
from storage.models import IssueState

NAME = "gitlab"
TITLE = "GitLab"
# An issue is looked for among those we made lately: the search is behind by minutes, this list is not.
LATELY = timedelta(days=14)
MOST_PAGES = 10
# https://docs.gitlab.com/user/permissions: with less, labels and people are left out without a word.
REPORTER = 20
_ID = re.compile(r"\d{1,12}")
_IS_CLOSED = {IssueState.DONE: True, IssueState.DROPPED: True, IssueState.OPEN: False, IssueState.DOING: False}
_LABELS = {IssueState.DOING: DOING, IssueState.DROPPED: DROPPED}


class GitLabTracker:
    """Works in a project as the account that the token belongs to."""

    name = NAME
    abilities = frozenset(Ability)

    def __init__(self, project: GitLabProject, now: Callable[[], datetime]) -> None:
        self._project = project
        self._now = now

    @classmethod
    def of(cls, project: str, values: Mapping[str, str], now: Callable[[], datetime]) -> "GitLabTracker":
        """Make one from the values of the variables."""
        home = values.get("GITLAB_URL") or URL
        return cls(GitLabProject.at(home, values["GITLAB_TOKEN"], project, now), now)

    async def check(self) -> Standing:
        """Ask who we are, for the project, our role in it and what the token may do."""
        path = self._project.path
        try:
            with told(TITLE, "asking who we are"):
                us = (await self._project.me()).username
        except TrackerError as error:
            if error.retryable:
                raise
            return Standing("", path, (str(error),))
        with told(TITLE, "looking at the project"):
            try:
                project = parsed(RawProject, await self._project.get(""))
            except HttpError as error:
                if error.status != 404:
                    raise
                problem = (
                    f"GitLab has no project {path}, or does not show it to {us}. Check its name, and add {us} to it."
                )
                return Standing(us, path, (problem,))
            return Standing(us, path, (*_project_problems(project, us), *await self._token_problems()))

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make an issue; GitLab makes the labels that are missing."""
        with told(TITLE, "making the issue"):
            wanted: dict[str, Any] = {"title": draft.title, "description": write_text(draft.body)}
            if draft.labels:
                wanted["labels"] = ",".join(map(_one_label, draft.labels))
            if draft.assignee:
                wanted["assignee_ids"] = [await self._user_id(draft.assignee)]
            return await self._issue(await self._project.change("POST", "issues", wanted))

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        """Look through the issues that we made lately."""
        found: list[Issue] = []
        with told(TITLE, "looking for the issue"):
            me = await self._project.me()
            wanted = {"author_id": me.id, "created_after": (self._now() - LATELY).isoformat(), "scope": "all"}
            for page in range(1, MOST_PAGES + 1):
                answer = await self._project.get(
                    "issues", **wanted, order_by="created_at", sort="desc", per_page=PAGE, page=page
                )
                raws = parsed_list(RawIssue, answer)
                found += [raw.issue(self._project.path, me.username) for raw in raws]
                if len(raws) < PAGE:
                    break
        return tuple(sorted((one for one in found if marker in one.markers), key=lambda issue: issue.created_at))

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue by its number."""
        with told(TITLE, "reading the issue"):
            raw = await self._raw_issue(external_id)
            return raw.issue(self._project.path, (await self._project.me()).username) if raw else None

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        """Change an issue; its state is whether it is open, and our labels."""
        with told(TITLE, "changing the issue"):
            raw = await self._existing(external_id)
            wanted: dict[str, Any] = {} if change.title is None else {"title": change.title}
            if change.assignee is not None:
                wanted["assignee_ids"] = [await self._user_id(change.assignee)]
            add, remove = list(change.add_labels), list(change.remove_labels)
            if change.state is not None and state_of(raw.state, raw.labels) is not change.state:
                wanted |= _state_event(raw, change.state)
                add += [_LABELS[change.state]] if change.state in _LABELS else []
                remove += sorted(STATE_LABELS & set(raw.labels) - set(add))
            return await self._updated(raw, wanted, add, remove)

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        """Link an issue to its original, label it and close it."""
        with told(TITLE, "closing the issue as a duplicate"):
            raw = await self._existing(external_id)
            wanted = {"target_project_id": original.project, "target_issue_iid": original.external_id}
            try:
                await self._project.change("POST", f"issues/{raw.iid}/links", wanted)
            except HttpError as error:
                # They are linked already.
                if error.status != 409:
                    raise
            stale = sorted({DOING} & set(raw.labels))
            return await self._updated(raw, _state_event(raw, IssueState.DROPPED), [DUPLICATE], stale)

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        """Write a note."""
        with told(TITLE, "commenting"):
            return await self._comment("POST", external_id, "", write_text(body))

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        """Replace a note's text."""
        with told(TITLE, "editing the comment"):
            return await self._comment("PUT", external_id, f"/{_number(comment_id)}", write_text(body))

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Delete a note, if it is still there."""
        with told(TITLE, "deleting the comment"):
            try:
                path = f"issues/{_number(external_id)}/notes/{_number(comment_id)}"
                await self._project.change("DELETE", path)
            except HttpError as error:
                if error.status != 404:
                    raise

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        """Read all notes that are for everybody: not the system's, nor internal ones."""
        with told(TITLE, "reading the comments"):
            us, found = (await self._project.me()).username, await self._notes(external_id)
        written = [note for note in found if note.is_for_all]
        return tuple(note.comment(self._project.path, external_id, us, self._project.home) for note in written)

    async def changes_since(self, cursor: str) -> Changes:
        """Read what changed; that a note was deleted is told nowhere."""
        with told(TITLE, "asking what changed"):
            return await changes.since(self._project, cursor, self._now())

    async def list_issues(self, cursor: str) -> IssuePage:
        """Read a page of all issues, the oldest first."""
        page = int(cursor or 1)
        with told(TITLE, "listing the issues"):
            us = (await self._project.me()).username
            wanted = {"scope": "all", "order_by": "created_at", "sort": "asc", "per_page": PAGE, "page": page}
            answer = await self._project.get("issues", **wanted)
            issues = tuple(raw.issue(self._project.path, us) for raw in parsed_list(RawIssue, answer))
        total = answer.headers.get("x-total", "")
        return IssuePage(issues, str(page + 1) if len(issues) == PAGE else "", int(total) if total.isdigit() else 0)

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        """Find members of the project: others cannot be given its issues."""
        with told(TITLE, "looking for people"):
            answer = await self._project.get("members/all", query=word, per_page=20)
            return tuple(raw.account() for raw in parsed_list(RawUser, answer))

    async def attach(self, external_id: str, file: File) -> str:
        """Upload a file to the project and show it in a note; only who may see the project may see it."""
        with told(TITLE, "copying the file"):
            content, content_type = form_with(file)
            upload = parsed(RawUpload, await self._project.upload("uploads", content, content_type))
            await self._project.change("POST", f"issues/{_number(external_id)}/notes", {"body": upload.markdown})
            own = f"/{self._project.path}{upload.url}"
            return f"{self._project.home}{upload.full_path or own}"

    async def find_file(self, external_id: str, mark: str) -> str:
        """Look through our notes for the one that shows it."""
        with told(TITLE, "looking for the file"):
            us, found = (await self._project.me()).username, await self._notes(external_id)
        address = re.compile(rf"\((/uploads/[0-9a-f]+/\S*?{re.escape(mark)}[^\s)]*)\)")
        shown = [address.search(note.body) for note in found if note.author.username == us]
        return next((f"{self._project.home}/{self._project.path}{one[1]}" for one in shown if one), "")

    async def close(self) -> None:
        """Close every connection."""
        await self._project.close()

    async def _issue(self, answer: Answer) -> Issue:
        return parsed(RawIssue, answer).issue(self._project.path, (await self._project.me()).username)

    async def _notes(self, external_id: str) -> list[RawNote]:
        """Read all notes, the oldest first."""
        path, found, page, is_more = f"issues/{_number(external_id)}/notes", list[RawNote](), 1, True
        while is_more:
            answer = await self._project.get(path, order_by="created_at", sort="asc", per_page=PAGE, page=page)
            notes = parsed_list(RawNote, answer)
            found += notes
            page, is_more = page + 1, len(notes) == PAGE
        return found

    async def _raw_issue(self, external_id: str) -> RawIssue | None:
        if not _ID.fullmatch(external_id):
            return None
        try:
            return parsed(RawIssue, await self._project.get(f"issues/{external_id}"))
        except HttpError as error:
            if error.status != 404:
                raise
            return None

    async def _existing(self, external_id: str) -> RawIssue:
        raw = await self._raw_issue(external_id)
        if raw is None:
            raise HttpError("there is no such issue", status=404)
        return raw

    async def _updated(
        self, raw: RawIssue, wanted: Mapping[str, Any], add: Sequence[str], remove: Sequence[str]
    ) -> Issue:
        labels = {"add_labels": add, "remove_labels": remove}
        joined = {name: ",".join(map(_one_label, dict.fromkeys(given))) for name, given in labels.items() if given}
        if not wanted and not joined:
            return raw.issue(self._project.path, (await self._project.me()).username)
        return await self._issue(await self._project.change("PUT", f"issues/{raw.iid}", {**wanted, **joined}))

    async def _comment(self, method: str, external_id: str, note: str, body: str) -> Comment:
        answer = await self._project.change(method, f"issues/{_number(external_id)}/notes{note}", {"body": body})
        us = (await self._project.me()).username
        return parsed(RawNote, answer).comment(self._project.path, external_id, us, self._project.home)

    async def _user_id(self, username: str) -> int:
        """Give a person's number; 0 is nobody."""
        if not username:
            return 0
        users = parsed_list(RawUser, await self._project.get_elsewhere("users", username=username))
        if not users:
            raise HttpError(f"there is no {username}", status=404)
        return users[0].id

    async def _token_problems(self) -> tuple[str, ...]:
        """Say that the token may not write; servers before 15.5 do not tell."""
        try:
            token = parsed(RawToken, await self._project.get_elsewhere("personal_access_tokens/self"))
        except HttpError as error:
            if error.retryable:
                raise
            return ()
        if "api" in token.scopes:
            return ()
        return ("GitLab's token lacks the scope api, so that it can only read. Make one with that scope and set it.",)


def _project_problems(project: RawProject, us: str) -> list[str]:
    problems = []
    if project.archived:
        problems.append(f"The project {project.path_with_namespace} is archived, so that nothing can be written there.")
    if project.issues_access_level == "disabled":
        problems.append(f"Issues are switched off in {project.path_with_namespace}. Switch them on in its settings.")
    if project.permissions and 0 < project.permissions.level < REPORTER:
        problems.append(f"{us} may make issues but not label, assign or close them. Give it the role Reporter.")
    return problems


def _state_event(raw: RawIssue, state: IssueState) -> dict[str, str]:
    if _IS_CLOSED[state] == (raw.state == "closed"):
        return {}
    return {"state_event": "close" if _IS_CLOSED[state] else "reopen"}


def _one_label(name: str) -> str:
    """Keep a comma from making two labels of one."""
    return name.replace(",", " ")


def _number(external_id: str) -> str:
    """Let nothing but a number into an address."""
    return external_id if _ID.fullmatch(external_id) else quote(external_id, safe="")
