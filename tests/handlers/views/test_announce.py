"""What those see who announce changes: within Slack's limits, pinging nobody, whatever the text is."""

from dataclasses import replace
from typing import Any

import pytest

from bot.digests.announcing import REASON_LIMIT, TEXT_LIMIT, Announcement
from bot.errors import UserError
from handlers.views import announce
from storage.models import ChangeState
from tests.blockkit import problems
from tests.handlers.views import generated

CHANGE = Announcement(7, "Saved filters", "Save a filter once.", ChangeState.APPROVED)


def submitted(view: dict[str, Any], name: str, value: str | None) -> dict[str, Any]:
    return {**view, "state": {"values": {name: {name: {"type": "plain_text_input", "value": value}}}}}


def test_text_is_shown_to_be_copied_with_the_way_back() -> None:
    said, blocks = announce.used(CHANGE)

    (button,) = blocks[2]["elements"]
    assert said == "✅ *Saved filters* is announced with this text:\n> Save a filter once."
    assert (button["action_id"], button["value"]) == (announce.TAKE_BACK, "7")
    assert blocks[3]["elements"][0]["text"].endswith("For 10 min you can take it back.")


@pytest.mark.parametrize("piece", [*generated.PIECES, "&" * TEXT_LIMIT])
def test_nothing_that_was_written_pings_or_is_too_long(piece: str) -> None:
    change = replace(CHANGE, title=piece, text=piece[:TEXT_LIMIT])
    said, blocks = announce.used(change)
    again = announce.taken_back(change)

    assert problems({"text": said, "blocks": blocks}, "message") == []
    assert problems({"text": again}, "message") == []
    assert problems(announce.draw_edit(change), "modal") == []
    assert problems(announce.draw_drop(change), "modal") == []
    assert [one for one in ("<!", "<@", "@here", "@channel", "@everyone") if one in said + again + str(blocks)] == []


def test_form_carries_the_text_and_says_how_long_it_may_be() -> None:
    view = announce.draw_edit(CHANGE)

    field = view["blocks"][1]
    assert field["element"]["initial_value"] == "Save a filter once."
    assert "500 characters" in field["hint"]["text"]


def test_text_is_read_as_it_was_written() -> None:
    view = submitted(announce.draw_edit(CHANGE), announce.TEXT, "Filters stay.")

    assert (announce.change_of(view), announce.text_of(view)) == (7, "Filters stay.")


def test_text_is_as_it_was_shown_when_nobody_touched_it() -> None:
    view = submitted(announce.draw_edit(CHANGE), announce.TEXT, None)

    assert announce.text_of(view) == "Save a filter once."


@pytest.mark.parametrize(("written", "reason"), [(None, ""), ("Beta only.", "Beta only.")])
def test_reason_may_be_left_out(written: str | None, reason: str) -> None:
    view = announce.draw_drop(CHANGE)

    assert (view["blocks"][1]["optional"], f"{REASON_LIMIT} characters" in str(view)) == (True, True)
    assert announce.reason_of(submitted(view, announce.REASON, written)) == reason


@pytest.mark.parametrize("metadata", ["", "{}", "null", '{"change_id": "x"}', "not json"])
def test_form_of_another_version_is_refused(metadata: str) -> None:
    with pytest.raises(UserError, match="older version"):
        announce.change_of({"private_metadata": metadata})
