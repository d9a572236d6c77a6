"""Let a tool that streams reports drive the bare index: `--indexer benchmarks.duplicates_adapter:Bare`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.duplicates.index import Document, Index
from bot.duplicates.likelihood import judge


class Bare:
    """The index without database and product."""

    def __init__(self) -> None:
        self._index = Index()
        self._numbers: dict[str, int] = {}
        self._names = [""]
        self._newest = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

    def add(self, report: Mapping[str, Any]) -> None:
        """Make a report findable."""
        self._newest = datetime.fromisoformat(report["created"].replace("Z", "+00:00"))
        self._numbers[report["id"]] = len(self._names)
        self._names.append(report["id"])
        number = self._numbers[report["id"]]
        self._index.add(Document(number, self._newest, report["title"], report["body"]))

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        """Find reports like a text whose first line is the title."""
        title, _, body = text.partition("\n")
        return self._find(title, body, self._newest + timedelta(seconds=1), k)

    def search_report(self, report: Mapping[str, Any], k: int) -> list[tuple[str, float]]:
        """Find reports like one with a title and a body apart."""
        now = datetime.fromisoformat(report["created"].replace("Z", "+00:00"))
        return self._find(report["title"], report["body"], now, k)

    def mark_duplicate(self, one: str, other: str) -> None:
        """Learn what a person decided."""
        self._index.confirm(self._numbers[one], self._numbers[other])

    def _find(self, title: str, body: str, now: datetime, limit: int) -> list[tuple[str, float]]:
        found = self._index.search(title, body, now=now, limit=limit)
        # The likelihood of the best can be compared between questions; the order below it is kept.
        likely = judge(found)[0] if found else 0.0
        return [(self._names[one.report_id], likely - place * 1e-6) for place, one in enumerate(found)]
