"""Jira's two forms of text: a tree (ADF) in Cloud's own interface, wiki notation in Data Center's and in deliveries."""

import json
from collections.abc import Callable
from typing import Any

from integrations.markup import adf, wiki
from integrations.markup.base import Document
from integrations.trackers.base import markers_in

TextWriter = Callable[[Document], Any]


def read_text(raw: Any) -> Document:
    """Read a text in either form; None is an empty one."""
    if isinstance(raw, dict):
        return adf.read(raw)
    return wiki.read(raw) if isinstance(raw, str) else Document()


def write_tree(document: Document) -> dict[str, Any]:
    """Write a text for Cloud."""
    return adf.write(document)


def write_wiki(document: Document) -> str:
    """Write a text for Data Center."""
    return wiki.write(document, lambda account: f"[~{account}]")


def markers_of(raw: Any) -> tuple[str, ...]:
    """List the markers in a text of either form."""
    return markers_in(raw if isinstance(raw, str) else json.dumps(raw))
