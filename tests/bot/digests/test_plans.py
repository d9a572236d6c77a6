"""No section reads all reports of all times: each query goes by an index that says more than the workspace."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event

from bot.digests.base import Scope, back
from bot.digests.sections import sections
from bot.routing.settings import Audience
from bot.services import Services
from storage.database import WorkspaceSession
from storage.models import Slot
from tests.bot.digests.year import NOW
from tests.conftest import read

BERLIN = ZoneInfo("Europe/Berlin")
AUDIENCE = Audience.model_validate({"channel": "C0QA", "daily": "08:30"})
# What there is much of, and what SQLite says when it reads all of it.
_ALL = re.compile(r"SCAN (report|decision|auditevent|sourceitem)\b|\(workspace=\?\)")
NAMES = (
    "verify_now",
    "came_back",
    "new_bugs",
    "qa_figures",
    "needs_decision",
    "needs_designer",
    "since_last_post",
    "reviews",
    "engineering_figures",
)


@contextmanager
def _statements() -> Iterator[list[tuple[str, Any]]]:
    """Give what is asked of the database within the block."""
    found: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, words: str, values: object, *_more: object) -> None:
        found.append((words, values))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", keep)


@pytest.mark.parametrize("name", NAMES)
async def test_section_reads_what_it_tells_of_and_no_more(services: Services, name: str) -> None:
    """SQLite knows nothing of the rows here, as when there were none at the start."""
    scope = Scope(NOW, back(NOW, BERLIN, 7), Slot.WEEKLY, BERLIN, "qa", AUDIENCE, services.settings)

    def unit(session: WorkspaceSession) -> list[str]:
        with _statements() as asked:
            sections()[name].collect(session, scope)
        connection = session.connection()
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values) for words, values in asked]
        return [f"{words}: {line[3]}" for (words, _), plan in zip(asked, plans, strict=True) for line in plan]

    plan = await read(services, unit)

    assert plan
    assert [line for line in plan if _ALL.search(line.rsplit(": ", 1)[-1])] == []
