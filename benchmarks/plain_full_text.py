"""What everybody gets from SQLite for nothing: FTS5, the words of the question joined by OR, bm25 with weights."""

import re
import sqlite3

from bot.duplicates.words import STOP

_MOST_TERMS = 64


class PlainFullText:
    """Reports in an FTS5 table in memory, numbered by the caller."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute("CREATE VIRTUAL TABLE report USING fts5(title, body, tokenize='porter unicode61')")

    def add(self, number: int, title: str, body: str) -> None:
        """Make a report findable."""
        self._connection.execute("INSERT INTO report(rowid, title, body) VALUES (?, ?, ?)", (number, title, body))

    def search(self, title: str, body: str, limit: int) -> list[int]:
        """Find reports, best first."""
        words = dict.fromkeys(re.findall(r"\w+", f"{title}\n{body}".lower()))
        terms = [word for word in words if len(word) > 1 and word not in STOP][:_MOST_TERMS]
        if not terms:
            return []
        query = " OR ".join(f'"{term}"' for term in terms)
        statement = "SELECT rowid FROM report WHERE report MATCH ? ORDER BY bm25(report, 3.0, 1.0) LIMIT ?"
        return [row[0] for row in self._connection.execute(statement, (query, limit))]

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()
