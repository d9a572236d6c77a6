"""What settings answer."""

import pytest
from pydantic import ValidationError

from bot.routing.load import load_settings
from bot.routing.settings import default_settings

SETTINGS = load_settings(
    """\
version: 1
teams:
  web: {channel: "#web-bugs", people: [U0FIN, U0ANA, U0FIN]}
  pay: {channel: C0PAY}
components:
  search: {owner: web}
  menu: {owner: web}
  checkout: {owner: pay}
channels: {"#qa": search}
""",
    "liaison.yaml",
)


def test_team_of_a_component_is_its_owner():
    assert SETTINGS.team_of("checkout") == "pay"
    assert SETTINGS.team_of("unknown") is None


def test_people_are_listed_once_when_named_twice():
    assert SETTINGS.teams["web"].people == ("U0FIN", "U0ANA")


def test_names_become_ids_once_slack_has_told_them():
    settings = SETTINGS.with_channel_ids({"#qa": "C0QA", "#web-bugs": "C0WEB"})

    assert SETTINGS.channel_names() == ("#web-bugs", "#qa")
    assert settings.channel_names() == ()
    assert settings.teams["web"].channel == "C0WEB"
    assert settings.component_for_channel("C0QA") == "search"


@pytest.mark.parametrize(
    ("channel", "component"), [("#qa", "search"), ("C0PAY", "checkout"), ("#web-bugs", None), ("C0OTHER", None)]
)
def test_channel_suggests_a_component_when_only_one_fits(channel, component):
    assert SETTINGS.component_for_channel(channel) == component


def test_settings_without_a_file_have_one_team_open_to_its_channel():
    settings = default_settings("C0BUGS")

    assert settings.teams["triage"].people == ()
    assert settings.component_for_channel("C0BUGS") == "general"
    assert settings.team_of("general") == "triage"


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        SETTINGS.teams["web"].channel = "C0OTHER"
