"""Rich text as JSON, to be kept: nothing of the tree is lost, the accounts of those it names among it."""

import json
from dataclasses import fields, is_dataclass
from typing import Any

from integrations.markup import base
from integrations.markup.base import Document

_KINDS = (
    base.Document,
    base.Paragraph,
    base.Heading,
    base.CodeBlock,
    base.Quote,
    base.ListBlock,
    base.Rule,
    base.Text,
    base.Code,
    base.Link,
    base.Mention,
    base.Break,
)
_BY_NAME = {kind.__name__: kind for kind in _KINDS}


def write(document: Document) -> str:
    """Write the tree as text."""
    return json.dumps(_dump(document), ensure_ascii=False)


def read(kept: str) -> Document:
    """Read what `write` gave; nothing at all is an empty text."""
    found = _load(json.loads(kept)) if kept else Document()
    assert isinstance(found, Document)
    return found


def _dump(node: Any) -> Any:
    if is_dataclass(node):
        return {"is": type(node).__name__, **{one.name: _dump(getattr(node, one.name)) for one in fields(node)}}
    return [_dump(one) for one in node] if isinstance(node, tuple) else node


def _load(node: Any) -> Any:
    if isinstance(node, dict):
        return _BY_NAME[node["is"]](**{name: _load(value) for name, value in node.items() if name != "is"})
    return tuple(_load(one) for one in node) if isinstance(node, list) else node
