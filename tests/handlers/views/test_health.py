"""The question how things stand, its form and its answer: within Slack's limits, whatever was written."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.digests.health import Word
from bot.errors import UserError
from handlers.views import health
from storage.models import Health
from tests.blockkit import problems
from tests.handlers.views import generated

DUE = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
WORD = Word(7, "Leadership", "C0LEADS", ZoneInfo("Europe/Berlin"), DUE, "U0ANA", None, "", is_out=False)
DONE = replace(WORD, health=Health.AT_RISK, sentence="Safari is the only risk.")


def test_question_names_the_digest_and_its_time() -> None:
    said, blocks = health.ask(WORD)

    assert said.startswith("*How do things stand?* The Leadership digest is posted on Fri 27 Nov 15:00 in <#C0LEADS>")
    assert [one["action_id"] for one in blocks[1]["elements"]] == list(health.CHOICES)
    assert problems({"text": said, "blocks": blocks}, "message") == []


def test_question_says_that_it_is_late_when_the_digest_was_posted() -> None:
    said, blocks = health.ask(replace(WORD, is_out=True))

    assert "was posted in <#C0LEADS> without a word from you" in said
    assert problems({"text": said, "blocks": blocks}, "message") == []


def test_answer_can_be_changed_only_until_it_is_posted() -> None:
    said, before = health.answered(DONE)
    _, after = health.answered(replace(DONE, is_out=True))

    assert said == "*🟡 At risk*\n> Safari is the only risk."
    assert [block["type"] for block in before] == ["section", "context", "actions"]
    assert [block["type"] for block in after] == ["section", "context"]


@pytest.mark.parametrize("piece", [*generated.PIECES, "&" * 300])
def test_nothing_that_was_written_pings_or_is_too_long(piece: str) -> None:
    word = replace(DONE, sentence=piece[:300])

    said, blocks = health.answered(word)

    assert problems({"text": said, "blocks": blocks}, "message") == []
    assert problems(health.form(word, None, ("D1", "1.2")), "modal") == []
    assert not generated.PINGS.search(blocks[0]["text"]["text"])


def test_form_is_filled_with_what_was_pressed_and_written() -> None:
    view = health.form(DONE, Health.ON_TRACK, ("D1", "1.2"))

    state, sentence = view["blocks"]
    assert state["element"]["initial_option"]["value"] == "on_track"
    assert (sentence["element"]["initial_value"], sentence["element"]["max_length"]) == (DONE.sentence, 300)
    assert problems(view, "modal") == []


def test_submission_is_read() -> None:
    view = health.form(DONE, Health.ON_TRACK, ("D1", "1.2"))
    values = {
        "state": {"state": {"selected_option": {"value": "off_track"}}},
        "sentence": {"sentence": {"value": "Late."}},
    }

    found = health.submitted({**view, "state": {"values": values}})

    assert (found.word_id, found.health, found.sentence) == (7, Health.OFF_TRACK, "Late.")
    assert (found.channel, found.ts) == ("D1", "1.2")


@pytest.mark.parametrize("metadata", ["", "[]", '{"word_id": "7"}', '{"word_id": 7, "state": "fine"}'])
def test_forged_submission_is_refused(metadata: str) -> None:
    with pytest.raises(UserError):
        health.submitted({"private_metadata": metadata, "state": {"values": {}}})


@pytest.mark.parametrize("value", ["", "x", "-1", "1; drop"])
def test_forged_press_is_refused(value: str) -> None:
    with pytest.raises(UserError):
        health.pressed({"action_id": health.ON_TRACK, "value": value})
