"""The dictionary of figures, short enough for a phone; pure."""

from collections.abc import Iterator

from bot.digests.dictionary import ENTRIES, RULES, Entry, find
from handlers.views import text
from handlers.views.blocks import Block, context, section

TITLE = "How the figures of digests are made"
# A section may hold 3,000 characters.
_PARAGRAPH_LIMIT = 2800
_ASKED_LIMIT = 80


def draw(asked: str = "") -> tuple[str, list[Block]]:
    """Say of each figure, or of those that some words name, what it is made of; gives (text, blocks)."""
    found = find(asked)
    if not found:
        names = ", ".join(one.label for one in ENTRIES)
        said = f"No figure is called “{text.inline(asked, _ASKED_LIMIT)}”. There are: {names}."
        return said, [section(said)]
    rules = "\n".join(f"*{word}*: {meaning}" for word, meaning in RULES.items())
    return TITLE, [section(f"*{TITLE}*"), *(section(page) for page in _pages(found)), context(rules)]


def _pages(entries: tuple[Entry, ...]) -> Iterator[str]:
    """Put as many figures together as one block holds."""
    page = ""
    for row in map(_row, entries):
        if page and text.length(f"{page}\n{row}") > _PARAGRAPH_LIMIT:
            yield page
            page = ""
        page = f"{page}\n{row}" if page else row
    yield page


def _row(entry: Entry) -> str:
    note = f" {entry.note}" if entry.note else ""
    return f"*{entry.label}* · {', '.join(entry.audiences)}\n{entry.formula} ({entry.unit}).{note}"
