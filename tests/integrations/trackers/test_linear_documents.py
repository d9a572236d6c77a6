"""All that we ask of Linear is valid on the real one: checked against the part of its published schema beside this."""

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, build_schema, parse, validate

from integrations.trackers.linear import documents

SCHEMA = Path(__file__).with_name("linear_schema.graphql")


def our_documents() -> dict[str, str]:
    """Give every document we send, by its name in the code."""
    found = vars(documents).items()
    return {name: text for name, text in found if name.isupper() and not name.startswith("_")}


PAYLOADS = Path(__file__).with_name("payloads") / "linear"
HOOKS = {"Issue": "IssueWebhookPayload", "Comment": "CommentWebhookPayload"}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


@pytest.mark.parametrize("name", our_documents())
def test_document_is_valid_when_checked_against_the_published_schema(name: str, schema: GraphQLSchema):
    assert validate(schema, parse(our_documents()[name])) == []


def test_document_is_refused_when_it_asks_for_what_is_not_there(schema: GraphQLSchema):
    wrong = documents.ISSUE.replace("identifier", "identifierr")

    assert "identifierr" in validate(schema, parse(wrong))[0].message


@pytest.mark.parametrize("name", ["issue_update", "comment_remove"])
def test_example_of_a_delivery_has_what_the_schema_says(name: str, schema: GraphQLSchema):
    delivery = json.loads((PAYLOADS / f"{name}.json").read_text())

    assert missing(schema.type_map[HOOKS[delivery["type"]]], delivery["data"]) == set()


def missing(kind: Any, value: dict[str, Any]) -> set[str]:
    """List the fields that the schema promises and the example lacks, at any depth."""
    found = {name for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)} - value.keys()
    for name, field in kind.fields.items():
        inner = getattr(field.type, "of_type", field.type)
        if isinstance(inner, GraphQLObjectType) and value.get(name):
            found |= missing(inner, value[name])
        if isinstance(inner, GraphQLList):
            element = getattr(inner.of_type, "of_type", inner.of_type)
            for one in value.get(name) or []:
                found |= missing(element, one) if isinstance(element, GraphQLObjectType) else set()
    return found
