"""`liaison try`: where a text would go, and why, by the rules of a file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import liaison
from tests.bot.routing.examples import SHOP


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "liaison.yaml"
    path.write_text(SHOP)
    return path


def tried(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(liaison, ["try", *arguments, "--file", str(file)])


def rows(result: Result) -> list[tuple[str, str]]:
    found = [line.partition("  ") for line in result.output.splitlines()]
    return [(name, text.strip()) for name, _, text in found]


def test_rule_word_person_and_labels_are_shown(file):
    result = tried(file, "Apple Pay hangs", "--role", "support", "--away", "U0BO", "--on", "2026-11-24")

    assert result.exit_code == 0
    assert rows(result) == [
        ("rule", "4 “payment words”, line 23"),
        ("because", "word “apple pay”"),
        ("component", "checkout"),
        ("team", "payments"),
        ("found in", "production"),
        ("labels", "checkout, customer-reported"),
        ("also", "1, line 36: reported by support"),
        ("private", "no"),
        ("notify", "nobody"),
        ("person", "U0CHI: U0CHI has this week's turn (U0BO is away)"),
    ]


def test_channels_that_hear_nothing_are_named_when_it_is_private(file):
    shown = dict(rows(tried(file, "XSS in the icon")))

    assert shown["private"] == "yes"
    assert shown["severity"] == "S1, a proposal"
    assert shown["notify"] == "nobody: it is private, so C0LEADS, C0DESIGN hears nothing"


def test_rules_before_are_shown_when_asked_for(file):
    shown = rows(tried(file, "A card", "--all"))

    assert shown[:3] == [
        ("passed", "1 “security goes to two people only”, line 14: does not fit"),
        ("passed", "2 “what the reporter chose”, line 17: does not fit"),
        ("passed", "3 “payment pages”, line 20: does not fit"),
    ]
    assert shown[3][0] == "rule"


def test_first_line_is_the_title_and_the_channel_has_its_component(file):
    shown = dict(rows(tried(file, "Boom\nsomething", "--channel", "C0SHOP", "--url", "https://x.dev/a")))

    assert (shown["because"], shown["component"]) == ("it is this channel's component", "checkout")


def test_broken_file_is_told_as_the_check_tells_it(file):
    file.write_text(SHOP.replace("owner: web", "owner: wbe"))

    result = tried(file, "A card")

    checked = CliRunner().invoke(liaison, ["check", str(file)])
    assert (result.exit_code, result.output) == (1, checked.output)
    assert "no team is called wbe; did you mean web?" in result.output


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--severity", "S9", "There is no severity S9; there are: S1, S2, S3, S4."),
        ("--component", "cart", "There is no component cart; there are: checkout, search, sign-in."),
        ("--role", "boss", "There is no role boss; there are: pm, engineer"),
    ],
)
def test_option_is_refused_when_there_is_no_such_thing(file, option, value, said):
    result = tried(file, "A card", option, value)

    assert result.exit_code == 2
    assert said in result.output
