"""What people are told in private: filed, joined, decided; pure. Each gives (text, blocks)."""

from bot.text import is_blank
from bot.triage.cards import Card, DecisionLine
from bot.triage.states import Action
from handlers.views import sentences, text, words
from handlers.views.blocks import Block, actions, button, section
from storage.models import ReportState

ANSWER = "report.answer"
FILE_HELD = "report.file_held"
MAKE_PRIVATE = "report.make_private"
MAKE_PUBLIC = "report.make_public"
EDIT = "report.edit"
TITLE_LIMIT = 300
# With the timeline behind them these stay under the limit of one message.
WORDS_LIMIT = 1200
ADDRESS_LIMIT = 1000


def filed(card: Card) -> tuple[str, list[Block]]:
    """Tell who filed a report its key and where it is."""
    line = card.line
    said = (
        f"{_key(card)} is filed: {text.inline(line.title, TITLE_LIMIT)}\n"
        f"{text.inline(card.team, 80)} will look at it. You hear what becomes of it."
    )
    return said, [section(said)]


def joined(card: Card) -> tuple[str, list[Block]]:
    """Tell who added themselves to a report how it stands."""
    line = card.line
    owner = f", owner {words.person(line.owner)}" if line.owner else ""
    said = (
        f"You are added to {_key(card)}: {text.inline(line.title, TITLE_LIMIT)}\n"
        f"{words.state(line)}{owner} · {words.people_met(card.hits)}. You hear what becomes of it."
    )
    return said, [section(said)]


def held(title: str, form_id: str) -> tuple[str, list[Block]]:
    """Ask who left the second step of the form open whether to file what they wrote."""
    said = (
        f"You began to report “{text.inline(title, TITLE_LIMIT)}”, and a similar report was shown to you."
        " Yours is kept, but not filed."
    )
    return said, [section(said), actions(button("File it as new", FILE_HELD, form_id, primary=True))]


def warned(card: Card) -> tuple[str, list[Block]]:
    """Remind a reporter that a question still waits, and of what follows."""
    said = (
        f"{_key(card)} still waits for your answer: {text.inline(card.question, TITLE_LIMIT)}\n"
        "Without one it is closed in four days. You can reopen it after that."
    )
    return said, [section(said), _answer_button(card)]


def decided(card: Card, decision: DecisionLine, reader: str) -> tuple[str, list[Block]]:
    """Tell somebody what was decided on a report they filed, follow or own, and what they can do."""
    said = sentences.decided(decision, _key(card))
    about = f"_{text.inline(card.line.title, TITLE_LIMIT)}_"
    action = Action(decision.kind)
    if action is Action.ANSWER and reader == (card.line.owner.slack_user_id if card.line.owner else ""):
        about += "\nIt needs your decision again."
    # In a block of its own: a code fence that is open in the reason would swallow it.
    blocks = [section(said), section(about)]
    if action is Action.ASK and card.line.state is ReportState.NEEDS_INFO:
        blocks.append(_answer_button(card))
    elif action is Action.FIX:
        if not is_blank(card.how_to_check):
            blocks.append(section(f"*How to check*\n{text.quote(card.how_to_check, 1000)}"))
        blocks.append(_verify_buttons(card))
    return f"{said}\n{about}", blocks


def note(card: Card, decision: DecisionLine) -> tuple[str, list[Block]]:
    """Say in the card's thread what was decided; of a private report only that something was."""
    if card.line.private:
        said = f"{card.line.key} is now: {words.state(card.line)}"
    else:
        said = sentences.decided(decision, card.line.key)
    return said, [section(said)]


def more(card: Card) -> tuple[str, list[Block]]:
    """Offer what is rarely needed, and show more of the words than the card does."""
    value = str(card.line.report_id)
    hide = (
        button("Show to everybody", MAKE_PUBLIC, value)
        if card.line.private
        else button("Make private", MAKE_PRIVATE, value)
    )
    blocks = [section(f"*{card.line.key}* · {text.inline(card.line.title, TITLE_LIMIT)}")]
    blocks += [section(text.quote(part, WORDS_LIMIT)) for part in (card.what, card.expected) if not is_blank(part)]
    if card.url:
        blocks.append(section(f"*Where:* {text.link(card.url, '', ADDRESS_LIMIT)}"))
    blocks.append(actions(button("Edit…", EDIT, value), hide))
    return f"More about {card.line.key}", blocks


def _answer_button(card: Card) -> Block:
    return actions(button("Answer…", ANSWER, str(card.line.report_id), primary=True))


def _verify_buttons(card: Card) -> Block:
    value = str(card.line.report_id)
    return actions(
        button("Works", "report.verify", value, primary=True),
        button("Still broken…", "report.fail", value),
        button("Cannot test", "report.skip", value),
    )


def _key(card: Card) -> str:
    return text.link(card.line.permalink, card.line.key) if card.line.permalink else card.line.key
