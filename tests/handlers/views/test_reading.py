"""What forms and buttons send back, read into plain values."""

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest

from bot.errors import UserError
from handlers.views import decision_forms, report_form, submission, triage_card
from handlers.views.report_form import Chosen, Opening, Submitted
from storage.models import Severity
from tests.handlers.views import generated

Node = dict[str, Any]
OPENING = Opening("C0QA", "Cart is empty", "It was full", "checkout", "1.0", "0.5", "form-1")
COMPONENTS = [("checkout", "Checkout"), ("search", "Search")]


def submitted(view: Node, **values: Node) -> Node:
    """Return a view as Slack sends it back."""
    return {**view, "state": {"values": {name: {name: value} for name, value in values.items()}}}


def typed(value: str | None) -> Node:
    return {"type": "plain_text_input", "value": value}


def chosen(value: str) -> Node:
    return {"type": "static_select", "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": value}}


def test_report_form_is_read_whole_when_every_field_is_filled() -> None:
    view = submitted(
        report_form.draw(OPENING, COMPONENTS),
        title=typed("Cart loses items"),
        what=typed("Two of three are gone"),
        expected=typed("Three"),
        url=typed("https://shop.example/cart"),
        severity=chosen("S2"),
        component=chosen("search"),
        private={"type": "checkboxes", "selected_options": [{"value": "yes"}]},
    )

    assert report_form.read(view) == Submitted(
        form_id="form-1",
        channel="C0QA",
        source_ts="1.0",
        thread_ts="0.5",
        title="Cart loses items",
        what="Two of three are gone",
        expected="Three",
        url="https://shop.example/cart",
        severity=Severity.S2,
        component_key="search",
        private=True,
    )


def test_report_form_gives_what_was_prefilled_when_nothing_was_touched() -> None:
    view = submitted(report_form.draw(OPENING, COMPONENTS), title=typed(None), what=typed(None))

    read = report_form.read(view)

    assert (read.title, read.what, read.component_key, read.severity) == (
        "Cart is empty",
        "It was full",
        "checkout",
        None,
    )


@pytest.mark.parametrize("metadata", ["", "no json", "[1]", "null", '"text"'])
def test_report_form_is_read_when_what_it_carried_is_broken(metadata: str) -> None:
    view = submitted({"private_metadata": metadata, "blocks": []}, title=typed("Cart is empty"))

    read = report_form.read(view)

    assert (read.title, read.form_id, read.channel) == ("Cart is empty", "", "")


def test_unknown_severity_counts_as_none_when_a_form_of_another_version_sends_it() -> None:
    view = submitted(report_form.draw(OPENING, COMPONENTS), title=typed("x"), severity=chosen("S9"))

    assert report_form.read(view).severity is None


@pytest.mark.parametrize(
    ("choice", "join"),
    [("17", 17), (report_form.AS_NEW, None), ("", 1), ("²", None), ("-4", None)],
)
def test_second_step_is_read_when_anything_is_chosen(choice: str, join: int | None) -> None:
    known = [generated.candidate(Random(0), 1), generated.candidate(Random(1), 17)]
    view = submitted(report_form.draw_known("form-1", "Cart", known), choice=chosen(choice))

    assert report_form.read_known(view) == Chosen("form-1", join)


def test_second_step_means_the_first_when_it_comes_back_without_a_choice() -> None:
    known = [generated.candidate(Random(0), 5)]

    assert report_form.read_known(report_form.draw_known("form-1", "Cart", known)) == Chosen("form-1", 5)


def test_decision_form_says_which_report_when_it_comes_back() -> None:
    card = generated.card(Random(4))

    for form in (
        decision_forms.ask(card),
        decision_forms.fix(card),
        decision_forms.accept(card, COMPONENTS, take=True),
    ):
        assert decision_forms.report_id(form) == card.line.report_id


@pytest.mark.parametrize("metadata", ["", "{}", '{"report_id": "abc"}', '{"report_id": null}', '{"report_id": []}'])
def test_decision_form_is_refused_in_words_when_it_names_no_report(metadata: str) -> None:
    with pytest.raises(UserError, match="older version"):
        decision_forms.report_id({"private_metadata": metadata})


def test_accept_form_gives_what_stood_in_it_when_nobody_touched_it() -> None:
    card = generated.card(Random(4))
    card = replace(card, line=replace(card.line, severity=Severity.S3, component="Search"))
    view = submitted(decision_forms.accept(card, COMPONENTS, take=False), component=chosen("checkout"))

    assert decision_forms.carried(view, decision_forms.SEVERITY) == "S3"
    assert decision_forms.carried(view, decision_forms.COMPONENT) == "checkout"


def test_edit_form_holds_the_beginning_when_the_text_is_longer_than_a_field() -> None:
    card = replace(generated.card(Random(4)), what="😀" * 4_000, expected="Three")

    blocks = {block["block_id"]: block for block in decision_forms.edit(card)["blocks"] if "block_id" in block}

    assert blocks["what"]["element"]["initial_value"] == "😀" * 1_500
    assert "stays as it is" in blocks["what"]["hint"]["text"]
    assert "hint" not in blocks["expected"]


@pytest.mark.parametrize(
    ("picked", "day"),
    [("2026-11-24", date(2026, 11, 24)), (None, None), ("", None)],
)
def test_day_is_read_when_one_was_picked(picked: str | None, day: date | None) -> None:
    view = submitted({}, until={"type": "datepicker", "selected_date": picked})

    assert submission.day(view, "until") == day


def test_nothing_is_read_when_the_form_came_without_its_state() -> None:
    view: Node = {"state": {}}

    assert submission.typed(view, "note") == ""
    assert submission.chosen(view, "choice") == ""
    assert submission.day(view, "until") is None
    assert not submission.ticked(view, "private")


@pytest.mark.parametrize(("value", "choice"), [("snooze:17", ("snooze", 17)), ("more:1", ("more", 1))])
def test_menu_choice_is_read_when_it_is_one_of_the_menu(value: str, choice: tuple[str, int]) -> None:
    assert triage_card.menu_choice({"selected_option": {"value": value}}) == choice


@pytest.mark.parametrize("value", ["snooze", "snooze:abc", "explode:1", "", ":", None])
def test_menu_choice_is_refused_in_words_when_the_menu_is_an_old_one(value: str | None) -> None:
    with pytest.raises(UserError, match="older version"):
        triage_card.menu_choice({"selected_option": {"value": value}})
