"""A server on this machine that answers with whatever bytes it is told, as badly as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """A running server; `requests` are the heads of what came in."""

    url: str = ""
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[RawServer]:
    """Yield a server that reads each request whole, then does this and closes the connection."""
    running = RawServer()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lengths = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
            await reader.readexactly(int(lengths[0]) if lengths else 0)
            running.requests.append(head)
            await behaviour(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side has hung up: what many of these tests are about
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield running


def answering(status: str = "200 OK", body: bytes = b"{}", **headers: str) -> Behaviour:
    """Answer properly: `headers` as keywords, with _ for -."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return sending("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def sending(answer: bytes) -> Behaviour:
    """Send these very bytes."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return behave


async def saying_nothing(writer: asyncio.StreamWriter) -> None:
    """Take the request and never answer."""
    await asyncio.sleep(60)


async def dripping(writer: asyncio.StreamWriter) -> None:
    """Answer with a long body, a byte every 50 ms."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def resetting(writer: asyncio.StreamWriter) -> None:
    """Hang up without a word."""
    writer.transport.abort()
