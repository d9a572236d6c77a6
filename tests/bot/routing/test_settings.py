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
    settings = SETTINGS.with_ids({"#qa": "C0QA", "#web-bugs": "C0WEB"}, {})

    assert SETTINGS.channel_names() == ("#web-bugs", "#qa")
    assert settings.channel_names() == ()
    assert settings.teams["web"].channel == "C0WEB"
    assert settings.component_for_channel("C0QA") == "search"


def test_every_channel_is_listed_that_any_rule_names():
    rules = """\
routes:
  - {name: qa, when: {channel: C0QA}, set: {team: triage}}
  - {name: rest, when: always, set: {team: triage}}
also:
  - {when: always, set: {notify: [C0LEADS, "#ux"]}}
"""
    settings = load_settings(
        f"version: 1\nteams: {{triage: {{channel: C0BUGS}}}}\ncomponents: {{all: {{owner: triage}}}}\n{rules}",
        "liaison.yaml",
    )

    assert settings.channels_named() == ("C0BUGS", "C0QA", "C0LEADS", "#ux")


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


NAMED = load_settings(
    """\
version: 1
teams:
  web: {channel: "#web", people: ["@fin", U0ANA], lead: "@Eve Fox"}
components:
  search: {owner: web, labels: ["#qa"], name: "@fin"}
channels: {"#qa": {component: search, labels: ["@fin"]}}
people: {"@fin": {role: qa}}
roles: {triage: ["@tim"], admin: ["@Eve Fox"]}
routes:
  - {name: "#qa", when: {any_word: ["#qa", "@fin"], channel: "#qa", reporter: "@rex"}, set: {team: web, owner: "@fin"}}
  - {name: rest, when: always, set: {team: web}}
also:
  - {when: {reporter: ["@rex"], channel: ["#help"]}, set: {notify: ["#leads"], labels: ["#leads"]}}
audiences: {qa: {channel: "#digest", daily: "08:30", health_from: "@Eve Fox"}}
""",
    "liaison.yaml",
)
CHANNEL_IDS = {"#web": "C0WEB", "#qa": "C0QA", "#help": "C0HELP", "#leads": "C0LEADS", "#digest": "C0DIGEST"}
PEOPLE_IDS = {"@fin": "U0FIN", "@Eve Fox": "U0EVE", "@tim": "U0TIM", "@rex": "U0REX"}


def test_every_name_of_a_channel_and_a_person_is_listed():
    assert sorted(NAMED.channel_names()) == sorted(CHANNEL_IDS)
    assert sorted(NAMED.person_names()) == sorted(PEOPLE_IDS)


def test_every_name_becomes_an_id_and_words_stay():
    settings = NAMED.with_ids(CHANNEL_IDS, PEOPLE_IDS)

    assert (settings.channel_names(), settings.person_names()) == ((), ())
    assert settings.teams["web"].people == ("U0FIN", "U0ANA")
    assert settings.teams["web"].lead == "U0EVE"
    assert (settings.roles.triage, settings.roles.admin) == (("U0TIM",), ("U0EVE",))
    assert list(settings.people) == ["U0FIN"]
    assert list(settings.channels) == ["C0QA"]
    assert settings.routes[0].when.channel == ("C0QA",)
    assert settings.routes[0].when.reporter == ("U0REX",)
    assert settings.routes[0].set.owner == "U0FIN"
    assert settings.also[0].set.notify == ("C0LEADS",)
    assert settings.audiences["qa"].health_from == "U0EVE"
    words = (settings.routes[0].name, settings.routes[0].when.any_word, settings.also[0].set.labels)
    assert words == ("#qa", ("#qa", "@fin"), ("#leads",))
    assert (settings.components["search"].name, settings.components["search"].labels) == ("@fin", ("#qa",))
    assert settings.defaults_of("C0QA").labels == ("@fin",)


def test_every_name_becomes_an_id_wherever_it_stands():
    text = """\
version: 1
teams:
  web: {channel: "#web", people: ["@fin", U0ANA], lead: "@ana", pick: first}
components: {search: {owner: web, labels: ["#ux", "@web"]}}
channels: {"#qa": search}
routes:
  - {name: "#a", when: {any_word: ["#b", "@fin"], reporter: "@eve", channel: "#qa"}, set: {team: web, owner: "@fin"}}
  - {name: b, when: always, set: {team: web}}
also:
  - {when: always, set: {notify: ["#leads"], labels: ["#ux"]}}
codeowners: {file: CODEOWNERS, map: {"@acme/web": web}}
people: {"@eve": {role: qa}}
roles: {triage: ["@boss"], admin: ["@ana"]}
audiences: {qa: {channel: "#digest", daily: "08:30", health_from: "@ana"}}
"""
    settings = load_settings(text, "liaison.yaml")
    channels = {name: f"C0{name[1:].upper()}" for name in settings.channel_names()}
    people = {name: f"U0{name[1:].upper()}" for name in settings.person_names()}

    written = text
    for name, key in {**channels, **people}.items():
        written = written.replace(f'"{name}"', key)
    assert set(channels) == {"#web", "#qa", "#leads", "#digest"}
    assert set(people) == {"@fin", "@ana", "@eve", "@boss"}
    kept = load_settings(written.replace('["#b", U0FIN]', '["#b", "@fin"]'), "liaison.yaml")
    assert settings.with_ids(channels, people) == kept
