"""The body of an answer, unpacked as it comes and never larger than allowed."""

import zlib
from typing import Protocol

# gzip and zlib, told apart by their first bytes.
_EITHER = zlib.MAX_WBITS | 32


class TooLarge(Exception):
    """The body is larger than was allowed."""


class Truncated(Exception):
    """The body ended too early, or is damaged."""


class Body(Protocol):
    """Takes the raw pieces of a body and gives the whole."""

    def feed(self, piece: bytes) -> None:
        """Take the next raw piece.

        Raises:
            TooLarge: now it is more than allowed.
            Truncated: it is damaged.
        """

    def finish(self) -> bytes:
        """Give the whole body.

        Raises:
            Truncated: a part of it is missing.
        """


def body_of(encoding: str, most_bytes: int) -> Body:
    """Make what unpacks a body with this Content-Encoding.

    Raises:
        ValueError: an encoding nobody asked for.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return PlainBody(most_bytes)
        case "gzip" | "x-gzip" | "deflate":
            return PackedBody(most_bytes)
        case other:
            raise ValueError(other)


class PlainBody:
    """A body that is not packed."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge
        self._pieces.append(piece)

    def finish(self) -> bytes:
        """Give the whole body."""
        return b"".join(self._pieces)


class PackedBody:
    """A body packed with gzip or zlib; a few hundred KiB may hold hundreds of MiB, so what comes out is limited."""

    def __init__(self, most_bytes: int) -> None:
        self._out = PlainBody(most_bytes)
        self._most_bytes = most_bytes
        self._unpacker = zlib.decompressobj(_EITHER)
        self._began = False

    def feed(self, piece: bytes) -> None:
        """Unpack the next piece."""
        try:
            while piece:
                if self._unpacker.eof:
                    # gzip allows several packings in a row.
                    self._unpacker = zlib.decompressobj(_EITHER)
                self._began = True
                self._out.feed(self._unpacker.decompress(piece, self._most_bytes + 1))
                piece = self._unpacker.unconsumed_tail or self._unpacker.unused_data
        except zlib.error as error:
            raise Truncated from error

    def finish(self) -> bytes:
        """Give the whole body."""
        if self._began and not self._unpacker.eof:
            raise Truncated
        return self._out.finish()
