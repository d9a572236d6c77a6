"""Holds a value to a JSON schema: as much of one as published descriptions of interfaces use."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Schema = Mapping[str, Any]

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


class Schemas:
    """Schemas that refer to each other by name."""

    def __init__(self, named: Mapping[str, Schema]) -> None:
        self._named = named

    def problem(self, schema: Schema, value: Any, where: str = "it") -> str:
        """Say what is wrong with a value, or nothing."""
        return next(self._problems(schema, value, where), "")

    def of(self, name: str) -> Schema:
        """Give a schema by its name."""
        return self._named[name]

    def _problems(self, schema: Schema, value: Any, where: str) -> Iterator[str]:
        if "$ref" in schema:
            yield from self._problems(self._named[schema["$ref"].rpartition("/")[2]], value, where)
            return
        if value is None and schema.get("nullable"):
            return
        for part in schema.get("allOf", ()):
            yield from self._problems(part, value, where)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                yield from self._choices(schema[choice], value, where)
        if "type" in schema and not _TYPES[schema["type"]](value):
            yield f"{where} is {_short(value)}, not {schema['type']}"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{where} is {_short(value)}, not one of {schema['enum']}"
        elif isinstance(value, str):
            yield from _text_problems(schema, value, where)
        elif isinstance(value, list):
            yield from self._list_problems(schema, value, where)
        elif isinstance(value, dict):
            yield from self._object_problems(schema, value, where)
        elif isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get(
            "maximum", value
        ):
            yield f"{where} is {value}"

    def _choices(self, choices: list[Schema], value: Any, where: str) -> Iterator[str]:
        wrong = [self.problem(choice, value, where) for choice in choices]
        if all(wrong):
            # The longest way in is most likely what was meant.
            yield max(wrong, key=lambda text: text.partition(" ")[0].count("."))

    def _list_problems(self, schema: Schema, value: list[Any], where: str) -> Iterator[str]:
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{where} has {len(value)} items"
        for place, one in enumerate(value):
            yield from self._problems(schema.get("items", {}), one, f"{where}.{place}")

    def _object_problems(self, schema: Schema, value: Mapping[str, Any], where: str) -> Iterator[str]:
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where} lacks {name}"
        for name, one in value.items():
            if name in known:
                yield from self._problems(known[name], one, f"{where}.{name}")
            elif others is False:
                yield f"{where} has {name}"
            elif isinstance(others, dict):
                yield from self._problems(others, one, f"{where}.{name}")


def _text_problems(schema: Schema, value: str, where: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{where} has {len(value)} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} is {_short(value)}"
    if schema.get("format") == "date-time":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            yield f"{where} is {_short(value)}, which is no date-time"


def _short(value: Any) -> str:
    return repr(value)[:80]
