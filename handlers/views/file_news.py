"""What Slack shows of files that could not be copied. Pure."""

from bot.triage.files import Untold
from handlers.views import text
from handlers.views.blocks import Block, section

_NAME_LIMIT = 100
_WHY_LIMIT = 500


def not_copied(file: Untold) -> tuple[str, list[Block]]:
    """Say that a file is not in the tracker, why, and how it is found all the same."""
    name, why = text.inline(file.name, _NAME_LIMIT), text.inline(file.why, _WHY_LIMIT)
    shown = text.link(file.permalink, file.name) if file.permalink else f"*{name}*"
    where = text.link(file.issue_url, file.issue_key) if file.issue_url else text.inline(file.issue_key, _NAME_LIMIT)
    said = f"{shown} was not copied into {where}: {why}"
    after = "The issue names its address in Slack, which only people here can open."
    return f"{said}\n{after}", [section(said), section(after)]
