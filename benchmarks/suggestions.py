"""How good the suggestions are, next to what is simplest, and how long they take.

`python -m benchmarks.suggestions --data FILE.jsonl.gz [--json OUT] [--view slack] [--every N] [--scale N]` streams a
file of real reports through the product; see `suggestions_protocol` for what is asked. `--scale` also measures the time
of a suggestion among N made reports.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.duplicates_figures import latencies
from benchmarks.duplicates_protocol import VIEWS, view
from benchmarks.suggestions_baselines import MostFrequent, NaiveBayes
from benchmarks.suggestions_product import Product, open_product
from benchmarks.suggestions_protocol import FIELDS, Case, Tally, read_cases
from benchmarks.suggestions_scale import measure_scale

# Reports that are not asked about are filed side by side, so that they share commits.
_BATCH = 64
_SHOWN = ("component", "severity")


def main() -> None:
    """Measure; print the figures, and write them where told."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suggestions")
    parser.add_argument("--data", type=Path, required=True, help="reports, one JSON line each; may be gzipped")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--view", choices=VIEWS, default="slack", help="how much of a report is asked with")
    parser.add_argument("--every", type=int, default=4, metavar="N", help="ask about every n-th report only (4)")
    parser.add_argument("--scale", type=int, nargs="*", default=[], metavar="N", help="also measure among N reports")
    given = parser.parse_args()
    cases = read_cases(given.data, given.every)
    with tempfile.TemporaryDirectory(prefix="suggestions-") as name:
        figures = asyncio.run(stream(cases, given.view, Path(name)))
        print("\n".join(show(figures)), flush=True)
        figures["scale"] = {str(size): measure_scale(Path(name), size) for size in given.scale}
        for size, measured in figures["scale"].items():
            print(f"among {size}: {json.dumps(measured)}")
    if given.json:
        whole = {"data": given.data.name, "view": given.view, "every": given.every, **figures}
        given.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


async def stream(cases: list[Case], how: str, directory: Path) -> dict[str, Any]:
    """Stream reports through a product on a new SQLite file in `directory`; return the figures."""
    product = await open_product(directory / "stream.db", cases)
    run = Run(product, how)
    await run.go(cases)
    await product.close()
    return run.figures()


class Run:
    """One pass over a stream."""

    def __init__(self, product: Product, how: str) -> None:
        self._product = product
        self._how = how
        self._baselines = {"most frequent": MostFrequent(), "naive Bayes": NaiveBayes()}
        self._tallies = {name: {field: Tally() for field in FIELDS} for name in ("product", *self._baselines)}
        self._waiting: list[Case] = []
        self._took_ms: list[float] = []
        self._started = time.perf_counter()

    async def go(self, cases: list[Case]) -> None:
        """Ask about each report, then learn it."""
        for place, case in enumerate(cases):
            if case.is_asked:
                await self._flush()
                await self._ask(case)
            self._waiting.append(case)
            if len(self._waiting) >= _BATCH:
                await self._flush()
            if place % 500 == 0:
                took_s = time.perf_counter() - self._started
                print(f"\r{place}/{len(cases)} reports, {took_s:.0f} s", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)

    def figures(self) -> dict[str, Any]:
        """Give the figures of the product, and of the baselines beside it."""
        found = {
            name: {field: one.figures() for field, one in fields.items()} for name, fields in self._tallies.items()
        }
        own = found.pop("product")
        for field in set(FIELDS) - set(_SHOWN):
            own[field] = {name: value for name, value in own[field].items() if "shown" not in name}
        for fields in found.values():
            for one in fields.values():
                one.pop("shown_rate", None)
                one.pop("precision_shown", None)
        took_s = round(time.perf_counter() - self._started, 1)
        return {**own, **latencies(self._took_ms), "baselines": found, "took_s": took_s}

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            await self._product.learn(batch)
            for case in batch:
                for baseline in self._baselines.values():
                    baseline.learn(case)

    async def _ask(self, case: Case) -> None:
        title, body = view(case.past, self._how)
        answer = await self._product.ask(title, body, case.past.created)
        self._took_ms.append(answer.took_ms)
        by_name = {name: baseline.rank(title, body) for name, baseline in self._baselines.items()}
        for field in FIELDS:
            truth = case.values[field]
            self._tallies["product"][field].add(truth, answer.ranked[field], shown=answer.shown[field])
            for name, ranked in by_name.items():
                self._tallies[name][field].add(truth, ranked[field], shown=False)


def show(figures: dict[str, Any]) -> Iterator[str]:
    """Write the figures as lines."""
    yield f"{'field':10} {'':13} {'n':>6} {'top1':>6} {'top3':>6} {'@30 %':>6} {'shown':>6} {'right':>6}"
    for field in FIELDS:
        beside = {name: fields[field] for name, fields in figures["baselines"].items()}
        for name, one in {"": figures[field], **beside}.items():
            if one["n"]:
                cells = [one.get(key) for key in ("top1", "top3", "acc@cov30", "shown_rate", "precision_shown")]
                written = " ".join(f"{'' if cell is None else format(cell, '.3f'):>6}" for cell in cells)
                yield f"{field:10} {name:13} {one['n']:6} {written}"
    yield f"a suggestion takes {figures['p50_ms']} ms (p99 {figures['p99_ms']}); all took {figures['took_s']} s"


if __name__ == "__main__":
    main()
