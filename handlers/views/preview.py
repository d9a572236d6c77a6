"""An issue as a link or key to it is shown; pure."""

from collections.abc import Sequence

from bot.triage.previews import Preview
from handlers.views import text
from handlers.views.blocks import Block, context, section
from storage.models import IssueState

_TITLE_LIMIT = 200
_STATES = {
    IssueState.OPEN: "○ open",
    IssueState.DOING: "◐ in progress",
    IssueState.DONE: "● done",
    IssueState.DROPPED: "✕ not planned",
}


def draw(preview: Preview) -> list[Block]:
    """Draw what stands below a link."""
    return [
        section(f"*{text.inline(preview.key, 100)}* {text.inline(preview.title, _TITLE_LIMIT)}"),
        context(_facts(preview)),
    ]


def listed(found: Sequence[Preview]) -> tuple[str, list[Block]]:
    """List issues, one a line, for the thread of a message that names them."""
    lines = [f"{text.link(one.url, one.key)} {text.inline(one.title, _TITLE_LIMIT)} · {_facts(one)}" for one in found]
    return "\n".join(lines), [context(line) for line in lines]


def _facts(preview: Preview) -> str:
    facts = [_STATES[preview.state]]
    if preview.assignee:
        facts.append(text.inline(preview.assignee, 80))
    if preview.report_key:
        key = (
            text.link(preview.report_permalink, preview.report_key) if preview.report_permalink else preview.report_key
        )
        facts.append(f"reported as {key}")
    return " · ".join(facts)
