"""Linear's filters and pages over plain values: the emulator knows neither."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_TEXT = {
    "contains": lambda value, wanted: wanted in value,
    "containsIgnoreCase": lambda value, wanted: wanted.casefold() in value.casefold(),
    "eqIgnoreCase": lambda value, wanted: wanted.casefold() == value.casefold(),
    "startsWith": lambda value, wanted: value.startswith(wanted),
}
_ANY = {
    "eq": lambda value, wanted: value == wanted,
    "neq": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    "nin": lambda value, wanted: value not in wanted,
    "gt": lambda value, wanted: _moment(value) > _moment(wanted),
    "gte": lambda value, wanted: _moment(value) >= _moment(wanted),
    "lt": lambda value, wanted: _moment(value) < _moment(wanted),
    "lte": lambda value, wanted: _moment(value) <= _moment(wanted),
}


def fits(value: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether a value passes a filter or a comparator: all that it names must hold."""
    return all(_holds(value, name, condition) for name, condition in wanted.items())


def page(nodes: Sequence[Mapping[str, Any]], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give a page of those that pass the filter, the newest first, as Linear does."""
    field = arguments.get("orderBy") or "createdAt"
    # The last made comes first among those of one moment, too.
    newest_first = sorted(nodes, key=lambda node: _moment(node[field]))[::-1]
    found = [node for node in newest_first if fits(node, arguments.get("filter") or {})]
    ids = [node["id"] for node in found]
    start = ids.index(arguments["after"]) + 1 if arguments.get("after") else 0
    end = ids.index(arguments["before"]) if arguments.get("before") else len(ids)
    if arguments.get("last"):
        start = max(start, end - arguments["last"])
    else:
        end = min(end, start + (arguments.get("first") or 50))
    return {
        "nodes": found[start:end],
        "pageInfo": {
            "hasNextPage": end < len(ids),
            "hasPreviousPage": start > 0,
            "startCursor": ids[start] if start < end else None,
            "endCursor": ids[end - 1] if start < end else None,
        },
    }


def _holds(value: Any, name: str, condition: Any) -> bool:
    if name == "and":
        return all(fits(value, one) for one in condition)
    if name == "or":
        return any(fits(value, one) for one in condition)
    if name == "null":
        return (value is None) is condition
    if isinstance(condition, Mapping):
        inner = value.get(name) if isinstance(value, Mapping) else None
        return fits(inner, condition)
    if value is None:
        return False
    return bool(_TEXT[name](value, condition) if name in _TEXT else _ANY[name](value, condition))


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)
