"""Checks requests and answers against the part of GitLab's published description that lies beside this file."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

_DOCUMENT = Path(__file__).with_name("gitlab_openapi.json")
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


class NotDescribed(Exception):
    """A request or an answer that is not as described."""


@dataclass(frozen=True)
class Operation:
    """One operation, and what stands in its address."""

    path: str
    method: str
    described: Mapping[str, Any]
    names: Mapping[str, str]


class Description:
    """The whole part."""

    def __init__(self) -> None:
        self._document = json.loads(_DOCUMENT.read_text())
        paths = sorted(self._document["paths"], key=lambda path: path.count("{"))
        self._paths = [(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), path) for path in paths]

    def find(self, method: str, raw_path: str) -> Operation:
        """Find what is asked for.

        Raises:
            NotDescribed: there is no such operation, or something in its address is of the wrong type.
        """
        for pattern, path in self._paths:
            found = pattern.fullmatch(raw_path)
            described = self._document["paths"][path].get(method.lower())
            if found and described:
                names = {name: unquote(value) for name, value in found.groupdict().items()}
                self._check_names(described, names)
                return Operation(path, method, described, names)
        raise NotDescribed(f"no {method} {raw_path}")

    def check_query(self, operation: Operation, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Read the query; each of its parameters must be described, and of its type."""
        described = {one["name"]: one for one in operation.described["parameters"] if one["in"] == "query"}
        unknown = {name for name, _ in given} - described.keys()
        if unknown:
            raise NotDescribed(f"{', '.join(sorted(unknown))} of {operation.method} {operation.path}")
        return {name: self._read(described[name]["schema"], value, name) for name, value in given}

    def check_body(self, operation: Operation, body: Any) -> dict[str, Any]:
        """Check a body that is JSON; lists may also be given with commas between, which GitLab takes."""
        content = operation.described.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            if body is not None:
                raise NotDescribed(f"a body of {operation.method} {operation.path}")
            return {}
        schema = content["schema"]
        whole = {
            name: value.split(",") if _is_list(schema, name) and isinstance(value, str) else value
            for name, value in (body or {}).items()
        }
        self._check(schema, whole, "the body")
        return whole

    def check_answer(self, operation: Operation, status: int, answer: Any) -> None:
        """Check what the server is about to answer, so that it makes nothing up."""
        described = operation.described["responses"].get(str(status))
        if described is None:
            raise NotDescribed(f"{status} of {operation.method} {operation.path}")
        if "content" in described:
            self._check(described["content"]["application/json"]["schema"], answer, "the answer")

    def _check_names(self, described: Mapping[str, Any], names: Mapping[str, str]) -> None:
        for one in described["parameters"]:
            if one["in"] == "path":
                self._read(one["schema"], names[one["name"]], one["name"])

    def _read(self, schema: Mapping[str, Any], value: str, name: str) -> Any:
        """Read a value of an address, where everything is text."""
        if "oneOf" in schema:
            return value
        read: Any = value
        match schema["type"]:
            case "integer" if re.fullmatch(r"\d+", value):
                read = int(value)
            case "boolean" if value in {"true", "false"}:
                read = value == "true"
            case "array":
                read = value.split(",")
        self._check(schema, read, name)
        return read

    def _check(self, schema: Mapping[str, Any], value: Any, where: str) -> None:
        if "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for part in schema.get("allOf", ()):
            if value is not None:
                self._check(part, value, where)
        if "type" not in schema or (value is None and schema.get("nullable")):
            return
        is_right = isinstance(value, _TYPES[schema["type"]]) and (schema["type"] != "integer" or value is not True)
        if not is_right or ("enum" in schema and value not in schema["enum"]):
            raise NotDescribed(f"{where} is {value!r}, not {schema.get('enum', schema['type'])}")
        _check_format(schema.get("format", ""), value, where)
        for one in value if isinstance(value, list) else ():
            self._check(schema.get("items", {}), one, where)
        if isinstance(value, dict):
            self._check_object(schema, value, where)

    def _check_object(self, schema: Mapping[str, Any], value: Mapping[str, Any], where: str) -> None:
        known = schema.get("properties", {})
        missing, unknown = set(schema.get("required", ())) - value.keys(), value.keys() - known.keys()
        if missing or unknown:
            raise NotDescribed(f"{where} lacks {sorted(missing)} or has {sorted(unknown)}")
        for name, one in value.items():
            self._check(known[name], one, f"{where}.{name}")


def _is_list(schema: Mapping[str, Any], name: str) -> bool:
    return schema.get("properties", {}).get(name, {}).get("type") == "array"


def _check_format(wanted: str, value: Any, where: str) -> None:
    try:
        match wanted:
            case "date-time":
                datetime.fromisoformat(value)
            case "date":
                date.fromisoformat(value)
    except ValueError:
        raise NotDescribed(f"{where} is {value!r}, which is no {wanted}") from None
