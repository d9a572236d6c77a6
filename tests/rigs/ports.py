"""Ports for servers of tests: each process of a run that is split looks in a range of its own."""

import os

from bot.demo import server

_APART = 2_000


def free_port(preferred: int) -> int:
    """Choose the preferred port, or the next one that nobody listens on; another process of this run never gets it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return server.free_port(preferred + _APART * int(worker))
