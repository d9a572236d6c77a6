"""What a card and its form show of likely duplicates and suggestions."""

from dataclasses import replace
from random import Random

import pytest

from bot.duplicates import Candidate
from bot.errors import UserError
from bot.suggestions import NOTHING, Suggested, Suggestions
from handlers.views import candidates, decision_forms, suggestions, triage_card, words
from handlers.views.candidates import Answer
from storage.models import ReportState, Severity
from tests import blockkit
from tests.handlers.views import generated

COMPONENTS = [("checkout", "Checkout"), ("search", "Search")]
COMPONENT = Suggested("checkout", 0.9, ("BUG-12", "BUG-31"), name="Checkout")
SEVERE = Suggested("S2", 0.9, ("BUG-12",), "crashes")


def new_card(*found, proposed=NOTHING, by_rule=None, state=ReportState.NEW):
    made = generated.card(Random(1))
    line = replace(made.line, report_id=7, key="BUG-7", state=state, component="", severity=None, private=False)
    return replace(made, line=line, duplicates=found, suggestions=proposed, proposed_severity=by_rule)


def candidate(number):
    return Candidate(
        number + 100,
        f"BUG-{number}",
        "Cart is empty",
        ReportState.NEW,
        0.5,
        "same page",
        2,
        f"https://shop.example/{number}",
    )


def chosen(element):
    return element.get("initial_option", {}).get("value")


def inputs(view):
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def test_each_likely_duplicate_has_a_menu_of_its_own():
    rows = candidates.draw(new_card(candidate(1), candidate(2), candidate(3)), 600)

    blockkit.assert_valid({"blocks": rows, "text": "x"}, "message")
    menus = [row["accessory"] for row in rows[1:]]
    assert [menu["action_id"] for menu in menus] == list(candidates.CHOOSE)
    assert [option["value"] for option in menus[0]["options"]] == ["same:7:101", "not_same:7:101"]
    assert [option["text"]["text"] for option in menus[0]["options"]] == [
        "The same: close BUG-7 for BUG-1",
        "Not the same",
    ]


def test_nothing_is_asked_when_somebody_has_decided():
    assert candidates.draw(new_card(candidate(1), state=ReportState.ACCEPTED), 600) == []
    assert candidates.draw(new_card(), 600) == []


def test_choice_is_read_as_it_was_drawn():
    assert candidates.read({"selected_option": {"value": "same:7:101"}}) == Answer(True, 7, 101)
    assert candidates.read({"selected_option": {"value": "not_same:7:101"}}) == Answer(False, 7, 101)


@pytest.mark.parametrize("value", [None, "", "same:7", "other:7:8", "same:7:x", "same:7:8:9", "same:-1:8"])
def test_choice_is_refused_when_no_version_has_it(value):
    with pytest.raises(UserError, match="older version"):
        candidates.read({"selected_option": {"value": value}})


def test_card_names_what_is_suggested_and_why():
    card = new_card(proposed=Suggestions(COMPONENT, SEVERE))

    assert suggestions.facts(card) == [
        "*Suggested component:* Checkout (as BUG-12, BUG-31)",
        "*Suggested severity:* S2 (as BUG-12; it says “crashes”)",
    ]
    assert "*Suggested component:* Checkout (as BUG-12, BUG-31)" in str(triage_card.draw(card))
    assert triage_card.summary(card).endswith(
        " · suggested component Checkout · suggested severity S2 (as BUG-12; it says “crashes”)"
    )


def test_severity_of_a_rule_comes_before_that_of_the_past():
    card = new_card(proposed=Suggestions(None, SEVERE), by_rule=Severity.S1)

    assert suggestions.facts(card) == ["*Suggested severity:* S1 proposed by a rule"]
    assert suggestions.severity_of(card) == "S1"


def test_nothing_is_suggested_when_it_is_said_or_decided():
    card = new_card(proposed=Suggestions(COMPONENT, SEVERE), by_rule=Severity.S1)
    rated = replace(card, line=replace(card.line, component="Search", severity=Severity.S3))
    closed = replace(card, line=replace(card.line, state=ReportState.CLOSED))

    assert suggestions.facts(rated) == suggestions.facts(closed) == []
    assert suggestions.note(rated) == suggestions.summary(closed) == ""


def test_form_is_filled_in_and_says_so_when_something_is_suggested():
    view = decision_forms.accept(new_card(proposed=Suggestions(COMPONENT, SEVERE)), COMPONENTS, take=False)

    blockkit.assert_valid(view, "modal")
    fields = inputs(view)
    assert (chosen(fields["component"]), chosen(fields["severity"])) == ("checkout", "S2")
    assert "Filled in as suggested: component Checkout (as BUG-12, BUG-31) · severity S2" in str(view["blocks"])
    assert decision_forms.carried({**view, "state": {"values": {}}}, "component") == "checkout"


def test_form_is_empty_and_says_nothing_when_nothing_is_suggested():
    view = decision_forms.accept(new_card(), COMPONENTS, take=True)

    fields = inputs(view)
    assert (chosen(fields["component"]), chosen(fields["severity"])) == (None, None)
    assert "Filled in" not in str(view["blocks"])


def test_component_is_left_open_when_the_suggested_one_is_not_offered():
    view = decision_forms.accept(new_card(proposed=Suggestions(COMPONENT)), [("search", "Search")], take=False)

    assert chosen(inputs(view)["component"]) is None
    blockkit.assert_valid(view, "modal")


def test_menu_names_whole_keys_when_numbers_are_large():
    card = new_card(candidate(100_000_000))
    card = replace(card, line=replace(card.line, key="BUG-100000000"))

    option = candidates.draw(card, 600)[1]["accessory"]["options"][0]

    assert option["text"]["text"] == "The same: close BUG-100000000 for BUG-100000000"
    assert words.OUTDATED.endswith("`/bug find words`.")
