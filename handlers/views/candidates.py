"""Likely duplicates on a card, each with *The same* and *Not the same*; pure."""

import re
from dataclasses import dataclass
from typing import Any

from bot.duplicates import Candidate
from bot.errors import UserError
from bot.triage.cards import Card
from handlers.views import text, words
from handlers.views.blocks import Block, context, option, overflow, section
from storage.models import ReportState

# One id for each place on the card, since an id stands for one menu of a message.
CHOOSE = ("candidate.first", "candidate.second", "candidate.third")
SAME = "same"
NOT_SAME = "not_same"
TITLE_LIMIT = 150
REASON_LIMIT = 100
_VALUE = re.compile(rf"({SAME}|{NOT_SAME}):([0-9]{{1,18}}):([0-9]{{1,18}})")


@dataclass(frozen=True)
class Answer:
    """What was said of two reports: the one of the card, and the candidate."""

    is_same: bool
    report_id: int
    other_id: int


def draw(card: Card, link_limit: int) -> list[Block]:
    """Draw up to three likely duplicates of a report nobody has decided on; nothing where there are none."""
    if not card.duplicates or card.line.state is not ReportState.NEW:
        return []
    shown = zip(CHOOSE, card.duplicates, strict=False)
    return [context("*Perhaps the same*"), *(_row(card, *one, link_limit) for one in shown)]


def read(action: dict[str, Any]) -> Answer:
    """Read what was chosen in the menu of a likely duplicate.

    Raises:
        UserError: it is a line that this version does not have.
    """
    match = _VALUE.fullmatch(str((action.get("selected_option") or {}).get("value")))
    if match is None:
        raise UserError(words.OUTDATED)
    return Answer(match[1] == SAME, int(match[2]), int(match[3]))


def _row(card: Card, action_id: str, candidate: Candidate, link_limit: int) -> Block:
    said = (
        f"{text.link(candidate.permalink, candidate.key, link_limit)} {text.inline(candidate.title, TITLE_LIMIT)}"
        f" · {words.STATES[candidate.state]} · {text.inline(candidate.reason, REASON_LIMIT)}"
    )
    pair = f"{card.line.report_id}:{candidate.report_id}"
    lines = [
        option(f"The same: close {card.line.key} for {candidate.key}", f"{SAME}:{pair}"),
        option("Not the same", f"{NOT_SAME}:{pair}"),
    ]
    return {**section(said), "accessory": overflow(action_id, lines)}
