"""Measure everything and write benchmarks/results.json: `make bench`, or `make bench ARGS=--quick`.

Under ten minutes, most of them to write a history of a million reports; with --quick under 40 seconds, less exact, and
only printed. No test depends on a figure from here.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import digests, digests_tail, duplicates, results, starting
from benchmarks.paired import Lane, Pace, Point, alternate, cpu_ratio, quote, rate_ratio
from benchmarks.postgres_server import durable_postgres
from benchmarks.processes import LoadProcess, Server, bare_bolt, ours, slack_stub, wait_for_200
from tests.rigs import postgres

Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    pace: Pace
    starts: int
    queries: int
    longest_queries_s: float
    digests: int


FULL = Effort(Pace(slices=8, seconds=1.0, connections=16), starts=3, queries=200, longest_queries_s=15, digests=16)
QUICK = Effort(Pace(slices=8, seconds=0.1, connections=8), starts=1, queries=0, longest_queries_s=0, digests=0)


@dataclass(frozen=True)
class Servers:
    """All that load is sent to; up together, so that the machine is the same for each."""

    load: LoadProcess
    bare: Server
    sqlite: Server
    postgres: Server | None
    one_name: Server
    hundred_names: Server


@dataclass(frozen=True)
class Bench:
    """What every part of a run needs."""

    slack: Server
    directory: Path
    effort: Effort


def main() -> None:
    """Run what was asked for, print the table and write the results."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=")
    parser.add_argument("--quick", action="store_true", help="under 40 seconds, less exact; writes nothing")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="measure a part; writes nothing")
    given = parser.parse_args()
    effort = QUICK if given.quick else FULL
    started = time.monotonic()
    figures: Figures = {}
    with _bench(effort) as bench:
        for name in given.only or PARTS:
            print(f"{time.monotonic() - started:4.0f} s  {name}", flush=True)
            figures |= PARTS[name](bench)
    conditions = {
        "slices": effort.pace.slices,
        "slice_s": effort.pace.seconds,
        "connections": effort.pace.connections,
        "took_s": round(time.monotonic() - started, 1),
    }
    if not given.only and not given.quick:
        results.write(figures, conditions)
    results.show(figures, conditions)


def measure_load(bench: Bench) -> Figures:
    """Compare what load can be sent to, group by group."""
    with ExitStack() as stack:
        servers = _start(stack, bench)
        pace = bench.effort.pace
        return {**_events(servers, pace), **_reports(servers, pace), **_names(servers, pace)}


def measure_starts(bench: Bench) -> Figures:
    """Measure starts, idle memory and the calls before an answer."""
    figures = starting.measure_start(bench.slack, bench.directory, bench.effort.starts)
    return {**figures, "calls_before_reply": starting.measure_calls(bench.slack, bench.directory)}


def measure_duplicates(bench: Bench) -> Figures:
    """Measure the look for duplicates; a quick run has no time to fill the database."""
    effort = bench.effort
    if not effort.queries:
        return {}
    found = duplicates.measure(bench.directory, queries=effort.queries, longest_s=effort.longest_queries_s)
    return {"duplicates_p99_ms_100k": found}


def measure_digests(bench: Bench) -> Figures:
    """Measure how the cost of digests grows, and what they cost acks; a quick run has no time to fill the databases."""
    rounds = bench.effort.digests
    if not rounds:
        return {}
    during = digests_tail.measure(bench.slack, bench.directory, bench.effort.pace.slices)
    return {"p99_during_digest_vs_idle": during, "digest_1m_vs_10k": digests.measure_growth(bench.directory, rounds)}


PARTS: dict[str, Callable[[Bench], Figures]] = {
    "starts": measure_starts,
    "load": measure_load,
    "duplicates": measure_duplicates,
    "digests": measure_digests,
}


@contextmanager
def _bench(effort: Effort) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name, slack_stub() as slack:
        yield Bench(slack, Path(name), effort)


def _start(stack: ExitStack, bench: Bench) -> Servers:
    """Start all servers at once, then wait for each."""

    def start(url: str, *arguments: str) -> Server:
        return stack.enter_context(ours(bench.slack, url, bench.directory, *arguments))

    bare = stack.enter_context(bare_bolt(bench.slack))
    files = f"sqlite:///{bench.directory}"
    binaries = postgres.programs()
    servers = Servers(
        load=LoadProcess(stack),
        bare=bare,
        sqlite=start(f"{files}/load.db"),
        one_name=start(f"{files}/one.db", "--names", "1"),
        hundred_names=start(f"{files}/hundred.db", "--names", "100"),
        postgres=start(stack.enter_context(durable_postgres(binaries))) if binaries else None,
    )
    for server in (bare, servers.sqlite, servers.one_name, servers.hundred_names, servers.postgres):
        if server is not None:
            wait_for_200(server)
    return servers


def _events(servers: Servers, pace: Pace) -> Figures:
    """Compare events: with no write, kept on SQLite, kept on PostgreSQL where there is one."""
    lanes = {
        "bare": Lane(servers.bare, "kept"),
        "ack_vs_bolt": Lane(servers.sqlite, "event"),
        "inbox_sqlite_vs_bolt": Lane(servers.sqlite, "kept"),
    }
    if servers.postgres:
        lanes["inbox_postgres_vs_bolt"] = Lane(servers.postgres, "kept")
    points = alternate(servers.load, lanes, pace)
    return {lane: _against(points, lane, "bare") for lane in lanes if lane != "bare"}


def _reports(servers: Servers, pace: Pace) -> Figures:
    """Compare the report form: all of a report in one transaction against an ack."""
    lanes = {"bare": Lane(servers.bare, "report"), "report": Lane(servers.sqlite, "report")}
    return {"report_sqlite_vs_bolt": _against(alternate(servers.load, lanes, pace), "report", "bare")}


def _names(servers: Servers, pace: Pace) -> Figures:
    """Compare a click with a hundred names registered with one, and with bare Bolt, which has three."""
    lanes = {
        "bare": Lane(servers.bare, "click", "bench.0"),
        "1": Lane(servers.one_name, "click", "bench.0"),
        "100": Lane(servers.hundred_names, "click", "bench.99"),
    }
    points = alternate(servers.load, lanes, pace)
    ratio = cpu_ratio(points["100"], points["1"])
    return {
        "listeners_100_vs_1": {**asdict(ratio), "lane": quote(points["100"]), "one": quote(points["1"])},
        "click_vs_bolt": _against(points, "100", "bare"),
    }


def _against(points: dict[str, list[Point]], lane: str, bare: str) -> dict[str, Any]:
    ratio = rate_ratio(points[lane], points[bare])
    cpu = cpu_ratio(points[lane], points[bare])
    both = {"lane": quote(points[lane]), "bare": quote(points[bare])}
    return {**asdict(ratio), "cpu_vs_bolt": cpu.value, **both}


if __name__ == "__main__":
    main()
