"""What Slack shows of a tracker: a comment in the card's thread; to administrators, whether it answers. Pure."""

from datetime import datetime
from typing import Any

from bot.triage.comments_in import Shown
from handlers.views import rich_text, text
from handlers.views.blocks import Block, context, section

_NAME_LIMIT = 100
_ERROR_LIMIT = 500


def comment(shown: Shown) -> tuple[str, list[Block]]:
    """Show a tracker's comment under the name of who wrote it."""
    where = text.link(shown.url, shown.issue_key) if shown.url else text.inline(shown.issue_key, _NAME_LIMIT)
    by = f"*{text.inline(shown.author, _NAME_LIMIT)}* in {text.inline(shown.tracker, _NAME_LIMIT)} · {where}"
    blocks = rich_text.write_blocks(shown.text)
    words = "\n".join(str(block["text"]["text"]) for block in blocks[:1])
    return f"{by}\n{words}", [context(by), *blocks]


def down(facts: dict[str, Any]) -> tuple[str, list[Block]]:
    """Say that a tracker, or what is only read, does not do what it is asked, why, and that nothing is lost."""
    since = str(facts.get("since") or "")
    when = f" since {text.date(datetime.fromisoformat(since), since)}" if since else ""
    said = f"*{_place(facts)}* does not work{when}: {text.inline(str(facts['error']), _ERROR_LIMIT)}"
    kept = "What people decide and write is kept, and sent once it works."
    if facts.get("is_only_read"):
        kept = "Digests say so, and show nothing that is made of it."
    after = f"{kept} `liaison check` says what is missing."
    return f"{said}\n{after}", [section(said), section(after)]


def back(facts: dict[str, Any]) -> tuple[str, list[Block]]:
    """Say that a tracker works again."""
    sent = "" if facts.get("is_only_read") else " All that waited is being sent now."
    said = f"*{_place(facts)}* works again.{sent}"
    return said, [section(said)]


def _place(facts: dict[str, Any]) -> str:
    name = f"{facts['tracker']} {facts['project']}".strip()
    return text.inline(name, 2 * _NAME_LIMIT)
