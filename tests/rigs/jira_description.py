"""Holds requests and answers to the part of Jira Cloud's published description that lies beside this file."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.rigs.json_schemas import Schema, Schemas

_DOCUMENT = Path(__file__).with_name("jira_cloud_openapi.json")


class NotDescribed(Exception):
    """A request or an answer that is not as described."""


@dataclass(frozen=True)
class Operation:
    """One operation, and what stands in its address."""

    id: str
    described: Schema
    names: Mapping[str, str]


class Description:
    """The whole part."""

    def __init__(self) -> None:
        document = json.loads(_DOCUMENT.read_text())
        self._schemas = Schemas(document["components"]["schemas"])
        self._paths: list[tuple[re.Pattern[str], Mapping[str, Any]]] = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), methods)
            for path, methods in sorted(document["paths"].items(), key=lambda pair: str(pair[0]).count("{"))
        ]

    def find(self, method: str, raw_path: str) -> Operation:
        """Find what is asked for.

        Raises:
            NotDescribed: there is no such operation.
        """
        for pattern, methods in self._paths:
            found = pattern.fullmatch(raw_path)
            described = methods.get(method.lower())
            if found and described:
                names = {name: unquote(value) for name, value in found.groupdict().items()}
                return Operation(described["operationId"], described, names)
        raise NotDescribed(f"no {method} {raw_path}")

    def check_query(self, operation: Operation, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Read the query; each of its parameters must be described, and of its type."""
        described = {one["name"]: one for one in operation.described["parameters"] if one["in"] == "query"}
        unknown = sorted({name for name, _ in given} - described.keys())
        lacking = sorted(name for name, one in described.items() if one.get("required") and name not in dict(given))
        if unknown or lacking:
            raise NotDescribed(f"{operation.id} has {unknown} or lacks {lacking}")
        return {name: self._read(described[name]["schema"], value, name) for name, value in given}

    def check_body(self, operation: Operation, body: Any) -> None:
        """Hold a body that is JSON to what is described."""
        content = operation.described.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            self._require(self._schemas.problem(content["schema"], body, "the body"))
        elif body is not None:
            raise NotDescribed(f"{operation.id} has a body")

    def check_answer(self, operation: Operation, status: int, answer: Any) -> None:
        """Hold what the server is about to answer to it, so that it makes nothing up."""
        described = operation.described["responses"].get(str(status))
        if described is None:
            raise NotDescribed(f"{status} of {operation.id}")
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema:
            self._require(self._schemas.problem(schema, answer, "the answer"))

    def text_problem(self, text: Any) -> str:
        """Say what keeps a text from being a document of Atlassian's format, or nothing."""
        return self._schemas.problem(self._schemas.of("doc_node"), text, "the text")

    def _read(self, schema: Schema, value: str, name: str) -> Any:
        """Read a value of an address, where everything is text."""
        read: Any = value
        match schema.get("type"):
            case "integer" if re.fullmatch(r"\d+", value):
                read = int(value)
            case "boolean" if value in {"true", "false"}:
                read = value == "true"
            case "array":
                read = value.split(",")
        self._require(self._schemas.problem(schema, read, name))
        return read

    def _require(self, problem: str) -> None:
        if problem:
            raise NotDescribed(problem)
