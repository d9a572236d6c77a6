"""One team in Linear."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

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
from integrations.trackers.linear import changes, documents, text
from integrations.trackers.linear.api import API_URL, Data, LinearApi
from integrations.trackers.linear.payloads import (
    RawComment,
    RawComments,
    RawIssue,
    RawIssues,
    RawProfiles,
    RawRelations,
    RawTeamNames,
    RawUser,
    RawUsers,
    id_from,
)
from integrations.trackers.linear.team import DUPLICATE_FIRST, Team
from storage.models import IssueState

NAME = "linear"
TITLE = "Linear"
PAGE = 50
_NO_FILES = "Linear keeps files on a server of their own, which Liaison does not talk to. Attach the file by hand."
# A UUID, or what people call it.
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Z][A-Z0-9]*-\d+")


class LinearTracker:
    """Works in a team as the account that the API key belongs to."""

    name = NAME
    abilities = frozenset(
        {Ability.LABELS, Ability.ASSIGNEE, Ability.EDIT_COMMENTS, Ability.DELETE_COMMENTS, Ability.WEBHOOKS}
    )

    def __init__(self, project: str, api: LinearApi) -> None:
        self._project = project
        self._api = api
        self._team = Team(api, project)

    @classmethod
    def of(cls, project: str, values: Mapping[str, str], now: Callable[[], datetime]) -> "LinearTracker":
        """Make one from the values of the variables."""
        return cls(project, LinearApi.at(values.get("LINEAR_API_URL") or API_URL, values["LINEAR_API_KEY"], now))

    async def check(self) -> Standing:
        """Ask who we are and whether the team is there."""
        try:
            with told(TITLE, "asking who we are"):
                found = await self._api.ask(documents.STANDING, {"key": self._project})
                us = found.read(RawUser, "viewer").account()
                teams = found.read(RawTeamNames, "teams").nodes
        except TrackerError as error:
            if error.retryable:
                raise
            return Standing("", self._project, (str(error),))
        problem = (
            f"Linear has no team {self._project}, or does not show it to {us.name}. Check the project's name in the "
            "settings, and that this account is a member of the team."
        )
        return Standing(us.name, self._project, () if teams else (problem,))

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make an issue under an id of our own, so that Linear itself refuses a second one with the same marker."""
        with told(TITLE, "making the issue"):
            wanted = {
                "id": id_from(draft.marker),
                "teamId": await self._team.id(),
                "title": draft.title,
                "description": await self._written(draft.body),
                "labelIds": await self._team.label_ids(draft.labels),
                **({"assigneeId": draft.assignee} if draft.assignee else {}),
            }
            try:
                made = await self._change(documents.CREATE_ISSUE, {"input": wanted})
            except HttpError as error:
                found = await self._own_issue(draft.marker) if error.status == 422 else None
                if found is None:
                    raise
                return found
            return made.read(RawIssue, "issueCreate", "issue").issue()

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        """Read the issue with the id that the marker gives, and look through our newest ones."""
        with told(TITLE, "looking for the issue"):
            found = await self._api.ask(documents.FIND_ISSUE, {"id": id_from(marker), "key": self._project})
            raws = found.read(RawIssues, "chosen").nodes + found.read(RawIssues, "newest").nodes
        issues = {raw.id: raw.issue() for raw in raws if raw.is_ours}
        marked = [one for one in issues.values() if marker in one.markers or one.external_id == id_from(marker)]
        return tuple(sorted(marked, key=lambda issue: issue.created_at))

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue, by its id or its key."""
        with told(TITLE, "reading the issue"):
            raw = await self._raw_issue(external_id)
        return raw.issue() if raw else None

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        """Change an issue; a state of the same meaning stays, so that "In Review" is not set back to "In Progress"."""
        with told(TITLE, "changing the issue"):
            raw = await self._existing(external_id)
            return await self._updated(raw, await self._wanted(raw, change))

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        """Relate an issue to its original, and close it where Linear does not do that by itself."""
        with told(TITLE, "closing the issue as a duplicate"):
            await self._relate(external_id, original.external_id)
            raw = await self._existing(external_id)
            if raw.state.state is IssueState.DROPPED:
                return raw.issue()
            state = await self._team.state_id(IssueState.DROPPED, DUPLICATE_FIRST)
            return await self._updated(raw, {"stateId": state})

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        """Comment under an id of our own, as with issues."""
        with told(TITLE, "commenting"):
            wanted = {"id": id_from(marker), "issueId": external_id, "body": await self._written(body)}
            try:
                made = await self._change(documents.CREATE_COMMENT, {"input": wanted})
            except HttpError as error:
                found = await self._own_comment(marker) if error.status == 422 else None
                if found is None:
                    raise
                return found
            return made.read(RawComment, "commentCreate", "comment").on_issue(external_id, self._project)

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        """Replace a comment's text."""
        with told(TITLE, "editing the comment"):
            wanted = {"id": comment_id, "input": {"body": await self._written(body)}}
            made = await self._change(documents.UPDATE_COMMENT, wanted)
            return made.read(RawComment, "commentUpdate", "comment").on_issue(external_id, self._project)

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Delete a comment, if it is still there."""
        with told(TITLE, "deleting the comment"):
            try:
                await self._change(documents.DELETE_COMMENT, {"id": comment_id})
            except HttpError as error:
                if error.status != 404:
                    raise

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        """Read all pages of an issue's comments."""
        found: list[Comment] = []
        after, is_more = "", True
        with told(TITLE, "reading the comments"):
            while is_more:
                wanted = {"issue": external_id, "first": 2 * PAGE, "after": after or None}
                page = (await self._api.ask(documents.LIST_COMMENTS, wanted)).read(RawComments, "comments")
                found += page.comments()
                after, is_more = page.page_info.end_cursor or "", page.page_info.has_next_page
        return tuple(sorted(found, key=lambda comment: comment.created_at))

    async def changes_since(self, cursor: str) -> Changes:
        """Read which issues and comments changed; what was deleted is not listed, only webhooks tell of that."""
        with told(TITLE, "asking what changed"):
            return await changes.since(self._api, self._project, cursor)

    async def list_issues(self, cursor: str) -> IssuePage:
        """Read a page from the end of the list, where the oldest are."""
        with told(TITLE, "listing the issues"):
            wanted = {"key": self._project, "last": PAGE, "before": cursor or None}
            found = await self._api.ask(documents.LIST_ISSUES, wanted)
            page = found.read(RawIssues, "issues")
            total = sum(team.issue_count for team in found.read(RawTeamNames, "teams").nodes)
        issues = sorted((raw.issue() for raw in page.nodes), key=lambda issue: issue.created_at)
        before = page.page_info.start_cursor if page.page_info.has_previous_page else None
        return IssuePage(tuple(issues), before or "", total)

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        """Find active members by address or name."""
        with told(TITLE, "looking for people"):
            found = await self._api.ask(documents.FIND_USERS, {"word": word})
            return tuple(raw.account() for raw in found.read(RawUsers, "users").nodes)

    async def attach(self, external_id: str, file: File) -> str:
        """Refuse: files go to another server."""
        raise TrackerError(_NO_FILES, retryable=False)

    async def find_file(self, external_id: str, mark: str) -> str:
        """Find nothing: no file was ever put there."""
        return ""

    async def close(self) -> None:
        """Close every connection."""
        await self._api.close()

    async def _change(self, document: str, variables: Mapping[str, Any]) -> Data:
        """Change something; after a refusal the team's states and labels are asked for again."""
        try:
            return await self._api.change(document, variables)
        except HttpError as error:
            if error.status == 422:
                self._team.forget()
            raise

    async def _raw_issue(self, external_id: str) -> RawIssue | None:
        if not _ID.fullmatch(external_id):
            return None
        try:
            return (await self._api.ask(documents.ISSUE, {"id": external_id})).read(RawIssue, "issue")
        except HttpError as error:
            if error.status != 404:
                raise
            return None

    async def _existing(self, external_id: str) -> RawIssue:
        raw = await self._raw_issue(external_id)
        if raw is None:
            raise HttpError("there is no such issue", status=404)
        return raw

    async def _own_issue(self, marker: str) -> Issue | None:
        raw = await self._raw_issue(id_from(marker))
        return raw.issue() if raw and raw.is_ours else None

    async def _own_comment(self, marker: str) -> Comment | None:
        found = await self._api.ask(documents.FIND_COMMENT, {"id": id_from(marker)})
        return next((one for one in found.read(RawComments, "comments").comments() if one.by_us), None)

    async def _wanted(self, raw: RawIssue, change: IssueChange) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        if change.state is not None and raw.state.state is not change.state:
            wanted["stateId"] = await self._team.state_id(change.state)
        if change.title is not None:
            wanted["title"] = change.title
        if change.assignee is not None:
            wanted["assigneeId"] = change.assignee or None
        if change.add_labels:
            wanted["addedLabelIds"] = await self._team.label_ids(change.add_labels)
        unwanted = {name.casefold() for name in change.remove_labels}
        removed = [label.id for label in raw.labels.nodes if label.name.casefold() in unwanted]
        return {**wanted, "removedLabelIds": removed} if removed else wanted

    async def _updated(self, raw: RawIssue, wanted: Mapping[str, Any]) -> Issue:
        if not wanted:
            return raw.issue()
        made = await self._change(documents.UPDATE_ISSUE, {"id": raw.id, "input": wanted})
        return made.read(RawIssue, "issueUpdate", "issue").issue()

    async def _relate(self, external_id: str, original_id: str) -> None:
        found = (await self._api.ask(documents.RELATIONS, {"id": external_id})).read(RawRelations, "issue", "relations")
        if any(one.type == "duplicate" and one.related_issue.id == original_id for one in found.nodes):
            return
        wanted = {"issueId": external_id, "relatedIssueId": original_id, "type": "duplicate"}
        await self._change(documents.RELATE, {"input": wanted})

    async def _written(self, body: Document) -> str:
        """Write Markdown, with the profiles of those who are mentioned."""
        accounts = text.mentioned(body)
        if not accounts:
            return text.write(body, {})
        found = await self._api.ask(documents.PROFILES, {"ids": sorted(accounts)})
        return text.write(body, {profile.id: profile.url for profile in found.read(RawProfiles, "users").nodes})
