"""A digest as it is kept with its run: what is drawn again, also by another version, is what was told."""

from typing import Any

from pydantic import TypeAdapter

from bot.digests.facts import Digest

_DIGEST = TypeAdapter(Digest)


def write(digest: Digest) -> dict[str, Any]:
    """Give a digest as JSON values."""
    kept: dict[str, Any] = _DIGEST.dump_python(digest, mode="json", exclude_defaults=True)
    return kept


def read(kept: dict[str, Any]) -> Digest:
    """Read a digest from JSON values.

    Raises:
        ValueError: it was kept by a version that knew other values.
    """
    return _DIGEST.validate_python(kept)
