"""The form that changes a digest, for people who do not edit the settings file; pure."""

import json
from collections.abc import Mapping
from datetime import time
from typing import Any

from bot.digests.audiences import Reader, default_empty, title
from bot.errors import UserError
from bot.routing.section_names import SECTION_NAMES
from bot.routing.times import Weekday
from handlers.views import submission, text
from handlers.views.blocks import Block, context, modal, option, radio, select, text_input

FORM = "digest.settings"
CHANNEL_FORM = "digest.channel"
CHANNEL = "channel"
DAILY = "daily"
WEEKLY_DAY = "weekly_day"
WEEKLY_TIME = "weekly_time"
ZONE = "tz"
EMPTY = "empty"
SECTIONS = "sections"
# Slack shows at most ten ticks in one field.
# https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element
_TICKS = 10
_DAYS = dict(zip(Weekday, ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], strict=True))
_NEVER = "never"


def draw(reader: Reader, about: Mapping[str, str]) -> Block:
    """Draw the form as the digest is now; `about` says of each section what it tells."""
    audience = reader.audience
    weekly_day, _, weekly_time = (audience.weekly or "").partition(" ")
    days = [option("Never", _NEVER), *(option(name, day) for day, name in _DAYS.items())]
    skip = [option("Nothing", "skip"), option("One line that says so", "heartbeat")]
    blocks = [
        text_input(CHANNEL, "Channel", value=audience.channel, hint="An id like C0123ABCD, or #name."),
        text_input(
            DAILY,
            "Every working day at",
            value=_clock(audience.daily),
            hint="A time like 08:30; empty for never.",
            optional=True,
        ),
        select(WEEKLY_DAY, "Every week on", days, chosen=weekly_day or _NEVER),
        text_input(WEEKLY_TIME, "… at", value=weekly_time, hint="A time like 08:30.", optional=True),
        text_input(ZONE, "Time zone", value=reader.zone.key, hint="Like Europe/Berlin."),
        radio(EMPTY, "In a week without news, post", skip, chosen=audience.empty or default_empty(reader.key)),
        *_ticks(reader, about),
        context("What you choose here goes before the settings file. Empty fields of it are as the file says."),
    ]
    metadata = json.dumps({"audience": reader.key, "was": _given(reader)})
    return modal(FORM, text.plain(f"{title(reader.key)} digest", 24), "Save", blocks, metadata)


def draw_channel(run_id: int, name: str, channel: str) -> Block:
    """Draw the form that asks for another channel for a digest that could not be posted."""
    blocks = [
        text_input(CHANNEL, "Post it in", hint="#name or an id like C0123ABCD; Liaison must be in it."),
        context(f"The {text.inline(name, 75)} digest could not be posted in {text.channel(channel)}."),
    ]
    return modal(CHANNEL_FORM, "Another channel", "Post it there", blocks, json.dumps({"run_id": run_id}))


def audience_of(view: dict[str, Any]) -> str:
    """Read which digest a form is for.

    Raises:
        UserError: it names none.
    """
    key = submission.metadata(view).get("audience")
    if not isinstance(key, str):
        raise UserError("This form is of an older version. Type `/liaison digest` again.")
    return key


def run_of(view: dict[str, Any]) -> int:
    """Read which run a form is for.

    Raises:
        UserError: it names none.
    """
    run_id = submission.metadata(view).get("run_id")
    if not isinstance(run_id, int):
        raise UserError("This form is of an older version. Press the button again.")
    return run_id


def submitted_channel(view: dict[str, Any]) -> str:
    """Read which channel was named."""
    return submission.typed(view, CHANNEL).strip()


def submitted(view: dict[str, Any]) -> dict[str, Any]:
    """Read what was chosen, as values of the settings file; what was not touched is as it was shown.

    Raises:
        UserError: a time is missing.
    """
    was = submission.metadata(view).get("was")
    was = was if isinstance(was, dict) else {}
    day = submission.chosen(view, WEEKLY_DAY) or str(was.get(WEEKLY_DAY, _NEVER))
    clock = submission.typed(view, WEEKLY_TIME).strip() or (
        str(was.get(WEEKLY_TIME, "")) if day == was.get(WEEKLY_DAY) else ""
    )
    if day != _NEVER and not clock:
        raise UserError("Say at what time the weekly digest is posted, like 08:30.")
    chosen = [name for name in SECTION_NAMES if name in _ticked(view, was)]
    if not chosen:
        raise UserError("Choose at least one section.")
    return {
        CHANNEL: submission.typed(view, CHANNEL).strip() or was.get(CHANNEL, ""),
        DAILY: submission.typed(view, DAILY).strip() or None,
        "weekly": f"{day} {clock}" if day != _NEVER else None,
        ZONE: submission.typed(view, ZONE).strip() or was.get(ZONE),
        EMPTY: submission.chosen(view, EMPTY) or was.get(EMPTY),
        SECTIONS: chosen,
    }


def _ticks(reader: Reader, about: Mapping[str, str]) -> list[Block]:
    found = []
    for at in range(0, len(SECTION_NAMES), _TICKS):
        options = [option(about[name], name) for name in SECTION_NAMES[at : at + _TICKS]]
        element: Block = {"type": "checkboxes", "action_id": f"{SECTIONS}{at}", "options": options}
        initial = [one for one in options if one["value"] in reader.sections]
        if initial:
            element["initial_options"] = initial
        label = "What it tells" if at == 0 else "… and"
        found.append(
            {
                "type": "input",
                "block_id": f"{SECTIONS}{at}",
                "label": {"type": "plain_text", "text": label},
                "element": element,
                "optional": True,
            }
        )
    return found


def _ticked(view: dict[str, Any], was: dict[str, Any]) -> set[str]:
    values = view.get("state", {}).get("values", {})
    found: set[str] = set()
    for at in range(0, len(SECTION_NAMES), _TICKS):
        name = f"{SECTIONS}{at}"
        chosen = (values.get(name, {}).get(name) or {}).get("selected_options")
        if chosen is None:
            # A field that nobody touched.
            found |= set(was.get(SECTIONS, ())) & set(SECTION_NAMES[at : at + _TICKS])
        else:
            found |= {str(one.get("value")) for one in chosen}
    return found


def _given(reader: Reader) -> dict[str, Any]:
    day, _, clock = (reader.audience.weekly or "").partition(" ")
    return {
        CHANNEL: reader.audience.channel,
        WEEKLY_DAY: day or _NEVER,
        WEEKLY_TIME: clock,
        ZONE: reader.zone.key,
        EMPTY: reader.audience.empty or default_empty(reader.key),
        SECTIONS: list(reader.sections),
    }


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""
