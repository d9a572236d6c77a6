"""A digest as plain text, for a terminal of 80 columns: whole, without any escape; pure."""

import textwrap
from collections.abc import Iterator

from bot.digests import words
from bot.digests.facts import Digest, Facts, Figure, Item, Line, Quote
from bot.text import clean, is_blank
from handlers.views import digest_lines, digest_words

WIDTH = 80
_LABEL_WIDTH = 30
_RULE = "─" * WIDTH


def draw_text(digest: Digest) -> str:
    """Write a digest as lines of at most 80 characters; only what has no space is ever longer."""
    return "\n".join(_lines(digest))


def _lines(digest: Digest) -> Iterator[str]:
    yield from _wrapped(digest.title)
    for warning in digest_words.warnings(digest):
        yield from _wrapped(warning)
    for facts in digest.facts:
        yield ""
        yield from _section(facts)
    yield ""
    yield _RULE
    parts = [*digest_words.footer(digest), f"{digest_words.how_to_change(digest)} to change"]
    yield from _wrapped(" · ".join(parts))


def _section(facts: Facts) -> Iterator[str]:
    if facts.stale:
        yield from _wrapped(f"⚠ {facts.stale}")
        return
    yield from _wrapped(" · ".join(part for part in (facts.heading, facts.summary) if not is_blank(part)))
    for line in facts.lead:
        yield from _wrapped(_plain(line), "  ")
    for item in facts.items:
        yield from _item(item)
    if facts.unlisted:
        yield from _wrapped(digest_words.unlisted(facts.unlisted), "  ")
    for figure in facts.figures:
        yield from _figure(figure)
    for quote in facts.quotes:
        yield from _wrapped(_quote(quote), "  > ", "    ")
    for line in facts.notes:
        yield from _wrapped(_plain(line), "  ")


def _item(item: Item) -> Iterator[str]:
    yield from _wrapped(_plain(item.line), "  • ", "    ")
    for line in item.details:
        yield from _wrapped(_plain(line), "    ")


def _figure(figure: Figure) -> Iterator[str]:
    series = digest_lines.finite(figure.series)
    parts = [figure.value]
    if any(value is not None for value in series):
        parts.append(words.sparkline(series))
    parts += [part for part in (figure.against, "· unusual" if figure.is_unusual else "") if not is_blank(part)]
    label = _tidy(figure.label)
    if len(label) > _LABEL_WIDTH:
        yield from _wrapped(label, "  ")
        label = ""
    yield from _wrapped(" ".join(parts), f"  {label:<{_LABEL_WIDTH}}  ", " " * (_LABEL_WIDTH + 4))


def _quote(quote: Quote) -> str:
    said = _tidy(quote.text).strip("“”\"'")
    return f"“{said}” — {quote.by}"


def _plain(line: Line) -> str:
    return digest_lines.plain(line)


def _tidy(text: str) -> str:
    return " ".join(clean(text).text.split())


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    """Break a text into lines, none of them empty."""
    indent = first if rest is None else rest
    broken = textwrap.wrap(
        _tidy(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return broken or ([first.rstrip()] if first.strip() else [])
