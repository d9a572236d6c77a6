"""Lists of reports, a timeline, the help; pure. Each gives (text, blocks)."""

from collections.abc import Sequence

from bot.text import is_blank
from bot.triage.cards import ReportLine
from bot.triage.lookup import Event
from handlers.views import text, words
from handlers.views.blocks import CONTEXT_LIMIT, Block, context, section
from handlers.views.home import lines

ROWS = 10
TEXT_ROWS = 5


def found(reports: Sequence[ReportLine], asked: str) -> tuple[str, list[Block]]:
    """Show what a search found."""
    if not reports:
        said = f"Nothing found for “{text.inline(asked, 150)}”. Try fewer words, or file it with `/bug`."
        return said, [section(said)]
    return listed(reports, f"{_count(len(reports))} for “{text.inline(asked, 150)}”")


def listed(reports: Sequence[ReportLine], title: str) -> tuple[str, list[Block]]:
    """Show a list of reports under a title."""
    blocks = [section(f"*{title}*"), *lines(reports[:ROWS])]
    if len(reports) > ROWS:
        blocks.append(context(f"… and {len(reports) - ROWS} more. Add words to narrow it down."))
    named = [f"{one.key} {text.inline(one.title, 80)} ({words.state(one)})" for one in reports[:TEXT_ROWS]]
    return f"{title}: {'; '.join(named)}", blocks


def nothing(said: str) -> tuple[str, list[Block]]:
    """Say that a list is empty, and what that means."""
    return said, [section(said)]


def timeline(key: str, events: Sequence[Event]) -> tuple[str, list[Block]]:
    """Show what happened to a report, oldest first."""
    rows = [_row(event) for event in events]
    shown = _newest(rows)
    if len(shown) < len(rows):
        shown = [f"… {len(rows) - len(shown)} earlier", *shown]
    return f"What happened to {key}", [
        section(f"*{key}, from the start*"),
        *([context("\n".join(shown))] if shown else []),
    ]


def help_text(usages: Sequence[tuple[str, str]], *, lead: str = "") -> tuple[str, list[Block]]:
    """Show what can be asked, one line each: usage and meaning."""
    rows = [f"`{usage}` {meaning}" for usage, meaning in usages]
    blocks = [section(lead)] if lead else []
    return lead or "What Liaison can do", [*blocks, section("\n".join(rows))]


def _row(event: Event) -> str:
    change = f" · {text.inline(event.change, 120)}" if not is_blank(event.change) else ""
    return f"{event.at} · {text.inline(event.who, 40)} · *{event.action}* by {event.via}{change}"


def _newest(rows: Sequence[str]) -> list[str]:
    """Give as many of the last rows as one block holds."""
    kept: list[str] = []
    left = CONTEXT_LIMIT - 50
    for row in reversed(rows):
        left -= text.length(row) + 1
        if left < 0:
            break
        kept.insert(0, row)
    return kept


def _count(number: int) -> str:
    return "1 report" if number == 1 else f"{number} reports"
