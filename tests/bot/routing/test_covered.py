"""A rule that never decides is noted: all that fits it fits a rule above."""

import pytest

from bot.routing.covered import covered_routes
from bot.routing.load import load_settings
from bot.routing.notes import notes_of
from bot.routing.rules import Facts, route
from tests.bot.routing.examples import SETTINGS

HEAD = "version: 1\nteams: {web: {channel: C0WEB}}\ncomponents: {search: {owner: web}, menu: {owner: web}}\nroutes:\n"


def rules(*conditions: str) -> str:
    entries = [
        f"  - {{name: r{at}, when: {when}, set: {{team: web}}}}\n" for at, when in enumerate(conditions, start=1)
    ]
    return "".join([HEAD, *entries, "  - {name: rest, when: always, set: {team: web}}\n"])


@pytest.mark.parametrize(
    ("above", "below", "is_covered"),
    [
        ("{any_word: [card, pay]}", "{any_word: [Card]}", True),
        ("{any_word: [card]}", "{any_word: [apple card]}", True),
        ("{any_word: [apple card]}", "{any_word: [card]}", False),
        ("{any_word: [card]}", "{any_word: [card, pay]}", False),
        ("{any_word: [card]}", "{any_word: [discarded]}", False),
        ("{any_word: [card]}", "{any_word: [card], url: a/**}", True),
        ("{any_word: [card], url: a/**}", "{any_word: [card]}", False),
        ("{any_word: [card], url: [a/**, b/**]}", "{any_word: [card], url: b/**}", True),
        ("{component: given}", "{component: search}", True),
        ("{component: search}", "{component: given}", False),
        ("{component: [search, menu]}", "{component: menu}", True),
        ("{path: owned}", "{path: owned, severity: S1}", True),
        ("{path: owned}", "{path: [a/**]}", False),
        ("{severity: [S1, S2]}", "{severity: S2}", True),
        ("{reporter: U0ANA}", "{any_word: [x]}", False),
    ],
)
def test_rule_is_covered_when_all_that_fits_it_fits_one_above(above, below, is_covered):
    settings = load_settings(rules(above, below), "liaison.yaml")

    assert list(covered_routes(settings)) == ([(2, 1)] if is_covered else [])


def test_covered_rule_is_noted_and_never_decides():
    settings = load_settings(rules("{any_word: [card]}", "{any_word: [pay]}", "{any_word: [my card]}"), "liaison.yaml")

    assert list(notes_of(settings)) == ["routes: rule 3 “r3” never decides: what fits it fits rule 1 “r1” above"]
    assert route(settings, Facts("It is my card")).fit.name == "r1"


def test_no_rule_of_an_ordinary_file_is_covered():
    assert list(covered_routes(SETTINGS)) == []
