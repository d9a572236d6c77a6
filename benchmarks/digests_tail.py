"""How long acks take while a digest is made each second, against while none is: the longest in a hundred."""

import signal
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.digests_history import fill
from benchmarks.digests_making import EVERY_S
from benchmarks.load import Order
from benchmarks.paired import middle_half
from benchmarks.processes import LoadProcess, Server, ours, wait_for_200

REPORTS = 100_000
PER_S = 150.0
CONNECTIONS = 16
SLICE_S = 3.0


def measure(slack: Server, directory: Path, slices: int) -> dict[str, Any]:
    """Compare the 99th percentile of neighbouring slices of one server, which makes digests in every other one."""
    url = f"sqlite:///{directory}/tail.db"
    fill(url, REPORTS)
    p99_ms: dict[bool, list[float]] = {True: [], False: []}
    with ExitStack() as stack:
        server = stack.enter_context(ours(slack, url, directory, "--digests"))
        load = LoadProcess(stack)
        wait_for_200(server)
        for is_making in (True, False):
            _slice(load, server, is_making=is_making)
        for turn in range(slices):
            for is_making in (True, False) if turn % 2 else (False, True):
                p99_ms[is_making].append(_slice(load, server, is_making=is_making))
    ratios = [during / idle for during, idle in zip(p99_ms[True], p99_ms[False], strict=True)]
    quoted = {"p99_ms": round(median(p99_ms[True]), 2), "idle_p99_ms": round(median(p99_ms[False]), 2)}
    return {**asdict(middle_half(ratios)), **quoted}


def _slice(load: LoadProcess, server: Server, *, is_making: bool) -> float:
    server.process.send_signal(signal.SIGUSR1 if is_making else signal.SIGUSR2)
    # What has begun ends meanwhile.
    time.sleep(EVERY_S)
    result = load.run(Order(server.port, "kept", seconds=SLICE_S, connections=CONNECTIONS, per_s=PER_S))
    assert result.wrong == 0, f"{result.wrong} of {result.sent} answers were not 200"
    latencies = sorted(result.latencies_ms)
    return latencies[int(len(latencies) * 0.99)]
