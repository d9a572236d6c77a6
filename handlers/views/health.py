"""How somebody is asked for the sentence of a digest, and what they said; pure."""

import json
from typing import Any

from bot.digests import health, words
from bot.digests.health import SENTENCE_LIMIT, STATES, Word
from bot.errors import UserError
from handlers.views import submission, text
from handlers.views.blocks import Block, actions, button, context, modal, option, radio, section, text_input
from storage.models import Health

ON_TRACK = "health.on_track"
AT_RISK = "health.at_risk"
OFF_TRACK = "health.off_track"
CHANGE = "health.change"
FORM = "health.form"
STATE = "state"
SENTENCE = "sentence"
CHOICES: dict[str, Health] = {ON_TRACK: Health.ON_TRACK, AT_RISK: Health.AT_RISK, OFF_TRACK: Health.OFF_TRACK}
# What Slack answers when somebody cannot be written to: https://docs.slack.dev/reference/methods/conversations.open
_REASONS = {
    "user_not_found": "Slack does not know them",
    "user_disabled": "their account is closed",
    "user_not_visible": "Liaison may not see them",
    "cannot_dm_bot": "it is a program",
}
_OUTDATED = "This question is of an older version. Wait for the next one."


def ask(word: Word) -> tuple[str, list[Block]]:
    """Ask how things stand; gives (text, blocks)."""
    said = (
        f"*How do things stand?* The {_digest(word)} is posted on {_due(word)} in {text.channel(word.channel)},"
        " and begins with your words: one sentence. Without them it says that there are none."
    )
    if word.is_out:
        said = (
            f"*How do things stand?* The {_digest(word)} of {_due(word)} was posted in {text.channel(word.channel)}"
            " without a word from you. One sentence is put into it as soon as you write it."
        )
    choices = [button(STATES[state], action_id, str(word.word_id)) for action_id, state in CHOICES.items()]
    return said, [section(said), actions(*choices)]


def why_not(refusal: str) -> str:
    """Say in words why somebody could not be asked."""
    return _REASONS.get(refusal, refusal)


def answered(word: Word) -> tuple[str, list[Block]]:
    """Show what was answered in place of the question; gives (text, blocks)."""
    assert word.health is not None
    said = f"*{STATES[word.health]}*\n{text.quote(word.sentence, 6 * SENTENCE_LIMIT)}"
    where = f"The {_digest(word)} of {_due(word)} in {text.channel(word.channel)}"
    blocks = [section(said), context(f"{where} {'says so.' if word.is_out else 'will say so.'}")]
    if not word.is_out:
        blocks.append(actions(button("Change…", CHANGE, str(word.word_id))))
    return said, blocks


def form(word: Word, chosen: Health | None, place: tuple[str, str]) -> Block:
    """Draw the form; `place` is the channel and ts of the question."""
    options = [option(name, state) for state, name in STATES.items()]
    now = chosen or word.health
    sentence = text_input(
        SENTENCE, "In one sentence", lines=True, value=word.sentence, hint="Why, and what the risk is if there is one."
    )
    sentence["element"]["max_length"] = SENTENCE_LIMIT
    blocks = [radio(STATE, "How do things stand?", options, chosen=now.value if now else ""), sentence]
    channel, ts = place
    carried = json.dumps({"word_id": word.word_id, "channel": channel, "ts": ts, "state": now.value if now else ""})
    return modal(FORM, f"{word.audience} digest", "Save", blocks, carried)


def pressed(action: dict[str, Any]) -> tuple[int, Health | None]:
    """Read which question a button is of, and what it says.

    Raises:
        UserError: it names none.
    """
    value = str(action.get("value", ""))
    if not value.isdecimal():
        raise UserError(_OUTDATED)
    return int(value), CHOICES.get(str(action.get("action_id")))


def submitted(view: dict[str, Any]) -> health.Answer:
    """Read what was answered, still without who did.

    Raises:
        UserError: it names no question, or says nothing.
    """
    carried = submission.metadata(view)
    word_id, state = carried.get("word_id"), submission.chosen(view, STATE) or carried.get("state")
    if not isinstance(word_id, int):
        raise UserError(_OUTDATED)
    if state not in set(Health):
        raise UserError("Choose how things stand.")
    return health.Answer(
        word_id=word_id,
        slack_user_id="",
        health=Health(str(state)),
        sentence=submission.typed(view, SENTENCE),
        channel=str(carried.get("channel", "")),
        ts=str(carried.get("ts", "")),
    )


def _digest(word: Word) -> str:
    return f"{text.inline(word.audience, 80)} digest"


def _due(word: Word) -> str:
    return words.moment(word.due_at, word.zone)
