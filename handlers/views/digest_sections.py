"""One section of a digest as blocks, as long or as short as there is room for it; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.digests.facts import Facts, Item, Line, Mark, Piece
from bot.text import is_blank
from handlers.views import digest_lines, digest_words, text
from handlers.views.blocks import Block, section
from handlers.views.digest_acts import draw_acts

# A section may hold 3,000 characters; this leaves room for what is written around a text.
PARAGRAPH_LIMIT = 2800
FIELDS_LIMIT = 10


@dataclass(frozen=True)
class Density:
    """How much of a section is shown. `width` is the most characters of a line."""

    items: int
    details: int
    lines: int
    figures: int
    quotes: int
    width: int


# From all that a digest may show to its headings alone: details go first, then items, which stand in the thread.
DENSITIES = (
    Density(items=5, details=3, lines=5, figures=20, quotes=3, width=300),
    Density(items=5, details=1, lines=4, figures=20, quotes=2, width=240),
    Density(items=5, details=0, lines=3, figures=20, quotes=1, width=180),
    Density(items=3, details=0, lines=2, figures=8, quotes=1, width=140),
    Density(items=1, details=0, lines=1, figures=4, quotes=0, width=110),
    Density(items=0, details=0, lines=0, figures=0, quotes=0, width=90),
)


@dataclass
class _Page:
    """Blocks as they are written: lines are put together until something else comes between them."""

    blocks: list[Block] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    beside: Block | None = None

    def write(self, line: str) -> None:
        """Add a line to the paragraph, or to a new one where it is full."""
        if self.lines and sum(text.length(one) + 1 for one in self.lines) + text.length(line) > PARAGRAPH_LIMIT:
            self.end()
        self.lines.append(line)

    def end(self, below: Block | None = None) -> None:
        """End the paragraph; what stands beside it is drawn with it, `below` after it."""
        if self.lines:
            made = section("\n".join(self.lines))
            self.blocks.append({**made, "accessory": self.beside} if self.beside else made)
            self.lines, self.beside = [], None
        if below is not None:
            self.blocks.append(below)


def draw_section(facts: Facts, density: Density, marks: Mapping[str, Mark]) -> list[Block]:
    """Draw a section; what is not shown of it is counted."""
    page = _Page()
    _begin(page, facts, density)
    for item in facts.items[: density.items]:
        _draw_item(page, item, density, marks.get(item.subject))
    shown = facts.figures[: density.figures]
    if shown:
        page.end()
        page.blocks += _fields([digest_lines.figure(one) for one in shown])
    for one in facts.quotes[: density.quotes]:
        page.write(digest_lines.quote(one, density.width))
    for line in facts.notes[: density.lines]:
        page.write(digest_lines.write(line, density.width))
    more = len(facts.items) + facts.unlisted - density.items
    if more > 0:
        page.write(f"  {digest_words.more(more)}")
    page.end()
    return page.blocks


def write_whole(facts: Facts) -> Iterator[str]:
    """Yield all lines of a section, for the thread; nobody is told there who was told already."""
    yield heading(facts, DENSITIES[0].width)
    for line in (*facts.lead, *([(Piece(facts.stale),)] if facts.stale else [])):
        yield digest_lines.write(line, DENSITIES[0].width, quiet=True)
    for item in facts.items:
        yield f"• {digest_lines.write(item.line, DENSITIES[0].width, quiet=True)}"
        yield from (f"    {digest_lines.write(one, DENSITIES[0].width, quiet=True)}" for one in item.details)
    if facts.unlisted:
        yield digest_words.unlisted(facts.unlisted)
    for figure in facts.figures:
        yield f"• {digest_lines.figure(figure).replace(chr(10), ': ')}"
    yield from (digest_lines.quote(one, DENSITIES[0].width) for one in facts.quotes)
    yield from (digest_lines.write(line, DENSITIES[0].width, quiet=True) for line in facts.notes)


def heading(facts: Facts, width: int) -> str:
    """Write the first line of a section."""
    parts = [Piece(facts.heading, bold=True)] if not is_blank(facts.heading) else []
    if not is_blank(facts.summary):
        parts.append(Piece(f" · {facts.summary}" if parts else facts.summary))
    return digest_lines.write(tuple(parts), width)


def _begin(page: _Page, facts: Facts, density: Density) -> None:
    """Write the heading and what stands below it before any item."""
    if facts.stale:
        page.write(f"⚠ {digest_lines.write((Piece(facts.stale),), density.width)}")
        return
    beside, below = draw_acts(facts.acts)
    lead = list(facts.lead[: density.lines])
    if _is_one_line(facts) and lead:
        page.write(digest_lines.write(_joined(facts, lead.pop(0)), density.width))
    elif not is_blank(facts.heading + facts.summary):
        page.write(heading(facts, density.width))
    for line in lead:
        page.write(digest_lines.write(line, density.width))
    if (beside or below) and not page.lines:
        page.write(text.NOTHING)
    page.beside = beside
    if below is not None:
        page.end(below)


def _is_one_line(facts: Facts) -> bool:
    """Say whether a section is but a heading and a sentence, which then stand side by side."""
    rest = (facts.summary, facts.items, facts.figures, facts.quotes, facts.lead[1:])
    return not is_blank(facts.heading) and not any(rest)


def _joined(facts: Facts, line: Line) -> Line:
    return (Piece(facts.heading, bold=True), Piece(" · "), *line)


def _draw_item(page: _Page, item: Item, density: Density, mark: Mark | None) -> None:
    if mark is not None:
        page.write(digest_lines.struck(item, mark, density.width))
        return
    line = digest_lines.write(item.line, density.width)
    details = [digest_lines.write(one, density.width) for one in item.details[: density.details]]
    beside, below = draw_acts(item.acts)
    if beside is None and below is None:
        for one in (f"• {line}", *(f"    {detail}" for detail in details)):
            page.write(one)
        return
    page.end()
    page.beside = beside
    for one in (line, *details):
        page.write(one)
    page.end(below)


def _fields(written: Sequence[str]) -> Iterable[Block]:
    for start in range(0, len(written), FIELDS_LIMIT):
        fields = [{"type": "mrkdwn", "text": one} for one in written[start : start + FIELDS_LIMIT]]
        yield {"type": "section", "fields": fields}
