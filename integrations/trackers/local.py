"""The built-in tracker: the report is its own issue, so that no account is needed anywhere."""

from sqlmodel import select

from integrations.trackers.base import Issue, IssueDraft, TrackerError
from storage.database import Database, WorkspaceSession
from storage.models import IssueLink, IssueState


class LocalTracker:
    """Keeps issues as rows beside the reports. Its issues are known by their marker."""

    name = "local"

    def __init__(self, database: Database, workspace: str) -> None:
        self._database = database
        self._workspace = workspace

    async def create_issue(self, draft: IssueDraft) -> Issue:
        """Give the issue of this draft; the same draft twice is the same issue."""
        return Issue(draft.marker, draft.title.split(" ", 1)[0], "", IssueState.OPEN)

    async def find_by_marker(self, marker: str) -> Issue | None:
        """Find the issue that was filed with `marker`."""
        return await self._database.read(self._workspace, lambda session: _find(session, marker))

    async def set_state(self, external_id: str, state: IssueState) -> Issue:
        """Move an issue to a state."""

        def unit(session: WorkspaceSession) -> Issue:
            link = _link(session, external_id)
            if link is None:
                raise TrackerError("there is no such issue", retryable=False)
            link.state = state
            session.add(link)
            return _issue(link)

        return await self._database.write(self._workspace, unit)

    async def get_issue(self, external_id: str) -> Issue | None:
        """Read an issue."""
        return await self.find_by_marker(external_id)


def _link(session: WorkspaceSession, marker: str) -> IssueLink | None:
    statement = select(IssueLink).where(IssueLink.tracker == "local", IssueLink.external_id == marker)
    return session.exec(statement).first()


def _find(session: WorkspaceSession, marker: str) -> Issue | None:
    link = _link(session, marker)
    return None if link is None else _issue(link)


def _issue(link: IssueLink) -> Issue:
    return Issue(link.external_id, link.key, link.url, link.state)
