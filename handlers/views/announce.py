"""What those see who announce changes: the text to copy, and the forms to change it or to say no; pure."""

import json
from typing import Any

from bot.digests.announcing import REASON_LIMIT, TAKE_BACK_WITHIN, TEXT_LIMIT, Announcement
from bot.digests.words import age
from bot.errors import UserError
from handlers.views import submission, text
from handlers.views.blocks import Block, actions, button, context, modal, section, text_input

EDIT = "announce.edit"
DROP = "announce.drop"
TAKE_BACK = "announce.take_back"
TEXT = "text"
REASON = "reason"


def used(announced: Announcement) -> tuple[str, list[Block]]:
    """Show the text that is announced, to be copied, and the way back."""
    title = text.inline(announced.title, 200)
    said = f"✅ *{title}* is announced with this text:"
    quoted = text.quote(announced.text, 2900)
    return f"{said}\n{quoted}", [
        section(said),
        section(quoted),
        actions(button("Take back", TAKE_BACK, str(announced.change_id))),
        context(
            "Copy it where your customers read. The digest says that it is done, and by whom."
            f" For {age(TAKE_BACK_WITHIN)} you can take it back."
        ),
    ]


def taken_back(announced: Announcement) -> str:
    """Say that a change waits again."""
    return f"*{text.inline(announced.title, 200)}* waits for somebody's word again."


def draw_edit(announced: Announcement) -> Block:
    """Draw the form with the text as it is."""
    hint = f"One or two sentences, at most {TEXT_LIMIT} characters."
    blocks = [
        section(f"*{text.inline(announced.title, 200)}*"),
        text_input(TEXT, "What customers are told", lines=True, value=announced.text, hint=hint),
    ]
    return modal(EDIT, "Announce", "Use this text", blocks, _metadata(announced))


def draw_drop(announced: Announcement) -> Block:
    """Draw the form that asks whether a change stays with us, and why."""
    hint = f"At most {REASON_LIMIT} characters; kept with the decision."
    blocks = [
        section(f"*{text.inline(announced.title, 200)}* is not announced. It is only counted from now on."),
        text_input(REASON, "Why?", hint=hint, optional=True),
    ]
    return modal(DROP, "Do not announce", "Do not announce", blocks, _metadata(announced))


def change_of(view: dict[str, Any]) -> int:
    """Read which change a form is for.

    Raises:
        UserError: it names none.
    """
    change_id = submission.metadata(view).get("change_id")
    if not isinstance(change_id, int):
        raise UserError("This form is of an older version. Press the button again.")
    return change_id


def text_of(view: dict[str, Any]) -> str:
    """Read the text of a form; a field that nobody touched is as it was shown."""
    return submission.typed(view, TEXT) or str(submission.metadata(view).get("was", ""))


def reason_of(view: dict[str, Any]) -> str:
    """Read why a change is not announced; empty if nobody said."""
    return submission.typed(view, REASON)


def _metadata(announced: Announcement) -> str:
    return json.dumps({"change_id": announced.change_id, "was": announced.text})
