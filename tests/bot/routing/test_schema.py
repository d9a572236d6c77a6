"""The JSON Schema for editors: the one in docs/ is that of the code, and the example names it."""

import json
from pathlib import Path

import yaml
from typer.testing import CliRunner

from bot.__main__ import liaison
from bot.routing.schema import settings_schema
from bot.routing.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"


def test_schema_in_docs_is_what_the_program_prints():
    printed = CliRunner().invoke(liaison, ["schema"]).output

    assert (DOCS / "liaison.schema.json").read_text("utf-8") == printed, (
        "run: liaison schema > docs/liaison.schema.json"
    )


def test_example_tells_editors_where_the_schema_is():
    first = (DOCS / "liaison.example.yaml").read_text("utf-8").splitlines()[0]

    assert first == "# yaml-language-server: $schema=liaison.schema.json"


def test_example_shows_every_name_that_a_file_may_hold():
    example = yaml.safe_load((DOCS / "liaison.example.yaml").read_text("utf-8"))

    assert set(Settings.model_fields) - set(example) == {"codeowners"}  # Its file lies beside it; it is a comment.


def test_every_name_is_described():
    schema = settings_schema()

    blocks = [one for one in (schema, *schema["$defs"].values()) if "properties" in one]
    bare = [name for block in blocks for name, field in block["properties"].items() if "description" not in field]
    assert len(blocks) > 10
    assert bare == []


def test_schema_says_nothing_of_how_the_code_is_made():
    text = json.dumps(settings_schema())

    assert '"type": "null"' not in text
    assert "_owned_paths" not in text
    assert '"start"' not in text
