"""The small forms behind the card's buttons; pure. Each carries the report it is for."""

import json
from collections.abc import Sequence
from typing import Any

from bot.errors import UserError
from bot.text import is_blank
from bot.triage import editing
from bot.triage.cards import Card
from bot.triage.severity import SENTENCES
from handlers.views import submission, suggestions, text, words
from handlers.views.blocks import (
    Block,
    context,
    date_input,
    modal,
    option,
    radio,
    section,
    select,
    text_input,
)
from storage.models import Resolution, Severity

ACCEPT = "decide.accept"
TAKE = "decide.take"
ASK = "decide.ask"
ANSWER = "decide.answer"
DUPLICATE = "decide.duplicate"
SNOOZE = "decide.snooze"
DECLINE = "decide.decline"
FIX = "decide.fix"
FAIL = "decide.fail"
REOPEN = "decide.reopen"
EDIT = "decide.edit"

SEVERITY = "severity"
COMPONENT = "component"
NOTE = "note"
BUILD = "build"
UNTIL = "until"
HITS = "hits"
RESOLUTION = "resolution"
ORIGINAL = "original"
WORDS = "words"
TITLE = "title"
WHAT = "what"
EXPECTED = "expected"

_HITS = (1, 2, 3, 5, 10, 20)


def report_id(view: dict[str, Any]) -> int:
    """Read which report a form is for.

    Raises:
        UserError: it names none.
    """
    found = submission.metadata(view).get("report_id")
    if not isinstance(found, int):
        raise UserError("This form is of an older version. Close it and press the button again.")
    return found


def accept(card: Card, components: Sequence[tuple[str, str]], *, take: bool) -> Block:
    """Draw the form that asks for what is missing before a report can be accepted; what is proposed is filled in."""
    suggested = suggestions.component_of(card)
    carried = {
        "severity": card.line.severity or suggestions.severity_of(card),
        "component": suggested.value if suggested else _key(components, card.line.component),
    }
    blocks = [_how_bad(carried["severity"]), _component(components, carried["component"])]
    if said := suggestions.note(card):
        blocks.append(context(said))
    title, callback_id = ("Take", TAKE) if take else ("Accept", ACCEPT)
    return _form(callback_id, f"{title} {card.line.key}", title, [_about(card), *blocks], card, **carried)


def ask(card: Card) -> Block:
    """Draw the form for a question to the reporter."""
    note = text_input(NOTE, f"What should {_name(card)} add?", lines=True)
    small = context("They get it as a direct message. Their answer brings the report back to the top.")
    return _form(ASK, f"Ask about {card.line.key}", "Ask", [_about(card), note, small], card)


def answer(card: Card) -> Block:
    """Draw the form for the reporter's answer."""
    question = section(f"*The question*\n{text.quote(card.question, 1500)}")
    return _form(
        ANSWER,
        f"Answer {card.line.key}",
        "Send",
        [question, text_input(NOTE, "Your answer", lines=True)],
        card,
    )


def duplicate(card: Card, found: Sequence[tuple[str, str]], searched: str = "") -> Block:
    """Draw the form that marks a duplicate; `found` are (number, line) to choose from."""
    blocks = [_about(card)]
    if found:
        lines = [option(label, number) for number, label in found]
        blocks.append(radio(ORIGINAL, "It is the same as", lines, optional=True))
    else:
        blocks.append(section(f"Nothing similar found for “{text.inline(searched or card.line.title, 150)}”."))
    hint = "A key such as BUG-98, or words to search for: the results are shown before anything is changed."
    blocks.append(text_input(WORDS, "Another one", hint=hint, optional=True))
    return _form(DUPLICATE, f"Duplicate {card.line.key}", "Continue", blocks, card)


def snooze(card: Card) -> Block:
    """Draw the form that sets a report aside."""
    lines = [option(f"{hits} more {'person' if hits == 1 else 'people'}", str(hits)) for hits in _HITS]
    blocks = [
        _about(card),
        date_input(UNTIL, "Until this day", optional=True),
        select(HITS, "Or until it was met by", lines, optional=True),
        context("Whichever comes first brings it back to the top."),
    ]
    return _form(SNOOZE, f"Snooze {card.line.key}", "Snooze", blocks, card)


def decline(card: Card) -> Block:
    """Draw the form that closes a report without a fix."""
    offered = (
        Resolution.NOT_A_BUG,
        Resolution.BY_DESIGN,
        Resolution.CANNOT_REPRODUCE,
        Resolution.WILL_NOT_FIX,
    )
    lines = [option(words.RESOLUTIONS[one].capitalize(), one) for one in offered]
    blocks = [
        _about(card),
        radio(RESOLUTION, "Why?", lines),
        text_input(NOTE, f"What {_name(card)} will read", lines=True),
    ]
    return _form(DECLINE, f"Decline {card.line.key}", "Decline", blocks, card)


def fix(card: Card) -> Block:
    """Draw the form that says where a report is fixed and how to check it."""
    blocks = [
        _about(card),
        text_input(BUILD, "In which build or version?", hint="Such as 2.4.1 or build 5120", optional=True),
        text_input(NOTE, "How can it be checked?", lines=True, optional=True),
    ]
    return _form(FIX, f"Fixed {card.line.key}", "Fixed", blocks, card)


def fail(card: Card) -> Block:
    """Draw the form that sends a report back to its owner."""
    return _form(FAIL, f"Still broken {card.line.key}", "Send back", [_about(card), _seen()], card)


def reopen(card: Card) -> Block:
    """Draw the form that opens a closed report again."""
    return _form(REOPEN, f"Reopen {card.line.key}", "Reopen", [_about(card), _seen()], card)


def edit(card: Card) -> Block:
    """Draw the form that corrects the words of a report."""
    blocks = [
        text_input(TITLE, "Title", value=card.line.title),
        _long_input(WHAT, "What happened?", card.what),
        _long_input(EXPECTED, "What did you expect?", card.expected),
        _how_bad(card.line.severity or "", optional=True),
    ]
    return _form(EDIT, f"Edit {card.line.key}", "Save", blocks, card)


def carried(view: dict[str, Any], name: str) -> str:
    """Read a menu, or what stood in it when it was drawn if nobody touched it."""
    return submission.chosen(view, name) or str(submission.metadata(view).get(name, ""))


def rated(view: dict[str, Any]) -> Severity | None:
    """Read how bad a report was said to be; None where nothing was chosen, or what no version offers."""
    chosen = submission.chosen(view, SEVERITY)
    return Severity(chosen) if chosen in set(Severity) else None


def _how_bad(chosen: str, *, optional: bool = False) -> Block:
    lines = [option(f"{severity}: {sentence}", severity) for severity, sentence in SENTENCES.items()]
    return radio(SEVERITY, "How bad is it?", lines, chosen=chosen, optional=optional)


def _form(callback_id: str, title: str, submit: str, blocks: Sequence[Block], card: Card, **carried: str) -> Block:
    metadata = json.dumps({"report_id": card.line.report_id, **carried})
    return modal(callback_id, title, submit, blocks, metadata)


def _about(card: Card) -> Block:
    return section(f"*{card.line.key}* · {text.inline(card.line.title, 400)}")


def _long_input(name: str, label: str, words_now: str) -> Block:
    """Make a field for a text that may be longer than a field; `editing.edit` keeps what did not fit."""
    hint = "Only the beginning fits in here; what follows it stays as it is." if editing.is_cut(words_now) else ""
    return text_input(name, label, lines=True, value=words_now, hint=hint, optional=True)


def _name(card: Card) -> str:
    """Name the reporter in a label, which is plain text."""
    who = card.reporter
    return text.plain(who.slack_user_id if is_blank(who.name) else who.name, words.NAME_LIMIT)


def _seen() -> Block:
    return text_input(NOTE, "What do you see?", lines=True)


def _component(components: Sequence[tuple[str, str]], chosen: str) -> Block:
    lines = [option(name, key) for key, name in components] or [option("General", "general")]
    return select(COMPONENT, "Which part?", lines, chosen=chosen)


def _key(components: Sequence[tuple[str, str]], name: str) -> str:
    return next((key for key, shown in components if shown == name), "")
