"""Issues of one repository of GitHub's."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.http import HttpError, Parameters, Request
from integrations.markup.base import Document, Link, Paragraph, Text
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
from integrations.trackers.github.changes import changes_since
from integrations.trackers.github.payloads import (
    DOING_LABEL,
    RawComment,
    RawIssue,
    comment_from,
    issue_from,
    markdown_of,
    read_all,
    read_one,
    state_patch,
)
from integrations.trackers.github.people import find_accounts
from integrations.trackers.github.repository import PAGE, GitHubRepository
from integrations.trackers.github.standing import find_standing
from storage.models import IssueState

# https://docs.github.com/en/rest/issues/issues#create-an-issue refuses more.
TITLE_LIMIT = 256
# A marker is looked for in our own newest issues; what we made in doubt is among the first of them.
MOST_PAGES_SEARCHED = 5
NUMBER = re.compile(r"[0-9]{1,18}")


class GitHubTracker:
    """One repository's issues, asked for as one account."""

    name = "github"
    abilities = frozenset(
        {
            Ability.LABELS,
            Ability.ASSIGNEE,
            Ability.EDIT_COMMENTS,
            Ability.DELETE_COMMENTS,
            Ability.WEBHOOKS,
            Ability.ACTIVITY,
        }
    )

    def __init__(self, repository: GitHubRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    async def check(self) -> Standing:
        """Ask who we are, and whether we may do in the repository what is needed."""
        return await find_standing(self._repository)

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make an issue; whoever cannot be given issues there is left out."""
        body = {
            "title": draft.title[:TITLE_LIMIT],
            "body": markdown_of(draft.body),
            "labels": list(draft.labels),
            "assignees": [draft.assignee] if draft.assignee else [],
        }
        # Before, so that an error here cannot hide an issue that was made.
        await self._repository.login()
        with told("GitHub", "making the issue"):
            try:
                answer = await self._repository.ask(Request("POST", self._repository.path("issues"), body=body))
            except HttpError as error:
                if not (draft.assignee and error.status == 422 and b"assignee" in error.body):
                    raise
                alone = Request("POST", self._repository.path("issues"), body={**body, "assignees": []})
                answer = await self._repository.ask(alone)
            made = answer.json()
        return await self._issue(made)

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        """Look through our newest issues: the list is true at once, the search is behind by minutes."""
        login = await self._repository.login()
        params = {"creator": login, "state": "all", "sort": "created", "direction": "desc"}
        found, page = [], 0
        async for values in self._repository.pages("issues", params, doing="looking for the issue"):
            raws = [raw for raw in read_all(RawIssue, values) if marker in (raw.body or "") and not raw.pull_request]
            found += [issue_from(raw, self._repository.project, login) for raw in raws]
            page += 1
            if found or page == MOST_PAGES_SEARCHED:
                break
        return tuple(issue for issue in reversed(found) if marker in issue.markers)

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue; None as well if it was moved to another repository."""
        if not NUMBER.fullmatch(external_id):
            return None
        value = await self._repository.find(f"issues/{external_id}", doing="reading the issue")
        if value is None:
            return None
        issue = await self._issue(value)
        is_ours = issue.external_id == external_id and not value.get("pull_request")
        return issue if is_ours else None

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        """Change an issue, one call for what it is and one for each label."""
        path = f"issues/{_number(external_id)}"
        patch: dict[str, Any] = state_patch(change.state) if change.state else {}
        if change.title is not None:
            patch["title"] = change.title[:TITLE_LIMIT]
        if change.assignee is not None:
            patch["assignees"] = [change.assignee] if change.assignee else []
        doing = "changing the issue"
        method = "PATCH" if patch else "GET"
        raw = read_one(RawIssue, await self._repository.call(method, path, patch or None, doing=doing))
        return await self._with_labels(raw, change)

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        """Close an issue as a duplicate and say of which one."""
        path = f"issues/{_number(external_id)}"
        body = {"state": "closed", "state_reason": "duplicate"}
        closed = await self._repository.call("PATCH", path, body, doing="closing the duplicate")
        issue = await self._issue(closed)
        if issue.state is not IssueState.DROPPED:
            # Older servers do not know this reason, and take it for another one.
            issue = await self.update_issue(external_id, IssueChange(state=IssueState.DROPPED))
        words = Document((Paragraph((Text("Duplicate of "), Link(original.url, original.key))),))
        said = [comment for comment in await self.list_comments(external_id) if comment.by_us]
        if not any(original.url in str(comment.body) for comment in said):
            await self._comment(external_id, words)
        return issue

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        """Comment on an issue."""
        return await self._comment(external_id, body)

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        """Replace the text of our comment."""
        path = f"issues/comments/{_number(comment_id)}"
        value = await self._repository.call("PATCH", path, {"body": markdown_of(body)}, doing="changing the comment")
        return comment_from(read_one(RawComment, value), self._repository.project, await self._repository.login())

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Delete our comment."""
        request = Request("DELETE", self._repository.path(f"issues/comments/{_number(comment_id)}"))
        await self._unless_gone(request, "deleting the comment")

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        """List the comments of an issue."""
        login = await self._repository.login()
        path = f"issues/{_number(external_id)}/comments"
        found: list[RawComment] = []
        async for values in self._repository.pages(path, {}, doing="reading the comments"):
            found += read_all(RawComment, values)
        return tuple(comment_from(raw, self._repository.project, login) for raw in found)

    async def changes_since(self, cursor: str) -> Changes:
        """Ask what changed; as long as nothing does, GitHub answers that in a few bytes which cost no quota."""
        return await changes_since(self._repository, cursor, self._now())

    async def list_issues(self, cursor: str) -> IssuePage:
        """Give a page of the issues; the cursor is the number of the page. Pull requests are left out."""
        page = int(cursor or 1)
        login = await self._repository.login()
        params: Parameters = {"state": "all", "sort": "created", "direction": "asc", "per_page": PAGE, "page": page}
        with told("GitHub", "listing the issues"):
            answer = await self._repository.ask(Request("GET", self._repository.path("issues"), params))
            raws = read_all(RawIssue, answer.json())
        issues = [issue_from(raw, self._repository.project, login) for raw in raws if raw.pull_request is None]
        return IssuePage(tuple(issues), str(page + 1) if answer.next_url else "")

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        """Find people who can be given an issue."""
        return await find_accounts(self._repository, word)

    async def attach(self, external_id: str, file: File) -> str:
        """Refuse: only people can put files into an issue there."""
        raise TrackerError("GitHub takes files from people only. Put it into the issue yourself.", retryable=False)

    async def find_file(self, external_id: str, mark: str) -> str:
        """Find nothing: no file was ever put there."""
        return ""

    async def close(self) -> None:
        """Close every connection."""
        await self._repository.close()

    async def _with_labels(self, raw: RawIssue, change: IssueChange) -> Issue:
        """Add and remove labels one by one; the state's own label follows the state."""
        add, remove = list(change.add_labels), list(change.remove_labels)
        if change.state is not None:
            (add if change.state is IssueState.DOING else remove).append(DOING_LABEL)
        there = {label.name.lower() for label in raw.labels}
        path = self._repository.path(f"issues/{raw.number}/labels")
        missing = [label for label in add if label.lower() not in there]
        too_many = [label for label in remove if label.lower() in there]
        with told("GitHub", "labelling the issue"):
            if missing:
                await self._repository.ask(Request("POST", path, body={"labels": missing}))
        for label in too_many:
            await self._unless_gone(Request("DELETE", f"{path}/{quote(label, safe='')}"), "labelling the issue")
        if missing or too_many:
            raw = read_one(RawIssue, await self._repository.call("GET", f"issues/{raw.number}", doing="reading it"))
        return issue_from(raw, self._repository.project, await self._repository.login())

    async def _comment(self, external_id: str, body: Document) -> Comment:
        login = await self._repository.login()
        path = f"issues/{_number(external_id)}/comments"
        value = await self._repository.call("POST", path, {"body": markdown_of(body)}, doing="commenting")
        return comment_from(read_one(RawComment, value), self._repository.project, login)

    async def _unless_gone(self, request: Request, doing: str) -> None:
        with told("GitHub", doing):
            try:
                await self._repository.ask(request)
            except HttpError as error:
                if error.status != 404:
                    raise

    async def _issue(self, value: Any) -> Issue:
        return issue_from(read_one(RawIssue, value), self._repository.project, await self._repository.login())


def _number(external_id: str) -> str:
    if not NUMBER.fullmatch(external_id):
        raise TrackerError("GitHub knows no issue or comment of that number.", retryable=False)
    return external_id
