"""Ten thousand generated reports through every view: nothing over a limit, nothing that pings, no forged link."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.duplicates import IN_FORM, IN_STEP
from bot.routing.terms import Stage
from bot.triage.nudges import Nudge
from bot.triage.states import Action
from handlers.views import confirmation, decision_forms, home, lists, nudges, report_form, triage_card
from handlers.views.blocks import notice
from tests.blockkit import Surface, problems
from tests.handlers.views import generated

Node = dict[str, Any]
# A thousand reports for each test.
many = settings(max_examples=1_000, deadline=None)
SEEDS = st.integers(0, 2**63).map(Random)
FORMS = (
    decision_forms.ask,
    decision_forms.answer,
    decision_forms.snooze,
    decision_forms.decline,
    decision_forms.fix,
    decision_forms.fail,
    decision_forms.reopen,
    decision_forms.edit,
)


def swallowed(text: str) -> bool:
    """Tell whether words of ours could disappear in a code fence or a quotation that a person began."""
    rows = text.split("\n")
    fenced = next((at for at, row in enumerate(rows) if "```" in row), len(rows))
    is_after_fence = any(not row.startswith("> ") for row in rows[fenced:])
    is_in_quote = any(row.startswith("> ") and "<!date^" in row for row in rows)
    return is_after_fence or is_in_quote


def check(payload: Node, surface: Surface) -> None:
    found = problems(payload, surface)
    written = [*generated.marked_texts(payload), *([payload["text"]] if surface == "message" else [])]
    found += [f"forged: {match[0]!r}" for text in written if (match := generated.PINGS.search(text))]
    found += [f"swallowed: {text[-200:]!r}" for text in generated.marked_texts(payload) if swallowed(text)]
    assert found == []


def check_message(said: str, blocks: list[Node]) -> None:
    check({"text": said, "blocks": blocks}, "message")


@many
@given(SEEDS)
def test_card_fits_when_its_report_is_of_any_kind(random: Random) -> None:
    card = generated.card(random)

    check_message(triage_card.summary(card), triage_card.draw(card))


@many
@given(SEEDS)
def test_card_fits_when_it_is_shown_in_a_window(random: Random) -> None:
    card = generated.card(random)

    check(notice(card.line.key, triage_card.draw_open(card)), "modal")


@many
@given(SEEDS)
def test_report_form_fits_when_it_is_opened_with_any_text(random: Random) -> None:
    check(report_form.draw(generated.opening(random), generated.components(random)), "modal")


@many
@given(SEEDS)
def test_report_form_fits_when_it_shows_hints_of_any_kind(random: Random) -> None:
    form = report_form.draw(generated.opening(random), generated.components(random))
    known = [generated.candidate(random, at + 1) for at in range(random.randint(1, IN_FORM))]

    check(report_form.with_known(form, known), "modal")


@many
@given(SEEDS)
def test_second_step_fits_when_known_reports_are_of_any_kind(random: Random) -> None:
    known = [generated.candidate(random, at + 1) for at in range(random.randint(1, IN_STEP))]

    check(report_form.draw_known("f" * 16, generated.text(random), known), "modal")


@many
@given(SEEDS)
def test_decision_forms_fit_when_their_report_is_of_any_kind(random: Random) -> None:
    card, components = generated.card(random), generated.components(random)

    for form in random.sample(FORMS, 2):
        check(form(card), "modal")
    check(decision_forms.accept(card, components, take=random.random() < 0.5), "modal")


@many
@given(SEEDS)
def test_duplicate_form_fits_when_anything_was_searched(random: Random) -> None:
    found = [(str(at + 1), f"BUG-{at + 1}: {generated.text(random)}") for at in range(random.randint(0, 8))]

    check(decision_forms.duplicate(generated.card(random), found, generated.text(random)), "modal")


@many
@given(SEEDS)
def test_home_fits_when_a_person_has_up_to_two_hundred_reports(random: Random) -> None:
    check(home.draw(generated.page(random)), "home")


@many
@given(SEEDS)
def test_private_messages_fit_when_their_report_is_of_any_kind(random: Random) -> None:
    card = generated.card(random)

    for message in (confirmation.filed, confirmation.joined, confirmation.warned):
        check_message(*message(card))
    check_message(*confirmation.held(generated.text(random), "f" * 16))


@many
@given(SEEDS, st.sampled_from(Action))
def test_notices_fit_when_any_decision_was_taken_in_any_state(random: Random, action: Action) -> None:
    card, decision = generated.card(random), generated.decision(random, action)

    check_message(*confirmation.decided(card, decision, card.reporter.slack_user_id))
    check_message(*confirmation.note(card, decision))


@many
@given(SEEDS)
def test_lists_fit_when_they_hold_any_reports(random: Random) -> None:
    found = generated.few(random, (0, 1, 15), lambda: generated.line(random))
    card = generated.card(random)
    _, timeline = lists.timeline(card.line.key, generated.few(random, (0, 1, 30), lambda: generated.event(random)))
    said, more = confirmation.more(card)

    check_message(*lists.found(found, generated.text(random)))
    check_message(said, [*more, *timeline])


@many
@given(SEEDS, st.sampled_from(Stage))
def test_nudges_fit_when_their_report_is_of_any_kind(random: Random, stage: Stage) -> None:
    nudge = Nudge(generated.card(random), generated.NOON, stage, mentions="")

    if stage > Stage.OVERDUE:
        check_message(*nudges.overdue(nudge, with_title=random.random() < 0.5))
    check_message(*nudges.act_soon(nudge))


@pytest.mark.parametrize("number", [1, 142, 1_000_000])
def test_window_titles_say_the_whole_key_when_numbers_are_large(number: int) -> None:
    card = generated.card(Random(number))
    card = generated.with_key(card, f"BUG-{number}")
    forms = [decision_forms.fail(card), decision_forms.reopen(card), decision_forms.duplicate(card, [])]

    titles = [form["title"]["text"] for form in forms]

    assert all(title.endswith(f"BUG-{number}") for title in titles), titles
