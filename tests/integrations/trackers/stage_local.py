"""The built-in tracker over a database: nobody but Liaison has a way in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from integrations.trackers.base import IssueDraft
from integrations.trackers.local import LocalTracker
from storage.database import Database, WorkspaceSession
from storage.models import IssueLink
from tests.integrations.trackers.stages import Stage

WORKSPACE = "T0ACME"


@asynccontextmanager
async def stage(database: Database, now: Callable[[], datetime]) -> AsyncIterator[Stage]:
    async def intend(draft: IssueDraft) -> None:
        """Write down that a report is to be filed, as the rules do before they ask any tracker."""

        def unit(session: WorkspaceSession) -> None:
            number = int(draft.title.removeprefix("BUG-").split(" ")[0])
            session.add(IssueLink(subject_type="report", subject_id=number, tracker="local", marker=draft.marker))

        await database.write(WORKSPACE, unit)

    yield Stage(LocalTracker(database, WORKSPACE, now), outside=None, url="", intend=intend)
