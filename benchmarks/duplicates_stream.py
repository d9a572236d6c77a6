"""Streams a file of real reports through the product and counts what is found, next to plain full text."""

import asyncio
import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.duplicates_figures import Tally
from benchmarks.duplicates_figures import rank as rank_of
from benchmarks.duplicates_product import DEPTH, Product, open_product
from benchmarks.duplicates_protocol import VIEWS, Past, Stream, view
from benchmarks.plain_full_text import PlainFullText

# Reports between two questions are filed side by side, so that they share commits; never more than this at once.
_BATCH = 64


class Run:
    """One pass over a stream."""

    def __init__(self, stream: Stream, product: Product) -> None:
        self._stream = stream
        self._product = product
        self._plain = PlainFullText()
        self._waiting: list[tuple[int, Past]] = []
        self._closings = _closings(stream)
        self._next_closing = 0
        self._late: list[tuple[int, int]] = []
        self._filed: set[int] = set()
        self.tallies = {how: Tally() for how in VIEWS}

    async def go(self) -> dict[str, Any]:
        """Stream all reports; return the figures."""
        started = time.perf_counter()
        for place, report in enumerate(self._stream.reports):
            if place in self._stream.wanted or place in self._stream.others:
                await self._flush()
                await self._close_until(report.created)
                await self._ask(place, report)
            self._waiting.append((place, report))
            if len(self._waiting) >= _BATCH:
                await self._flush()
            if place % 500 == 0:
                _progress(place, len(self._stream.reports), started)
        await self._flush()
        _progress(len(self._stream.reports), len(self._stream.reports), started)
        self._plain.close()
        return self._figures(time.perf_counter() - started)

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            await self._product.add(batch)
        for place, report in batch:
            self._filed.add(place)
            self._plain.add(place + 1, report.title, report.body)

    async def _close_until(self, now: datetime) -> None:
        """Close what people had closed as duplicates by now."""
        due = self._late
        while self._next_closing < len(self._closings) and self._closings[self._next_closing][0] <= now:
            _, place, target = self._closings[self._next_closing]
            due.append((place, target))
            self._next_closing += 1
        self._late = [pair for pair in due if not self._filed.issuperset(pair)]
        for place, target in due:
            if self._filed.issuperset((place, target)):
                await self._product.close(place, target, now)

    async def _ask(self, place: int, report: Past) -> None:
        wanted = self._stream.wanted.get(place)
        for how in VIEWS:
            title, body = view(report, how)
            tally = self.tallies[how]
            answer = await self._product.ask(title, body, report.created, deep=wanted is not None)
            if wanted is None:
                tally.new(answer)
                continue
            tally.known(answer, wanted)
            started = time.perf_counter()
            plain = [number - 1 for number in self._plain.search(title, body, DEPTH)]
            tally.plain_ms.append(1000 * (time.perf_counter() - started))
            tally.plain_ranks.append(rank_of(plain, wanted))

    def _figures(self, took_s: float) -> dict[str, Any]:
        count = len(self._stream.reports)
        views = {how: self.tallies[how].figures() for how in VIEWS}
        full = views["full"]
        headline = ("recall@1", "recall@5", "recall@10", "p50_ms", "p99_ms", "precision_shown", "shown_rate")
        return {
            **{name: full.get(name) for name in headline},
            "reports": count,
            "queries": len(self._stream.wanted),
            "new": len(self._stream.others),
            "left_out": self._stream.left_out,
            "views": views,
            "add_ms": round(1000 * self._product.indexing_s / count, 3),
            "intake_ms": round(1000 * self._product.adding_s / count, 3),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "took_s": round(took_s, 1),
        }


async def run(stream: Stream, directory: Path) -> dict[str, Any]:
    """Stream reports through a product on a new SQLite file in `directory`."""
    product = await open_product(directory / "stream.db")
    figures = await Run(stream, product).go()
    await product.services.database.close()
    return figures


def show(figures: dict[str, Any]) -> Iterator[str]:
    """Write the figures as lines."""
    yield f"{figures['reports']} reports, {figures['queries']} known, {figures['new']} new ones asked"
    yield "view    recall@1     @5    @10  shown precision  alarms  p50 ms    p99"
    for how, one in figures["views"].items():
        yield (
            f"{how:6} {one['recall@1']:9.3f} {one['recall@5']:6.3f} {one['recall@10']:6.3f} {one['shown_rate']:6.3f}"
            f" {one['precision_shown']:9.3f} {one['false_alarms']:7.3f}"
            f" {one.get('p50_ms', 0):7.1f} {one.get('p99_ms', 0):6.1f}"
        )
        plain = one["plain_fts5"]
        yield (
            f"  fts5 {plain['recall@1']:9.3f} {plain['recall@5']:6.3f} {plain['recall@10']:6.3f} {'':6} {'':9} {'':7}"
            f" {plain.get('p50_ms', 0):7.1f} {plain.get('p99_ms', 0):6.1f}"
        )
    yield (
        f"adding to the index {figures['add_ms']} ms a report, filing {figures['intake_ms']} ms;"
        f" peak memory {figures['peak_memory_mb']} MB; took {figures['took_s']} s"
    )


def stream_file(stream: Stream, directory: Path) -> dict[str, Any]:
    """Run to the end; see `run`."""
    return asyncio.run(run(stream, directory))


def _closings(stream: Stream) -> list[tuple[datetime, int, int]]:
    closings = [
        (report.closed, place, target)
        for place, report in enumerate(stream.reports)
        if report.closed
        for target in report.targets
    ]
    return sorted(closings)


def _progress(done: int, count: int, started: float) -> None:
    end = "\n" if done == count else ""
    print(f"\r{done}/{count} reports, {time.perf_counter() - started:.0f} s", end=end, file=sys.stderr, flush=True)
