"""The tree that is kept is the tree that was read."""

from hypothesis import given

from integrations.markup import tree
from integrations.markup.base import Document, ListBlock, Mention, Paragraph, Text
from tests.integrations.markup import generated

PEOPLE = Document((ListBlock(((Paragraph((Text("for ", bold=True), Mention("557058:f58131cb", "Ana Ö"))),),), True),))


def test_nobody_is_lost_when_kept() -> None:
    assert tree.read(tree.write(PEOPLE)) == PEOPLE


def test_nothing_is_an_empty_text() -> None:
    assert tree.read("") == Document()


@given(generated.documents)
def test_any_tree_is_the_same_when_kept(document: Document) -> None:
    assert tree.read(tree.write(document)) == document
