"""The buttons and menus of digests, and what a press of one says; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.digests.facts import Act, ActKind
from bot.errors import UserError
from handlers.views import text
from handlers.views.blocks import Block, actions, button, option, overflow

DIGEST_VERIFY = "digest_verify"
DIGEST_TRIAGE = "digest_triage"
DIGEST_TAKE = "digest_take"
DIGEST_CREATE_ISSUES = "digest_create_issues"
DIGEST_ANNOUNCE_USE = "digest_announce_use"
DIGEST_ANNOUNCE_EDIT = "digest_announce_edit"
DIGEST_ANNOUNCE_DROP = "digest_announce_drop"
# What is chosen in the menu of a fix that waits to be verified.
WORKS = "works"
BROKEN = "broken"
UNTESTABLE = "untestable"
OUTDATED = "This button is of an older version. `/liaison digest` shows the digests as they are now."

_VERDICTS = (("Works", WORKS), ("Still broken…", BROKEN), ("Cannot test", UNTESTABLE))
_BUTTONS: dict[ActKind, tuple[tuple[str, str], ...]] = {
    ActKind.TRIAGE: (("Triage", DIGEST_TRIAGE),),
    ActKind.TAKE: (("Take it", DIGEST_TAKE),),
    ActKind.CREATE_ISSUES: (("Create issues", DIGEST_CREATE_ISSUES),),
    ActKind.ANNOUNCE: (
        ("Use this text", DIGEST_ANNOUNCE_USE),
        ("Edit", DIGEST_ANNOUNCE_EDIT),
        ("Do not announce", DIGEST_ANNOUNCE_DROP),
    ),
}
_ID = re.compile(r"[0-9]{1,18}")
# A menu's line carries 150 characters, a button 2,000; no act of ours needs as many.
_VALUE_LIMIT = 100


def verdict(action: dict[str, Any]) -> tuple[str, int]:
    """Read what was chosen of a fix (works, broken or untestable), and for which report.

    Raises:
        UserError: it is a line that this version does not have.
    """
    name, _, report_id = str((action.get("selected_option") or {}).get("value")).partition(":")
    if name not in {one for _, one in _VERDICTS}:
        raise UserError(OUTDATED)
    return name, _number(report_id)


def pressed(action: dict[str, Any]) -> int:
    """Read the id that a button acts on.

    Raises:
        UserError: it names none.
    """
    return _number(str(action.get("value")))


def pressed_value(action: dict[str, Any]) -> str:
    """Read what a button of a section acts on, as the section wrote it.

    Raises:
        UserError: it names nothing.
    """
    value = str(action.get("value") or "")
    if not value:
        raise UserError(OUTDATED)
    return value


def draw_acts(acts: Sequence[Act]) -> tuple[Block | None, Block | None]:
    """Draw what can be done as what stands beside a paragraph, or as a row below it; gives (beside, below)."""
    usable = [act for act in acts if act.value.strip() and text.length(act.value) <= _VALUE_LIMIT]
    menu = next((act for act in usable if act.kind is ActKind.VERIFY), None)
    buttons = list(_buttons(act for act in usable if act.kind is not ActKind.VERIFY))
    if menu is not None:
        lines = [option(label, f"{name}:{menu.value}") for label, name in _VERDICTS]
        return overflow(DIGEST_VERIFY, lines), (actions(*buttons) if buttons else None)
    if len(buttons) == 1:
        return buttons[0], None
    return None, (actions(*buttons) if buttons else None)


def _buttons(acts: Iterable[Act]) -> Iterator[Block]:
    """Yield the buttons of acts, one of each kind: Slack refuses two of one name in a row."""
    drawn = set()
    for act in acts:
        for label, action_id in _BUTTONS[act.kind]:
            if action_id not in drawn:
                drawn.add(action_id)
                is_only = len(_BUTTONS[act.kind]) == 1
                yield button(act.label if is_only and act.label.strip() else label, action_id, act.value)


def _number(written: str) -> int:
    if not _ID.fullmatch(written):
        raise UserError(OUTDATED)
    return int(written)
