"""How long a start takes, what an idle bot weighs, and how many calls stand before an answer."""

import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benchmarks.payloads import maker
from benchmarks.processes import Server, bare_bolt, calls, ours, product, send, wait_for_200
from handlers.bugs import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT
from handlers.views import home

IDLE_S = 1.0
# What shows a person something: (kind, name) as `payloads.maker` wants it.
ASKED = {
    "/bug": ("command", "/bug"),
    "/bug some words": ("command", "/bug the export is empty"),
    "/bug find": ("command", "/bug find export"),
    "/liaison": ("command", "/liaison help"),
    "report form": ("report", ""),
    "report from a message": ("message_action", MESSAGE_SHORTCUT),
    "report from anywhere": ("shortcut", GLOBAL_SHORTCUT),
    "report from App Home": ("click", home.REPORT),
}


def measure_start(slack: Server, directory: Path, times: int) -> dict[str, Any]:
    """Start the product and bare Bolt in turn; an operator's start, with the database already there."""
    url = f"sqlite:///{directory}/start.db"
    first_s, _ = _start(lambda: product(slack, url, directory))
    our_starts, bare_starts, weights, bare_weights = [], [], [], []
    for turn in range(times):
        last = turn == times - 1
        seconds, weight = _start(lambda: bare_bolt(slack), idle_s=IDLE_S if last else 0)
        bare_starts.append(seconds)
        bare_weights.append(weight)
        seconds, weight = _start(lambda: product(slack, url, directory), idle_s=IDLE_S if last else 0)
        our_starts.append(seconds)
        weights.append(weight)
    ratios = [one / two for one, two in zip(our_starts, bare_starts, strict=True)]
    ours_s, bare_s = statistics.median(our_starts), statistics.median(bare_starts)
    return {
        "start_s": {
            "value": ours_s,
            "low": min(our_starts),
            "high": max(our_starts),
            "bare_s": bare_s,
            "with_new_database_s": first_s,
        },
        "start_vs_bolt": {"value": statistics.median(ratios), "low": min(ratios), "high": max(ratios)},
        "rss_idle_mb": {"value": weights[-1], "bare_mb": bare_weights[-1]},
    }


def measure_calls(slack: Server, directory: Path) -> dict[str, Any]:
    """Send each request that shows something to a person, and count what was called before its answer."""
    made: dict[str, list[str]] = {}
    with ours(slack, f"sqlite:///{directory}/calls.db", directory) as server:
        wait_for_200(server)
        calls(slack)
        for shown, (kind, name) in ASKED.items():
            make = maker(kind, name, hook=f"http://127.0.0.1:{slack.port}/hook")
            status = send(server.port, make())
            assert status == 200, f"{shown}: {status}"
            made[shown] = calls(slack)
    return {"value": max(map(len, made.values())), "calls": made}


def _start(run: Callable[[], AbstractContextManager[Server]], idle_s: float = 0) -> tuple[float, float]:
    """Return the seconds to the first 200, and the resident MB after it."""
    started = time.perf_counter()
    with run() as server:
        wait_for_200(server)
        seconds = time.perf_counter() - started
        time.sleep(idle_s)
        return seconds, server.rss_mb()
