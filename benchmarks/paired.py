"""Paired figures: load goes from lane to lane in short slices, and only neighbours are compared.

Rates on a shared machine move by half from minute to minute; the ratio of two slices of the same second does not.
"""

import statistics
from dataclasses import dataclass

from benchmarks.load import Order
from benchmarks.processes import LoadProcess, Server


@dataclass(frozen=True)
class Lane:
    """One kind of request to one server."""

    server: Server
    kind: str
    name: str = ""


@dataclass(frozen=True)
class Pace:
    """How long it takes: `slices` per lane of `seconds` each."""

    slices: int
    seconds: float
    connections: int


@dataclass(frozen=True)
class Point:
    """What one slice came to."""

    per_s: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Ratio:
    """The mean of the middle half of the ratios of neighbours, with the lowest and highest of that half."""

    value: float
    low: float
    high: float


def alternate(load: LoadProcess, lanes: dict[str, Lane], pace: Pace) -> dict[str, list[Point]]:
    """Send load to each lane in turn, `pace.slices` times over, after a short turn that does not count."""
    points: dict[str, list[Point]] = {name: [] for name in lanes}
    for lane in lanes.values():
        _slice(load, lane, Pace(1, pace.seconds / 2, pace.connections))
    for turn in range(pace.slices):
        # Every other turn backwards, so that none always comes after the same neighbour.
        names = list(lanes) if turn % 2 else list(reversed(lanes))
        for name in names:
            points[name].append(_slice(load, lanes[name], pace))
    return points


def rate_ratio(ours: list[Point], other: list[Point]) -> Ratio:
    """Compare the rates, slice by slice; more than 1 means faster."""
    return middle_half([one.per_s / two.per_s for one, two in zip(ours, other, strict=True)])


def cpu_ratio(ours: list[Point], other: list[Point]) -> Ratio:
    """Compare the CPU time per request, slice by slice; less than 1 means cheaper."""
    return middle_half([one.cpu_ms / two.cpu_ms for one, two in zip(ours, other, strict=True)])


def middle_half(values: list[float]) -> Ratio:
    """Leave out the lowest and the highest quarter."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    kept = ordered[quarter : len(ordered) - quarter]
    return Ratio(statistics.fmean(kept), kept[0], kept[-1])


def quote(points: list[Point]) -> dict[str, float]:
    """Return the medians of the slices of one lane; they hold for this machine at this minute only."""
    return {
        "per_s": round(statistics.median(point.per_s for point in points), 1),
        "cpu_ms": round(statistics.median(point.cpu_ms for point in points), 3),
        "p50_ms": round(statistics.median(point.p50_ms for point in points), 2),
        "p99_ms": round(statistics.median(point.p99_ms for point in points), 2),
    }


def _slice(load: LoadProcess, lane: Lane, pace: Pace) -> Point:
    before = lane.server.cpu_s()
    order = Order(lane.server.port, lane.kind, lane.name, pace.seconds, pace.connections)
    result = load.run(order)
    used_s = lane.server.cpu_s() - before
    assert result.wrong == 0, f"{result.wrong} of {result.sent} answers to {lane.kind} were not 200"
    latencies = sorted(result.latencies_ms)
    return Point(
        per_s=result.sent / result.seconds,
        cpu_ms=used_s * 1000 / result.sent,
        p50_ms=latencies[len(latencies) // 2],
        p99_ms=latencies[int(len(latencies) * 0.99)],
    )
