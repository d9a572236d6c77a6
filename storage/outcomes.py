"""What people finally made of reports: read for suggestions, never of a private one."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy import select as sql_select
from sqlmodel import col

from storage.database import WorkspaceSession
from storage.models import Report, Severity

# More of a text than anybody looks at here; a report may hold 40,000 characters.
_BEGINNING = 600


@dataclass(frozen=True)
class Outcome:
    """What the team set on a report that a person decided on."""

    report_id: int
    key: str
    component: str | None
    severity: Severity | None
    owner_id: int | None
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """How a report begins that a person gave a component."""

    report_id: int
    title: str
    body: str
    component: str


def outcomes_of(session: WorkspaceSession, report_ids: Collection[int]) -> list[Outcome]:
    """Read what people set on those of the reports that they decided on."""
    rows = session.execute(_outcomes().where(col(Report.id).in_(report_ids)))
    return [
        Outcome(row.id, f"BUG-{row.number}", row.component_key, row.severity, row.owner_id, tuple(row.labels))
        for row in rows
    ]


def lessons_of(session: WorkspaceSession, report_ids: Collection[int]) -> list[Lesson]:
    """Read how those of the reports begin that people gave a component."""
    return [_lesson(row) for row in session.execute(_lessons().where(col(Report.id).in_(report_ids)))]


def newest_lessons(session: WorkspaceSession, *, limit: int) -> list[Lesson]:
    """Read how the newest reports begin that people gave a component, newest first."""
    return [_lesson(row) for row in session.execute(_lessons().order_by(col(Report.id).desc()).limit(limit))]


@lru_cache(maxsize=1)
def _outcomes() -> Any:
    set_by_people = (Report.component_key, Report.severity, Report.owner_id, Report.labels)
    return _decided(sql_select(col(Report.id), col(Report.number), *(col(one) for one in set_by_people)))


@lru_cache(maxsize=1)
def _lessons() -> Any:
    body = func.substr(col(Report.what), 1, _BEGINNING).label("body")
    beginning = sql_select(col(Report.id), col(Report.title), body, col(Report.component_key))
    return _decided(beginning).where(col(Report.component_key).is_not(None))


def _decided(statement: Any) -> Any:
    """Ask for what a person accepted or moved; what only a rule chose teaches nothing but that rule."""
    by_person = or_(col(Report.triaged_at).is_not(None), col(Report.route_corrected).is_(True))
    return statement.where(col(Report.private).is_(False), by_person)


def _lesson(row: Any) -> Lesson:
    return Lesson(row.id, row.title, row.body, row.component_key)
