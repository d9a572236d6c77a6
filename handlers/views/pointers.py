"""Short lines about a report where its card does not stand; pure. Each gives (text, blocks)."""

from bot.triage.cards import Card
from handlers.views import text, words
from handlers.views.blocks import Block, section

TITLE_LIMIT = 200
REASON_LIMIT = 300


def notified(card: Card) -> tuple[str, list[Block]]:
    """Say in a channel that there is a new report which its rules tell it of."""
    line = card.line
    said = (
        f"{_key(card)} · {text.inline(line.title, TITLE_LIMIT)} · {line.severity or 'not rated yet'}"
        f" · {words.part(line.component)} · {text.inline(card.team, words.NAME_LIMIT)} has it"
    )
    return said, [section(said)]


def moved(card: Card) -> tuple[str, list[Block]]:
    """Say in the channel of a report's new team that it is theirs now, and where its card stands."""
    team = text.inline(card.team, words.NAME_LIMIT)
    if card.line.private:
        said = f"The private report {_key(card)} belongs to {team} now. Open it from its card."
    else:
        said = f"{_key(card)} · {text.inline(card.line.title, TITLE_LIMIT)} *belongs to {team}* now."
    return said, [section(said)]


def masked(card: Card) -> tuple[str, list[Block]]:
    """Say in place of an earlier message that its report is private by now."""
    said = f"{_key(card)} is a private report. Only the triage team and its reporter can open it."
    return said, [section(said)]


def owned(card: Card) -> tuple[str, list[Block]]:
    """Tell somebody that a report is theirs, and why."""
    said = f"{_key(card)} is *yours*: {text.inline(card.line.title, TITLE_LIMIT)}"
    why = text.inline(card.route_reason, REASON_LIMIT)
    about = f"{words.severity(card.line.severity)} · {words.part(card.line.component)}\n{why}".strip()
    return f"{said}\n{about}", [section(said), section(about)]


def _key(card: Card) -> str:
    return text.link(card.line.permalink, card.line.key) if card.line.permalink else card.line.key
