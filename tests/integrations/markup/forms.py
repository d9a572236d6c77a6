"""What a form can hold of a text: what the others make of it before they compare."""

from integrations.markup.base import Document
from integrations.markup.normal import named


def with_names(document: Document) -> Document:
    """Write people without an account as their name, as every form does."""
    return named(document, lambda one: bool(one.account))
