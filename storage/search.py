"""The full-text index over reports: SQLite FTS5 or PostgreSQL tsvector behind one interface.

The rows are written in the transaction of the report itself, so that a report is findable at once.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, or_, text
from sqlalchemy import select as sql_select
from sqlmodel import SQLModel, col, select

from storage.database import WorkspaceSession
from storage.models import DuplicateVerdict, Report, ReportState

INDEXED_BODY = 2000
MOST_TERMS = 24
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Hit:
    """A report that shares words with the text asked for; `rank` is higher for a better fit."""

    report_id: int
    rank: float


def terms(words: str) -> list[str]:
    """Split a text into the words that are looked for, lower case, without repeats."""
    found = dict.fromkeys(word.lower() for word in _WORD.findall(words) if len(word) > 1)
    return list(found)[:MOST_TERMS]


def index(session: WorkspaceSession, report: Report) -> None:
    """Write or rewrite the index row of a report."""
    body = f"{report.what} {report.expected}"[:INDEXED_BODY]
    values = {"id": report.id, "workspace": session.workspace, "title": report.title, "body": body}
    connection = session.connection()
    connection.execute(text("DELETE FROM report_search WHERE rowid = :id"), values)
    if connection.dialect.name == "sqlite":
        statement = "INSERT INTO report_search(rowid, title, body, workspace) VALUES (:id, :title, :body, :workspace)"
    else:
        statement = (
            "INSERT INTO report_search(rowid, workspace, document) VALUES (:id, :workspace,"
            " setweight(to_tsvector('english', :title), 'A') || setweight(to_tsvector('english', :body), 'C'))"
        )
    connection.execute(text(statement), values)


def find(session: WorkspaceSession, words: str, *, limit: int = 50, titles_only: bool = False) -> list[Hit]:
    """Find reports that share any word with `words`, best fit first; `titles_only` is ten times faster."""
    wanted = terms(words)
    if not wanted:
        return []
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        query = " OR ".join(f'"{term}"' for term in wanted)
        query = f"title : ({query})" if titles_only else query
        statement = (
            "SELECT rowid, -bm25(report_search, 4.0, 1.0) AS rank FROM report_search"
            " WHERE report_search MATCH :query AND workspace = :workspace ORDER BY rank DESC LIMIT :limit"
        )
    else:
        query = " or ".join(wanted)
        statement = (
            "SELECT rowid, ts_rank(document, websearch_to_tsquery('english', :query)) AS rank FROM report_search"
            " WHERE document @@ websearch_to_tsquery('english', :query) AND workspace = :workspace"
            " ORDER BY rank DESC LIMIT :limit"
        )
    rows = connection.execute(text(statement), {"query": query, "workspace": session.workspace, "limit": limit})
    return [Hit(row.rowid, float(row.rank)) for row in rows]


@dataclass(frozen=True)
class Text:
    """What a report says, and what decides whether and as what it may be found."""

    report_id: int
    created_at: datetime
    title: str
    body: str
    private: bool
    duplicate_of_id: int | None


@dataclass(frozen=True)
class Found:
    """What is shown of a report that was found, and what decides whether it may be."""

    report_id: int
    key: str
    title: str
    text: str
    url: str
    state: ReportState
    hits: int
    permalink: str
    private: bool
    duplicate_of_id: int | None


def texts_after(session: WorkspaceSession, report_id: int, *, limit: int) -> list[Text]:
    """Read what reports say, from the one after `report_id` on, in the order of their ids."""
    statement = _texts().where(col(Report.id) > report_id).order_by(col(Report.id)).limit(limit)
    return [_text(row) for row in session.execute(statement)]


def texts_of(session: WorkspaceSession, report_ids: Collection[int]) -> list[Text]:
    """Read what reports say; one that is gone is left out."""
    return [_text(row) for row in session.execute(_texts().where(col(Report.id).in_(report_ids)))]


def found_with_originals(session: WorkspaceSession, report_ids: Collection[int]) -> dict[int, Found]:
    """Read reports and those they were closed for, however long the chain; one that is gone is left out."""
    read: dict[int, Found] = {}
    wanted = set(report_ids)
    while wanted:
        values = {"report_ids": wanted, "workspace": session.workspace}
        new = [_found(row) for row in session.connection().execute(_shown(), values)]
        read.update((one.report_id, one) for one in new)
        wanted = {one.duplicate_of_id for one in new if one.duplicate_of_id is not None}.difference(read)
    return read


def newest_change(session: WorkspaceSession) -> int:
    """Give the number of the last event in the audit log; 0 when there is none."""
    statement = text("SELECT COALESCE(MAX(id), 0) FROM auditevent WHERE workspace = :workspace")
    return int(session.connection().execute(statement, {"workspace": session.workspace}).scalar_one())


def changes_after(session: WorkspaceSession, event_id: int) -> list[tuple[int, int]]:
    """List what happened to reports after an event, as (event, report), oldest first."""
    statement = text(
        "SELECT id, subject_id FROM auditevent"
        " WHERE id > :event_id AND workspace = :workspace AND subject_type = 'report' ORDER BY id"
    )
    rows = session.connection().execute(statement, {"event_id": event_id, "workspace": session.workspace})
    return [(row.id, row.subject_id) for row in rows]


def verdicts_after(session: WorkspaceSession, verdict_id: int) -> list[DuplicateVerdict]:
    """List what people said of pairs of reports after a verdict, oldest first."""
    statement = select(DuplicateVerdict).where(col(DuplicateVerdict.id) > verdict_id)
    return list(session.exec(statement.order_by(col(DuplicateVerdict.id))))


def verdicts_on(session: WorkspaceSession, report_ids: Collection[int]) -> list[DuplicateVerdict]:
    """List what people said of pairs in which any of these reports is."""
    either = or_(col(DuplicateVerdict.report_id).in_(report_ids), col(DuplicateVerdict.other_id).in_(report_ids))
    return list(session.exec(select(DuplicateVerdict).where(either)))


@lru_cache(maxsize=1)
def _shown() -> Any:
    """Ask past the object mapper, for single columns: four times as fast, and somebody is typing meanwhile."""
    report = SQLModel.metadata.tables["report"].c
    says = (report.title, report.what, report.expected, report.steps, report.url)
    stands = (report.state, report.hits, report.card_permalink, report.private, report.duplicate_of_id)
    statement = sql_select(report.id, report.number, *says, *stands)
    of_these = report.id.in_(bindparam("report_ids", expanding=True))
    return statement.where(of_these, report.workspace == bindparam("workspace"))


def _found(row: Any) -> Found:
    return Found(
        report_id=row.id,
        key=f"BUG-{row.number}",
        title=row.title,
        text="\n".join((row.title, row.what, row.expected, row.steps)),
        url=row.url,
        state=row.state,
        hits=row.hits,
        permalink=row.card_permalink,
        private=row.private,
        duplicate_of_id=row.duplicate_of_id,
    )


@lru_cache(maxsize=1)
def _texts() -> Any:
    """Ask for single columns: whole rows cost three times as much, and all reports are read at a start."""
    return sql_select(
        col(Report.id),
        col(Report.created_at),
        col(Report.title),
        col(Report.what),
        col(Report.expected),
        col(Report.steps),
        col(Report.url),
        col(Report.private),
        col(Report.duplicate_of_id),
    )


def _text(row: Any) -> Text:
    # Of an address only the path says where in the product it was.
    path = row.url.split("?")[0].partition("://")[2].partition("/")[2]
    body = "\n".join(part for part in (row.what, row.expected, row.steps, path) if part)
    return Text(row.id, row.created_at, row.title, body, row.private, row.duplicate_of_id)
