"""What a promise says when it is nearly due, and when it is past due; pure. Each gives (text, blocks).

Of a private report only the key is named, and where it stands.
"""

from bot.routing.terms import Stage
from bot.text import is_blank
from bot.triage.nudges import Nudge
from handlers.views import text, words
from handlers.views.blocks import Block, section

TITLE_LIMIT = 300


def act_soon(nudge: Nudge) -> tuple[str, list[Block]]:
    """Say in the card's thread that a decision is due soon, to the owner if there is one, else to the team."""
    key = nudge.card.line.key
    called = text.mention(nudge.mentions) if nudge.mentions else f"*{_team(nudge)}*"
    said = f"{key} *is due* {words.moment(nudge.due_at)}. {called}: accept it, ask, snooze or decline."
    return said, [section(said)]


def overdue(nudge: Nudge, *, with_title: bool) -> tuple[str, list[Block]]:
    """Say that a team has not decided in time, and what can be done; the title where the card is not in sight."""
    card = nudge.card
    not_yet = "*has not decided*" if nudge.stage is Stage.ESCALATED else "*has still not decided*"
    key = card.line.key if is_blank(card.line.permalink) else text.link(card.line.permalink, card.line.key)
    said = f"{_team(nudge)} {not_yet} on {key}, which was due {words.moment(nudge.due_at)}."
    if with_title and not card.line.private:
        said += f"\n_{text.inline(card.line.title, TITLE_LIMIT)}_ · {words.severity(card.line.severity)}"
    said += f"\n{_NEXT[nudge.stage]}"
    return said, [section(said)]


def _team(nudge: Nudge) -> str:
    return text.inline(nudge.card.team, words.NAME_LIMIT)


_AGAIN = "Ask who can look at it, or decide on its card yourself."
_NEXT = {
    Stage.ESCALATED: f"{_AGAIN} Otherwise there is a reminder in one working day.",
    Stage.FIRST_REMINDER: f"{_AGAIN} Otherwise there is a reminder in two working days.",
    Stage.SECOND_REMINDER: f"{_AGAIN} Otherwise there is one more, in four working days.",
    Stage.LAST_REMINDER: f"{_AGAIN} This is the last reminder.",
}
