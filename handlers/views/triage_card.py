"""The card of a report: one message, edited in place; pure."""

import re
from typing import Any

from bot.errors import UserError
from bot.text import is_blank
from bot.triage.cards import Card, ReportLine
from bot.triage.states import Action, actions_from
from handlers.views import candidates, sentences, suggestions, text, words
from handlers.views.blocks import (
    MESSAGE_LIMIT,
    Block,
    actions,
    button,
    context,
    divider,
    option,
    overflow,
    section,
    size,
)
from storage.models import ReportState

ACCEPT = "report.accept"
TAKE = "report.take"
ASK = "report.ask"
START = "report.start"
STOP = "report.stop"
FIX = "report.fix"
VERIFY = "report.verify"
FAIL = "report.fail"
SKIP = "report.skip"
WAKE = "report.wake"
REOPEN = "report.reopen"
UNDO = "report.undo"
OPEN_PRIVATE = "report.open_private"
MENU = "report.menu"
MENU_DUPLICATE = "duplicate"
MENU_SNOOZE = "snooze"
MENU_DECLINE = "decline"
MENU_WRONG_TEAM = "component"
MENU_MORE = "more"
_ID = re.compile(r"[0-9]{1,18}")

TITLE_LIMIT = 400
WHAT_LIMIT = 1200
SHORT_LIMIT = 500
ENTRY_LIMIT = 200
THREAD_ROWS = 4
ATTACHMENTS = 4
# How much of each limit is used: the smaller ones only where all texts together are too much for one message.
SHARES = (1.0, 0.5, 0.25)


def draw(card: Card) -> list[Block]:
    """Draw the card as everybody in the channel sees it; a private report shows only that it is there."""
    if card.line.private:
        return _masked(card)
    return draw_open(card)


def draw_open(card: Card) -> list[Block]:
    """Draw the whole card, for those who may see it; long texts are cut until it is one message."""
    for share in SHARES:
        blocks = _open(card, share)
        if size(blocks) < MESSAGE_LIMIT:
            break
    return blocks


def summary(card: Card) -> str:
    """Say what the card says, for notifications and screen readers."""
    line = card.line
    if line.private:
        return f"{line.key} is a private report ({words.state(line)}). Only the triage team can open it."
    owner = words.person(line.owner)
    return (
        f"{line.key} · {text.inline(line.title, TITLE_LIMIT)} · {words.state(line)} · severity"
        f" {line.severity or 'not rated yet'} · {words.part(line.component)} · owner {owner}"
        f" · reported by {words.person(card.reporter)}{_due(line)}{suggestions.summary(card)}"
    )


def _due(line: ReportLine) -> str:
    return f" · {words.due(line)}" if line.due_at is not None else ""


def pressed(action: dict[str, Any]) -> int:
    """Read which report a button is for.

    Raises:
        UserError: it names none.
    """
    return _report_id(str(action.get("value")))


def menu_choice(action: dict[str, Any]) -> tuple[str, int]:
    """Read which line of the card's menu was chosen, and for which report.

    Raises:
        UserError: it is a line that this version does not have.
    """
    name, _, report_id = str((action.get("selected_option") or {}).get("value")).partition(":")
    if name not in {one for _, one, _ in _MENU}:
        raise UserError(words.OUTDATED)
    return name, _report_id(report_id)


def _report_id(written: str) -> int:
    if not _ID.fullmatch(written):
        raise UserError(words.OUTDATED)
    return int(written)


def _masked(card: Card) -> list[Block]:
    return [
        section(f"*{card.line.key}* · private report · {words.state(card.line)}"),
        context("Only the triage team and its reporter can open it."),
        actions(button("Open", OPEN_PRIVATE, str(card.line.report_id))),
    ]


def _open(card: Card, share: float) -> list[Block]:
    found: list[Block | None] = [
        section(f"*{card.line.key} · {text.inline(card.line.title, int(TITLE_LIMIT * share))}*"),
        None if is_blank(card.what) else section(text.quote(card.what, int(WHAT_LIMIT * share))),
        None if is_blank(card.expected) else section(f"*Expected:* {_short(card.expected, share)}"),
        _thread(card, share),
        context(*_origin(card, share)),
        section(_facts(card, share)),
        *candidates.draw(card, int(text.LINK_LIMIT * share)),
        divider(),
        section(_standing(card)),
        *_buttons(card),
    ]
    return [block for block in found if block is not None]


def _short(words_of_report: str, share: float) -> str:
    return text.inline(words_of_report, int(SHORT_LIMIT * share))


def _link(url: str, label: str, share: float) -> str:
    return text.link(url, label, int(text.LINK_LIMIT * share))


def _thread(card: Card, share: float) -> Block | None:
    if not card.transcript:
        return None
    lines = [
        f"*{text.inline(author, words.NAME_LIMIT)}:* {text.inline(said, int(ENTRY_LIMIT * share))}"
        for author, said in card.transcript[:THREAD_ROWS]
    ]
    more = len(card.transcript) - len(lines)
    if more > 0:
        lines.append(f"… and {more} more {'message' if more == 1 else 'messages'}: see *More…*")
    return section("*The thread so far*\n" + "\n".join(lines))


def _origin(card: Card, share: float) -> list[str]:
    created = card.line.created_at
    origin = [
        f"Reported by {words.person(card.reporter)}, {text.date(created, f'{created:%d %b %Y at %H:%M} UTC')}",
        words.people_met(card.hits),
    ]
    if card.source_permalink:
        origin.append(_link(card.source_permalink, "the message", share))
    if card.url:
        origin.append(_link(card.url, "where it happens", share))
    origin.extend(_link(permalink, name, share) for name, permalink in card.attachments[:ATTACHMENTS])
    return origin


def _facts(card: Card, share: float) -> str:
    line = card.line
    component = "none yet" if is_blank(line.component) else words.part(line.component)
    why = "" if is_blank(card.route_reason) else f" ({text.inline(card.route_reason, ENTRY_LIMIT)})"
    facts = [
        f"*Component:* {component}{why}",
        f"*Severity:* {words.severity(line.severity)}",
        f"*Owner:* {words.person(line.owner)}",
        *suggestions.facts(card),
    ]
    if line.due_at is not None:
        facts.append(f"*Triage:* {words.due(line)}")
    if not is_blank(card.issue_key):
        facts.append(f"*Issue:* {_link(card.issue_url, card.issue_key, share)}")
    if not is_blank(card.issue_problem):
        label = "Not in the tracker yet" if is_blank(card.issue_key) else "Not up to date there"
        facts.append(f"*{label}:* {text.inline(card.issue_problem, ENTRY_LIMIT)}")
    if not is_blank(card.fixed_in):
        facts.append(f"*Fixed in:* {text.inline(card.fixed_in, ENTRY_LIMIT)}")
    if not is_blank(card.how_to_check):
        facts.append(f"*How to check:* {_short(card.how_to_check, share)}")
    if card.came_back:
        facts.append(f"*Came back:* {card.came_back} {'time' if card.came_back == 1 else 'times'}")
    return "\n".join(facts)


def _standing(card: Card) -> str:
    mark = words.MARKS[card.line.state]
    if card.decision is None:
        return f"{mark} *{words.state(card.line)}* · waits for triage"
    return f"{mark} *{words.state(card.line)}* · {sentences.standing(card.decision, card.line.key)}"


_BUTTONS: dict[ReportState, tuple[tuple[str, str], ...]] = {
    ReportState.NEW: (("Accept", ACCEPT), ("I'll take this", TAKE), ("Needs info…", ASK)),
    ReportState.NEEDS_INFO: (("Accept", ACCEPT), ("I'll take this", TAKE)),
    ReportState.SNOOZED: (("Accept", ACCEPT), ("Wake now", WAKE)),
    ReportState.ACCEPTED: (("Start", START), ("Fixed…", FIX), ("I'll take this", TAKE)),
    ReportState.IN_PROGRESS: (("Fixed…", FIX), ("Stop", STOP)),
    ReportState.FIXED: (("Works", VERIFY), ("Still broken…", FAIL), ("Cannot test", SKIP)),
    ReportState.CLOSED: (("Reopen…", REOPEN),),
}
_MENU: tuple[tuple[str, str, Action | None], ...] = (
    ("Mark as duplicate…", MENU_DUPLICATE, Action.DUPLICATE),
    ("Snooze…", MENU_SNOOZE, Action.SNOOZE),
    ("Decline…", MENU_DECLINE, Action.DECLINE),
    ("Wrong team…", MENU_WRONG_TEAM, None),
    ("More…", MENU_MORE, None),
)


def _buttons(card: Card) -> list[Block]:
    state, value = card.line.state, str(card.line.report_id)
    shown = [
        button(label, action_id, value, primary=place == 0 and state is not ReportState.CLOSED)
        for place, (label, action_id) in enumerate(_BUTTONS[state])
    ]
    if state is ReportState.CLOSED and card.decision is not None and card.decision.by is not None:
        shown.append(button("Undo", UNDO, value))
    allowed = actions_from(state)
    lines = [
        option(label, f"{name}:{value}")
        for label, name, action in _MENU
        if action in allowed or (action is None and (state is not ReportState.CLOSED or name == MENU_MORE))
    ]
    return [actions(*shown, overflow(MENU, lines))]
