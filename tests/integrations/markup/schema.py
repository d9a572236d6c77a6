"""As much of JSON Schema as Atlassian's description of a document uses."""

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = {"object": dict, "array": list, "string": str, "number": int | float, "boolean": bool}


def faults(value: Any, rule: Mapping[str, Any], root: Mapping[str, Any], where: str = "$") -> Iterator[str]:
    """Say what of a value does not fit a rule."""
    if "$ref" in rule:
        yield from faults(value, root["definitions"][rule["$ref"].rpartition("/")[2]], root, where)
    if "type" in rule and not isinstance(value, _TYPES[rule["type"]]):
        yield f"{where}: {value!r} is no {rule['type']}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{where}: {value!r} is none of {rule['enum']}"
    if "anyOf" in rule and all(list(faults(value, one, root, where)) for one in rule["anyOf"]):
        yield f"{where}: {value!r} is nothing that may be here"
    for one in rule.get("allOf", []):
        yield from faults(value, one, root, where)
    if isinstance(value, dict):
        yield from _faults_of_object(value, rule, root, where)
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            yield f"{where}: {len(value)} items"
        for number, one in enumerate(value):
            yield from faults(one, rule.get("items", {}), root, f"{where}[{number}]")
    if isinstance(value, str) and len(value) < rule.get("minLength", 0):
        yield f"{where}: too short"
    if isinstance(value, int) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        yield f"{where}: {value} is out of range"


def _faults_of_object(
    value: Mapping[str, Any], rule: Mapping[str, Any], root: Mapping[str, Any], where: str
) -> Iterator[str]:
    properties = rule.get("properties", {})
    yield from (f"{where}: {name} is missing" for name in rule.get("required", []) if name not in value)
    for name, one in value.items():
        if name in properties:
            yield from faults(one, properties[name], root, f"{where}.{name}")
        elif rule.get("additionalProperties") is False:
            yield f"{where}: {name} may not be here"
