"""Channels given by #name and people given by @name, wherever a block of the settings file names them."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from bot.routing.values import Part

# The names under which a channel or a person stands; those of teams never begin with @.
CHANNELS = frozenset({"channel", "channels", "notify"})
PEOPLE = frozenset({"people", "lead", "owner", "reporter", "triage", "admin", "health_from", "designers"})
P = TypeVar("P", bound=Part)


def names_in(part: Part, fields: frozenset[str]) -> Iterator[str]:
    """Give what stands in `fields` (`CHANNELS` or `PEOPLE`), in a block and in all blocks within: ids and names."""
    for field in type(part).model_fields:
        value = getattr(part, field)
        if field in fields:
            yield from _words(value)
        for inner in _parts(value):
            yield from names_in(inner, fields)


def with_ids(part: P, ids: Mapping[str, str]) -> P:
    """Give a block with each name of `ids` replaced by its id; other names stay."""
    fields = type(part).model_fields
    is_reference = CHANNELS | PEOPLE
    changed = {field: _replaced(getattr(part, field), ids, field in is_reference) for field in fields}
    return part.model_copy(update=changed)


def _replaced(value: Any, ids: Mapping[str, str], is_reference: bool) -> Any:
    if isinstance(value, Part):
        return with_ids(value, ids)
    if isinstance(value, dict):
        keys = [ids.get(key, key) if is_reference else key for key in value]
        return dict(zip(keys, (_replaced(one, ids, False) for one in value.values()), strict=True))
    if isinstance(value, tuple):
        return tuple(_replaced(one, ids, is_reference) for one in value)
    return ids.get(value, value) if is_reference and isinstance(value, str) else value


def _words(value: Any) -> Iterator[str]:
    """Give the texts of a value, a list, or the names of a block."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | dict):
        yield from (one for one in value if isinstance(one, str))


def _parts(value: Any) -> Iterator[Part]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
    yield from (one for one in inner if isinstance(one, Part))
