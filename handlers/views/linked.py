"""What is said of a report and its issue when a person links them, or takes them apart; pure."""

from bot.triage.cards import Card
from handlers.views import text
from handlers.views.blocks import Block, section


def linked(card: Card) -> tuple[str, list[Block]]:
    """Say that a report and an issue belong together now."""
    said = (
        f"{_key(card)} and {_issue(card)} belong together now."
        " What is decided or written on one side is seen on the other; replies that begin with 🔒 stay here."
    )
    return said, [section(said)]


def unlinked(card: Card) -> tuple[str, list[Block]]:
    """Say that they do not any more; `card` is as it was before."""
    said = (
        f"{_key(card)} and {_issue(card)} go their own ways now. The issue stays as it is;"
        f" `/liaison link {card.line.key} address` brings them together again."
    )
    return said, [section(said)]


def _key(card: Card) -> str:
    return text.link(card.line.permalink, card.line.key) if card.line.permalink else card.line.key


def _issue(card: Card) -> str:
    return text.link(card.issue_url, card.issue_key) if card.issue_url else text.inline(card.issue_key, 100)
