"""*Wrong team…*: the form that moves a report, and the lines that would have sent it right; pure."""

import json
from collections.abc import Sequence
from typing import Any

from bot.triage.cards import Card
from bot.triage.moving import Target
from bot.triage.rule_draft import RuleDraft
from handlers.views import submission, text, words
from handlers.views.blocks import Block, context, modal, notice, option, section, select

FORM = "decide.wrong_team"
COMPONENT = "component"
TEAM = "team"
LINES_LIMIT = 1500
Choices = Sequence[tuple[str, str]]


def draw(card: Card, components: Choices, teams: Choices) -> Block:
    """Draw the form that asks where a report belongs; `components` and `teams` are (key, name)."""
    why = text.inline(card.route_reason, 300)
    here = f"It is with {text.inline(card.team, words.NAME_LIMIT)} ({words.part(card.line.component)})"
    blocks = [
        section(f"*{card.line.key}* · {text.inline(card.line.title, 400)}"),
        context(f"{here}: {why}" if why else here),
        *_menu(COMPONENT, "Which part is it about?", components),
        *_menu(TEAM, "Or only: whose is it?", teams),
        context("The team of a part comes with it. You then see the lines that would have sent it there."),
    ]
    metadata = json.dumps({"report_id": card.line.report_id})
    return modal(FORM, f"Wrong team {card.line.key}", "Move", blocks, metadata)


def read(view: dict[str, Any]) -> Target:
    """Read where a report belongs."""
    return Target(submission.chosen(view, COMPONENT), submission.chosen(view, TEAM))


def done(card: Card, draft: RuleDraft | None) -> Block:
    """Say where the report is now, and show the lines for the settings file, ready to copy."""
    line = card.line
    said = f"*{line.key}* is with {text.inline(card.team, words.NAME_LIMIT)} now ({words.part(line.component)})."
    owner = f"Owner: {words.person(line.owner)}."
    blocks = [section(f"{said} {owner}")]
    if draft is None:
        blocks.append(context("No rule can be made of its words that would have sent it there."))
        return notice(f"Moved {line.key}", blocks)
    lines = text.mrkdwn(draft.lines.replace("```", "'''"), LINES_LIMIT)
    blocks.append(section(f"These lines would have sent it there. {_place(draft)}"))
    blocks.append(section(f"```{lines}```"))
    if line.private:
        blocks.append(context("The report is private: look at the words before you show them to others."))
    return notice(f"Moved {line.key}", blocks)


def _place(draft: RuleDraft) -> str:
    file = text.inline(draft.file, 80)
    if not draft.before:
        return f"Put them at the end of {file}:"
    rule = text.inline(draft.before, 80)
    where = f"before line {draft.line} of {file}" if draft.line else f"among the routes of {file}"
    return f"Put them {where}, above “{rule}”:"


def _menu(name: str, label: str, choices: Choices) -> list[Block]:
    lines = [option(shown, key) for key, shown in choices]
    return [select(name, label, lines, optional=True)] if lines else []
