"""The built-in tracker: the report is its own issue, so that no account is needed anywhere.

Its issues are the rows that say which report is filed where, known by their marker. Nobody reaches them but through
Liaison, so there is nothing to label, to assign or to comment on: the thread in Slack is the only place for words.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlmodel import col, select

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
    Tracker,
    TrackerContext,
    TrackerError,
    TrackerKind,
)
from storage.database import Database, WorkspaceSession
from storage.models import IssueLink, IssueState

NAME = "local"
PAGE = 100
_US = Account("liaison", "Liaison")
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_NO_COMMENTS = "This report has no issue outside Slack, so there is nothing to comment on. Answer in its thread."
_NO_FILES = "This report has no issue outside Slack, so there is nowhere to copy a file to."


class LocalTracker:
    """Keeps issues as rows beside the reports."""

    name = NAME
    abilities: frozenset[Ability] = frozenset()

    def __init__(
        self, database: Database, workspace: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._workspace = workspace
        self._now = now

    async def check(self) -> Standing:
        """Say that nothing can be missing."""
        return Standing(_US.name, "this workspace")

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Make the issue from the row that carries the draft's marker; the same draft twice is the same issue."""

        def unit(session: WorkspaceSession) -> Issue:
            link = _marked(session, draft.marker)
            if link is None:
                raise TrackerError("Nothing here is to be filed under this marker.", retryable=False)
            if not link.external_id:
                link.external_id, link.title = draft.marker, draft.title
                link.key = draft.title.split(" ", 1)[0]
                link.synced_at = self._now()
                session.add(link)
            return _issue(link)

        return await self._database.write(self._workspace, unit)

    async def find_by_marker(self, marker: str) -> tuple[Issue, ...]:
        """Find the issue that was filed with `marker`."""

        def unit(session: WorkspaceSession) -> tuple[Issue, ...]:
            link = _marked(session, marker)
            return (_issue(link),) if link and link.external_id else ()

        return await self._database.read(self._workspace, unit)

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue."""
        return next(iter(await self.find_by_marker(external_id)), None)

    async def update_issue(self, external_id: str, change: IssueChange) -> Issue:
        """Change its state and title; there are no labels, and nobody it could be given to."""

        def unit(session: WorkspaceSession) -> Issue:
            link = _marked(session, external_id)
            if link is None or not link.external_id:
                raise TrackerError("There is no such issue.", retryable=False)
            link.state = change.state or link.state
            link.title = change.title or link.title
            link.synced_at = self._now()
            session.add(link)
            return _issue(link)

        return await self._database.write(self._workspace, unit)

    async def close_as_duplicate(self, external_id: str, original: Issue) -> Issue:
        """Drop an issue."""
        return await self.update_issue(external_id, IssueChange(state=IssueState.DROPPED))

    async def add_comment(self, external_id: str, body: Document, marker: str) -> Comment:
        """Refuse: there is nowhere to comment."""
        raise TrackerError(_NO_COMMENTS, retryable=False)

    async def edit_comment(self, external_id: str, comment_id: str, body: Document) -> Comment:
        """Refuse: there are no comments."""
        raise TrackerError(_NO_COMMENTS, retryable=False)

    async def delete_comment(self, external_id: str, comment_id: str) -> None:
        """Do nothing: there are no comments."""

    async def list_comments(self, external_id: str) -> tuple[Comment, ...]:
        """List no comments."""
        return ()

    async def changes_since(self, cursor: str) -> Changes:
        """Say that nothing happened: nobody changes these issues but Liaison."""
        return Changes(cursor=cursor or NAME)

    async def list_issues(self, cursor: str) -> IssuePage:
        """Give a page of the issues; the cursor is the id of the last row of the one before."""

        def unit(session: WorkspaceSession) -> IssuePage:
            here = select(IssueLink).where(IssueLink.tracker == NAME, IssueLink.external_id != "")
            after = here.where(col(IssueLink.id) > int(cursor or 0)).order_by(col(IssueLink.id)).limit(PAGE)
            links = session.exec(after).all()
            return IssuePage(tuple(map(_issue, links)), str(links[-1].id) if len(links) == PAGE else "")

        return await self._database.read(self._workspace, unit)

    async def find_accounts(self, word: str) -> tuple[Account, ...]:
        """Find nobody: these issues are not given to anyone."""
        return ()

    async def attach(self, external_id: str, file: File) -> str:
        """Refuse: there is nowhere to copy to."""
        raise TrackerError(_NO_FILES, retryable=False)

    async def find_file(self, external_id: str, mark: str) -> str:
        """Find nothing: no file was ever put there."""
        return ""

    async def close(self) -> None:
        """Do nothing: the database is not ours."""


def _marked(session: WorkspaceSession, marker: str) -> IssueLink | None:
    statement = select(IssueLink).where(IssueLink.tracker == NAME, IssueLink.marker == marker)
    return session.exec(statement).first()


def _issue(link: IssueLink) -> Issue:
    at = link.synced_at or _LONG_AGO
    return Issue(
        external_id=link.external_id,
        project="",
        key=link.key,
        url=link.url,
        title=link.title,
        state=link.state,
        state_raw=link.state.value,
        updated_at=at,
        created_at=at,
        author=_US,
        markers=(link.marker,),
    )


def _make(context: TrackerContext) -> Tracker:
    return LocalTracker(context.database, context.workspace, context.now)


KIND = TrackerKind(
    name=NAME,
    title="Liaison itself",
    project_pattern="",
    project_example="",
    make=_make,
    read_url=lambda url, values: None,
)
