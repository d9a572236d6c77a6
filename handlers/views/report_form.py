"""The report form, and its short second step when the report may be known; pure."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.duplicates import Candidate
from bot.text import beginning
from bot.triage.severity import SENTENCES
from handlers.views import submission, text, words
from handlers.views.blocks import (
    FIELD_LIMIT,
    Block,
    button,
    checkbox,
    context,
    modal,
    notice,
    option,
    radio,
    section,
    select,
    text_input,
)
from storage.models import Severity

FORM = "report.form"
KNOWN = "report.known"
TITLE = "title"
WHAT = "what"
EXPECTED = "expected"
URL = "url"
SEVERITY = "severity"
COMPONENT = "component"
PRIVATE = "private"
CHOICE = "choice"
AS_NEW = "new"
LIKELY = "likely"
ADD_ME = "report.add_me"

# Slack takes 3,000 characters of metadata; the rest of a long prefilled text stays in the form's own field.
CARRIED = 300
METADATA_LIMIT = 3000


@dataclass(frozen=True)
class Opening:
    """What a form is opened with. `form_id` makes the same form submitted twice one report."""

    channel: str
    title: str = ""
    what: str = ""
    component_key: str = ""
    source_ts: str = ""
    thread_ts: str = ""
    form_id: str = ""


@dataclass(frozen=True)
class Submitted:
    """What a person sent with the form."""

    form_id: str
    channel: str
    source_ts: str
    thread_ts: str
    title: str
    what: str
    expected: str
    url: str
    severity: Severity | None
    component_key: str
    private: bool


@dataclass(frozen=True)
class Chosen:
    """What a person chose in the second step: the report to join, or None to file `as_new`."""

    form_id: str
    join_report_id: int | None


def draw(opening: Opening, components: Sequence[tuple[str, str]], command: str = "/bug") -> Block:
    """Draw the form; `components` are (key, name). What is too long for the title's field goes below it."""
    opening = _spread(opening)
    blocks = [
        _title(opening.title),
        text_input(WHAT, "What happened?", lines=True, value=opening.what, optional=True),
        text_input(EXPECTED, "What did you expect?", lines=True, optional=True),
        text_input(URL, "Where? Paste the address of the page", optional=True),
        radio(
            SEVERITY,
            "How bad is it?",
            [option(sentence, severity) for severity, sentence in SENTENCES.items()],
            optional=True,
        ),
    ]
    if components:
        lines = [option(name, key) for key, name in components]
        blocks.append(select(COMPONENT, "Which part?", lines, chosen=opening.component_key, optional=True))
    blocks.append(checkbox(PRIVATE, "Who may see it?", "Only the triage team may see this"))
    blocks.append(context(f"Is it known already? `{command} find words` looks. Only the first line is required."))
    return modal(FORM, "Report a bug", "Report", blocks, _carry(opening))


def with_known(view: dict[str, Any], candidates: Sequence[Candidate]) -> Block:
    """Draw the form as it is, with what is perhaps known already below the title; what was typed stays."""
    blocks = [block for block in view["blocks"] if not str(block.get("block_id", "")).startswith(LIKELY)]
    if candidates:
        place = next(place for place, block in enumerate(blocks) if block.get("block_id") == TITLE)
        blocks[place + 1 : place + 1] = _likely(candidates)
    kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
    return {**{name: view[name] for name in kept}, "blocks": blocks}


def read(view: dict[str, Any]) -> Submitted:
    """Read the form. A field left as it was prefilled may come back empty: then what was carried counts."""
    carried = submission.metadata(view)
    severity = submission.chosen(view, SEVERITY)
    return Submitted(
        form_id=str(carried.get("form_id", "")),
        channel=str(carried.get("channel", "")),
        source_ts=str(carried.get("source_ts", "")),
        thread_ts=str(carried.get("thread_ts", "")),
        title=submission.typed(view, TITLE) or str(carried.get("title", "")),
        what=submission.typed(view, WHAT) or str(carried.get("what", "")),
        expected=submission.typed(view, EXPECTED),
        url=submission.typed(view, URL),
        severity=Severity(severity) if severity in set(Severity) else None,
        component_key=submission.chosen(view, COMPONENT) or str(carried.get("component_key", "")),
        private=submission.ticked(view, PRIVATE),
    )


def draw_known(form_id: str, title: str, candidates: Sequence[Candidate]) -> Block:
    """Draw the second step; the report itself waits on our side under `form_id`."""
    lines = [option(f"Add me to {one.key}: {one.title}", str(one.report_id)) for one in candidates]
    lines.append(option("File mine as new", AS_NEW))
    shown = [
        section(
            f"*{one.key}* · {text.inline(one.title, 150)}\n{words.STATES[one.state]} · {words.people_met(one.hits)}"
            f" · {text.inline(one.reason, 150)}"
        )
        for one in candidates
    ]
    blocks = [
        section(f"Somebody may have reported “{text.inline(title, 150)}” already:"),
        *shown,
        radio(CHOICE, "Is it the same?", lines, chosen=str(candidates[0].report_id)),
        context("Adding yourself files nothing: it counts one more person, and you hear what becomes of it."),
    ]
    return modal(KNOWN, "Is it known already?", "Continue", blocks, json.dumps({"form_id": form_id}))


def read_known(view: dict[str, Any]) -> Chosen:
    """Read the second step. Untouched means the first: the one that was chosen when it was drawn."""
    choice = submission.chosen(view, CHOICE) or _first_choice(view)
    join = int(choice) if choice.isdecimal() else None
    return Chosen(str(submission.metadata(view).get("form_id", "")), join)


def _title(value: str) -> Block:
    """Make the title's field, which tells us when it is entered; where a server does not, the second step asks."""
    block = text_input(TITLE, "What is wrong, in one line?", value=value)
    block["dispatch_action"] = True
    block["element"]["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
    return block


def joined(key: str) -> Block:
    """Say, in place of the form, that nothing was filed and that the person is counted instead."""
    said = f"You are counted on *{key}*. Nothing was filed; you hear what becomes of it."
    return notice(f"Added to {key}", [section(said)])


def _likely(candidates: Sequence[Candidate]) -> list[Block]:
    said = "*Perhaps known already.* Add yourself to one of these instead of filing it again:"
    return [{**section(said), "block_id": LIKELY}, *(_hint(one) for one in candidates)]


def _hint(one: Candidate) -> Block:
    facts = f"{words.STATES[one.state]} · {words.people_met(one.hits)} · {text.inline(one.reason, 150)}"
    shown = section(f"*{one.key}* {text.inline(one.title, 150)}\n{facts}")
    add = button("Add me", ADD_ME, str(one.report_id))
    return {**shown, "block_id": f"{LIKELY}.{one.report_id}", "accessory": add}


def new_form_id() -> str:
    """Make the name of one opening of the form."""
    return secrets.token_urlsafe(12)


def _spread(opening: Opening) -> Opening:
    title = beginning(opening.title, FIELD_LIMIT)
    rest = opening.title[len(title) :]
    return replace(opening, title=title, what=f"{rest}\n\n{opening.what}".strip()) if rest else opening


def _first_choice(view: dict[str, Any]) -> str:
    for block in view.get("blocks", []):
        if block.get("block_id") == CHOICE:
            return str(block["element"]["options"][0]["value"])
    return AS_NEW


def _carry(opening: Opening) -> str:
    carried = {
        "form_id": opening.form_id,
        "channel": opening.channel,
        "source_ts": opening.source_ts,
        "thread_ts": opening.thread_ts,
        "component_key": opening.component_key,
        "title": beginning(opening.title, CARRIED),
        "what": opening.what if len(opening.what) <= CARRIED else "",
    }
    written = json.dumps({name: value for name, value in carried.items() if value})
    if len(written) <= METADATA_LIMIT:
        return written
    # An emoji takes twelve characters here. Slack itself sends prefilled fields back, so these are not needed.
    return json.dumps({name: value for name, value in carried.items() if value and name not in {TITLE, WHAT}})
