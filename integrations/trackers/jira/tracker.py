"""One project in Jira, in Cloud or in Data Center."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from integrations.exchange import Answer, HttpError
from integrations.json_text import read_json
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
    told,
)
from integrations.trackers.jira import changes, finding
from integrations.trackers.jira.comments import read_comments
from integrations.trackers.jira.forms import form_with
from integrations.trackers.jira.listing import list_page
from integrations.trackers.jira.moves import current, move
from integrations.trackers.jira.payloads import (
    PROPERTY,
    RawAttachment,
    RawComment,
    RawCreated,
    RawIssue,
    RawLinkTypes,
    RawUser,
    RawWithFiles,
)
from integrations.trackers.jira.site import JiraSite, parsed
from integrations.trackers.jira.standing import TITLE, standing
from storage.models import IssueState

NAME = "jira"
# More is refused.
LONGEST_TITLE = 255
_CAN_DO_WITHOUT = frozenset({"labels", "assignee"})
_ID = re.compile(r"[0-9]{1,12}|[A-Z][A-Z0-9_]{1,31}-[0-9]{1,9}")
_PEOPLE = TypeAdapter(list[RawUser])
_FILES = TypeAdapter(list[RawAttachment])


class JiraTracker:
    """Works in a project as the account that the token belongs to."""

    name = NAME
    abilities = frozenset(Ability) - {Ability.ACTIVITY}

    def __init__(self, site: JiraSite, kind: str, now: Callable[[], datetime]) -> None:
        self._site = site
        self._kind = kind
        self._now = now

    @classmethod
    def of(cls, project: str, values: Mapping[str, str], now: Callable[[], datetime]) -> "JiraTracker":
        """Make one from the values of the variables."""
        return cls(JiraSite.of(project, values, now), values.get("JIRA_ISSUE_TYPE", ""), now)

    async def check(self) -> Standing:
        """Ask who we are, for the project, and what we may do in it."""
        return await standing(self._site)

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make an issue; Jira makes the labels that are missing.

        It goes without labels or a person where the project's screen or the person's role does not allow them.
        """
        with told(TITLE, "making the issue"):
            reading, fields = await self._site.reading(), await self._fields(draft)
            try:
                answer = await self._make(draft, fields)
            except HttpError as error:
                refused = refused_fields(error) & _CAN_DO_WITHOUT & fields.keys()
                if not refused:
                    raise
                answer = await self._make(draft, {name: fields[name] for name in fields if name not in refused})
            with after_writing():
                return reading.issue(await self._existing(parsed(RawCreated, answer).id))

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        """Look through the issues that we made lately, past what the search knows."""
        with told(TITLE, "looking for the issue"):
            return await finding.find_by_marker(self._site, marker)

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue by its number or its key."""
        with told(TITLE, "reading the issue"):
            raw = await self._raw(external_id)
            return await self._read(raw) if raw else None

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        """Change an issue; a state is reached by the transition that leads to it."""
        with told(TITLE, "changing the issue"):
            raw = await self._existing(external_id)
            wanted: dict[str, Any] = {} if change.title is None else {"fields": {"summary": one_line(change.title)}}
            labels = [{"add": as_label(label)} for label in change.add_labels]
            labels += [{"remove": as_label(label)} for label in change.remove_labels]
            if labels:
                wanted["update"] = {"labels": labels}
            if wanted:
                await self._site.change("PUT", f"issue/{raw.id}", wanted)
            if change.assignee is not None:
                person = {self._site.flavour.person: change.assignee or None}
                await self._site.change("PUT", f"issue/{raw.id}/assignee", person)
            if change.state is not None:
                await move(self._site, raw, change.state)
            return await self._read(await self._existing(raw.id))

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        """Link an issue to its original, where there is such a kind of link, and close it."""
        with told(TITLE, "closing the issue as a duplicate"):
            raw = await self._existing(external_id)
            kind = await self._duplicate_kind()
            if kind:
                link = {"type": {"name": kind}, "inwardIssue": {"key": raw.key}, "outwardIssue": {"key": original.key}}
                await self._site.change("POST", "issueLink", link)
            if current(raw) is not IssueState.DROPPED:
                await move(self._site, raw, IssueState.DROPPED, is_duplicate=True)
            return await self._read(await self._existing(raw.id))

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        """Write a comment."""
        with told(TITLE, "commenting"):
            return await self._comment("POST", external_id, "", body)

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        """Replace a comment's text."""
        with told(TITLE, "editing the comment"):
            return await self._comment("PUT", external_id, f"/{_part(comment_id)}", body)

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Delete a comment, if it is still there."""
        with told(TITLE, "deleting the comment"):
            try:
                await self._site.change("DELETE", f"issue/{_part(external_id)}/comment/{_part(comment_id)}")
            except HttpError as error:
                if error.status != 404:
                    raise

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        """Read all comments but those that only some people may see."""
        with told(TITLE, "reading the comments"):
            raw, reading = await self._existing(external_id), await self._site.reading()
            return tuple(reading.comment(one, raw.id, raw.key) for one in await read_comments(self._site, raw.id))

    async def changes_since(self, cursor: str) -> Changes:
        """Read what changed."""
        with told(TITLE, "asking what changed"):
            return await changes.since(self._site, cursor, self._now())

    async def list_issues(self, cursor: str) -> IssuePage:
        """Read a page of all issues, the oldest first."""
        with told(TITLE, "listing the issues"):
            return await list_page(self._site, cursor)

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        """Find people who can be given an issue of the project."""
        with told(TITLE, "looking for people"):
            wanted = {"project": self._site.project, self._site.flavour.asks_for_people_by: word, "maxResults": 20}
            answer = await self._site.get("user/assignable/search", **wanted)
            return tuple(one.account() for one in _listed(_PEOPLE, answer.json()))

    async def attach(self, external_id: str, file: File) -> str:
        """Copy a file into an issue; who may see the issue may see it."""
        with told(TITLE, "copying the file"):
            content, content_type = form_with(file)
            answer = await self._site.upload(f"issue/{_part(external_id)}/attachments", content, content_type)
            return str(_listed(_FILES, answer.json())[0].content)

    async def find_file(self, external_id: str, mark: str) -> str:
        """Look through the names of an issue's files."""
        with told(TITLE, "looking for the file"):
            answer = await self._site.get(f"issue/{_part(external_id)}", fields="attachment")
            kept = parsed(RawWithFiles, answer).fields.attachment
            return next((one.content for one in kept if mark in one.filename), "")

    async def close(self) -> None:
        """Close every connection."""
        await self._site.close()

    async def _fields(self, draft: IssueDraft) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "project": {"key": self._site.project},
            "issuetype": {"id": await self._kind_id()},
            "summary": one_line(draft.title),
            "description": self._site.flavour.write(draft.body),
        }
        if draft.labels:
            fields["labels"] = [as_label(label) for label in draft.labels]
        if draft.assignee:
            fields["assignee"] = {self._site.flavour.person: draft.assignee}
        return fields

    async def _make(self, draft: IssueDraft, fields: Mapping[str, Any]) -> Answer:
        wanted: dict[str, Any] = {"fields": fields}
        if self._site.flavour.is_cloud:
            wanted["properties"] = [{"key": PROPERTY, "value": {"marker": draft.marker}}]
        return await self._site.change("POST", "issue", wanted)

    async def _read(self, raw: RawIssue) -> Issue:
        return (await self._site.reading()).issue(raw)

    async def _raw(self, external_id: str) -> RawIssue | None:
        if not _ID.fullmatch(external_id):
            return None
        try:
            return await self._site.read_issue(external_id)
        except HttpError as error:
            if error.status != 404:
                raise
            # To somebody whose token has run out, Cloud says that nothing is there.
            await self._site.who()
            return None

    async def _existing(self, external_id: str) -> RawIssue:
        raw = await self._raw(external_id)
        if raw is None:
            raise HttpError("there is no such issue", status=404)
        return raw

    async def _comment(self, method: str, external_id: str, place: str, body: Document) -> Comment:
        raw, reading = await self._existing(external_id), await self._site.reading()
        wanted = {"body": self._site.flavour.write(body)}
        answer = await self._site.change(method, f"issue/{raw.id}/comment{place}", wanted)
        return reading.comment(parsed(RawComment, answer), raw.id, raw.key)

    async def _kind_id(self) -> str:
        """Give the kind of issue to make: the one that is set, else a Bug, a Task or the project's first."""
        kinds = [kind for kind in (await self._site.read_project()).issue_types if not kind.subtask]
        for wanted in (self._kind, "Bug", "Task"):
            for kind in kinds:
                if kind.name.casefold() == wanted.casefold():
                    return kind.id
        if not kinds:
            raise HttpError("the project has no kind of issue that we may make", status=403)
        return kinds[0].id

    async def _duplicate_kind(self) -> str:
        kinds = parsed(RawLinkTypes, await self._site.get("issueLinkType")).types
        return next((kind.name for kind in kinds if "duplic" in f"{kind.name} {kind.outward}".lower()), "")


def as_label(name: str) -> str:
    """Write a label without blanks, which Jira refuses: "severity: high" is "severity:high"."""
    return re.sub(r"\s+", "-", re.sub(r":\s+", ":", name.strip()))


def one_line(title: str) -> str:
    """Give a title as Jira takes it."""
    return " ".join(title.split())[:LONGEST_TITLE]


def refused_fields(error: HttpError) -> frozenset[str]:
    """Name the fields that Jira did not accept, if it did not accept something."""
    if error.status != 400:
        return frozenset()
    try:
        content = read_json(error.body)
    except ValueError:
        return frozenset()
    errors = content.get("errors") if isinstance(content, dict) else None
    return frozenset(errors) if isinstance(errors, dict) else frozenset()


@contextmanager
def after_writing() -> Iterator[None]:
    """Let an error in reading what was made say that it was made."""
    try:
        yield
    except HttpError as error:
        error.may_have_happened = True
        raise


def _listed(adapter: TypeAdapter[Any], content: Any) -> Any:
    try:
        return adapter.validate_python(content)
    except ValidationError:
        raise HttpError("the list is not as expected", status=200) from None


def _part(external_id: str) -> str:
    """Let nothing but one part into an address."""
    return quote(external_id, safe="")
