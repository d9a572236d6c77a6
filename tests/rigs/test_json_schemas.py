"""The checker of schemas, on which the Jira rig relies."""

from typing import Any

import pytest

from tests.rigs.jira_description import Description, NotDescribed
from tests.rigs.json_schemas import Schema, Schemas

NODE: Schema = {
    "type": "object",
    "properties": {"type": {"enum": ["text"]}, "size": {"type": "integer", "minimum": 1, "maximum": 6}},
    "required": ["type"],
    "additionalProperties": False,
}
SCHEMAS = Schemas({"node": NODE, "nodes": {"type": "array", "items": {"$ref": "#/x/node"}, "minItems": 1}})


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#/x/nodes"}, [{"type": "text", "size": 6}, {"type": "text"}]),
        ({"anyOf": [{"type": "string"}, {"$ref": "#/x/node"}]}, {"type": "text"}),
        ({"type": "string", "nullable": True}, None),
        ({"type": "string", "format": "date-time"}, "2026-11-23T14:00:10.512+0000"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, {"a": True}),
        ({}, {"anything": [1, None]}),
    ],
)
def test_nothing_is_wrong_when_a_value_fits(schema: Schema, value: Any):
    assert SCHEMAS.problem(schema, value) == ""


@pytest.mark.parametrize(
    ("schema", "value", "problem"),
    [
        ({"$ref": "#/x/nodes"}, [], "it has 0 items"),
        ({"$ref": "#/x/nodes"}, [{"type": "text"}, {}], "it.1 lacks type"),
        ({"$ref": "#/x/node"}, {"type": "text", "colour": 1}, "it has colour"),
        ({"$ref": "#/x/node"}, {"type": "rule"}, "it.type is 'rule', not one of ['text']"),
        ({"$ref": "#/x/node"}, {"type": "text", "size": 7}, "it.size is 7"),
        ({"$ref": "#/x/node"}, {"type": "text", "size": True}, "it.size is True, not integer"),
        ({"anyOf": [{"type": "string"}, {"$ref": "#/x/node"}]}, {"type": 1}, "it.type is 1, not one of ['text']"),
        ({"allOf": [{"type": "object"}, {"$ref": "#/x/node"}]}, {}, "it lacks type"),
        ({"type": "string"}, None, "it is None, not string"),
        ({"type": "string", "minLength": 1}, "", "it has 0 characters"),
        ({"type": "string", "pattern": "^a"}, "b", "it is 'b'"),
        ({"type": "string", "format": "date-time"}, "today", "it is 'today', which is no date-time"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, {"a": 1}, "it.a is 1, not boolean"),
    ],
)
def test_what_is_wrong_is_named_when_a_value_does_not_fit(schema: Schema, value: Any, problem: str):
    assert SCHEMAS.problem(schema, value) == problem


def test_operation_is_found_when_it_is_described():
    found = Description().find("GET", "/rest/api/3/issue/PAY-12/comment")

    assert (found.id, found.names) == ("getComments", {"issueIdOrKey": "PAY-12"})


@pytest.mark.parametrize(("method", "path"), [("GET", "/rest/api/3/search"), ("PATCH", "/rest/api/3/issue/PAY-12")])
def test_operation_is_refused_when_it_is_not_described(method: str, path: str):
    with pytest.raises(NotDescribed):
        Description().find(method, path)
