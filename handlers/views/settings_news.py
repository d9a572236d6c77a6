"""What administrators are told of the settings file; pure. Gives (text, blocks)."""

from typing import Any

from handlers.views import text
from handlers.views.blocks import Block, section

LINE_LIMIT = 300


def mended(facts: dict[str, Any]) -> tuple[str, list[Block]]:
    """Say that the file is in force again."""
    said = f"{_name(facts)} is *in force again*: {text.inline(str(facts['summary']), 150)}."
    return said, [section(said)]


def refused(facts: dict[str, Any]) -> tuple[str, list[Block]]:
    """Say that the file is refused, and why."""
    name = _name(facts)
    lines = [f"• {text.inline(str(line), LINE_LIMIT)}" for line in facts["problems"]]
    more = int(facts["count"]) - len(lines)
    if more > 0:
        lines.append(f"… and {more} more: `liaison check {name}` shows them all.")
    said = f"{name} is *refused*; the former settings stay in force.\n" + "\n".join(lines)
    after = "Mend the file: it is read again by itself."
    return f"{said}\n{after}", [section(said), section(after)]


def _name(facts: dict[str, Any]) -> str:
    return text.inline(str(facts["file"]), 80)
