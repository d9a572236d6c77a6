"""The load: a process that sends requests over raw sockets, one after the other on each connection.

Reads one order as JSON per line, answers with one line. A connection sends its next request when it has the
answer to the one before, until the time or the number of requests is used up. At a rate, it waits until the next one
is due; an answer that comes after that delays it, and that delay counts as waiting, as it does for people.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial

from benchmarks.payloads import Maker, maker

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
LONGEST_ANSWER_S = 10.0


@dataclass(frozen=True)
class Order:
    """One slice of load; `most` bounds the number of requests, `per_s` the rate of all connections (0: no bound)."""

    port: int
    kind: str
    name: str = ""
    seconds: float = 1.0
    connections: int = 16
    most: int = 20_000
    per_s: float = 0.0


@dataclass
class Slice:
    """What one slice came to; `wrong` counts answers other than 200."""

    sent: int = 0
    wrong: int = 0
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    def __init__(self, make: Maker, order: Order, result: Slice, times: tuple[float, float]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._make = make
        self._order = order
        self._result = result
        self._due_at, self._until = times
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or (length and len(body) < int(length[1])):
            return
        self._result.latencies_ms.append((time.perf_counter() - self._due_at) * 1000)
        self._result.wrong += not head.startswith(b"HTTP/1.1 200")
        self._received = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self._result.wrong += 1
            self.ended.set_result(None)

    def _next(self) -> None:
        now = time.perf_counter()
        self._due_at = self._due_at + self._order.connections / self._order.per_s if self._order.per_s else now
        self._wait()

    def _wait(self) -> None:
        wait_s = self._due_at - time.perf_counter()
        if wait_s > 0 and self._due_at < self._until:
            asyncio.get_running_loop().call_later(wait_s, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if max(time.perf_counter(), self._due_at) >= self._until or self._result.sent >= self._order.most:
            self.ended.set_result(None)
            self._transport.close()
            return
        self._result.sent += 1
        request = self._make()
        if not self._order.per_s:
            self._due_at = time.perf_counter()
        self._transport.write(request)


async def run(order: Order, make: Maker) -> Slice:
    """Send what an order says and return what it came to."""
    result = Slice()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    until = started + order.seconds
    between_s = 1 / order.per_s if order.per_s else 0.0
    connections = [
        (await loop.create_connection(partial(_Connection, make, order, result, times), "127.0.0.1", order.port))[1]
        for times in ((started + number * between_s, until) for number in range(order.connections))
    ]
    async with asyncio.timeout(order.seconds + LONGEST_ANSWER_S):
        await asyncio.gather(*(connection.ended for connection in connections))
    result.seconds = time.perf_counter() - started
    return result


def main() -> None:
    """Answer orders until the input ends."""
    # Numbers go on from slice to slice, so that no event is a repeat of an earlier one.
    makers: dict[tuple[int, str, str], Maker] = {}
    for line in sys.stdin:
        order = Order(**json.loads(line))
        make = makers.setdefault((order.port, order.kind, order.name), maker(order.kind, order.name))
        print(json.dumps(asdict(asyncio.run(run(order, make)))), flush=True)


if __name__ == "__main__":
    main()
