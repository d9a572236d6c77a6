"""The settings file: read whole, or refused with every mistake, its line and its column."""

from pathlib import Path

import pytest

from bot.routing.load import LARGEST_BYTES, SettingsError, load_settings, read_settings
from bot.routing.settings import default_settings

EXAMPLE = Path(__file__).parents[3] / "docs" / "liaison.example.yaml"
GOOD = """\
version: 1
teams:
  web: {channel: C0WEB, people: [U0FIN]}
components:
  search: {owner: web}
"""
A_PERSON = 'expected a member id like U0123ABCD (profile > More > Copy member ID), or "@name" in quotes'


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(text, "liaison.yaml")
    return [str(problem) for problem in refused.value.problems]


def test_example_file_loads():
    settings = read_settings(EXAMPLE, "#bugs", required=True)

    assert list(settings.teams) == ["payments", "web"]
    assert settings.team_of("checkout") == "payments"
    assert settings.channel_names() == ("#payments-bugs", "#qa")


def test_one_team_is_made_when_there_is_no_file(tmp_path):
    settings = read_settings(tmp_path / "liaison.yaml", "#bugs", required=False)

    assert settings == default_settings("#bugs")


def test_file_is_missed_when_somebody_named_it(tmp_path):
    with pytest.raises(SettingsError, match=r"liaison\.yaml:1:1 there is no such file; LIAISON_SETTINGS names it"):
        read_settings(tmp_path / "liaison.yaml", "#bugs", required=True)


def test_directory_is_refused_when_it_stands_where_the_file_should(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_settings(tmp_path, "#bugs", required=True)


def test_place_is_told_when_the_file_is_not_utf8(tmp_path):
    path = tmp_path / "liaison.yaml"
    path.write_bytes(b"version: 1\nteams: \xff\n")

    with pytest.raises(SettingsError, match=r":2:8 is not UTF-8; save the file as UTF-8"):
        read_settings(path, "#bugs", required=True)


def test_mark_of_windows_editors_is_skipped(tmp_path):
    path = tmp_path / "liaison.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())

    assert read_settings(path, "#bugs", required=True) == load_settings(GOOD, "liaison.yaml")


def test_large_file_is_refused(tmp_path):
    path = tmp_path / "liaison.yaml"
    path.write_bytes(b"#" * (LARGEST_BYTES + 1))

    with pytest.raises(SettingsError, match="is larger than 256 KiB"):
        read_settings(path, "#bugs", required=True)
    assert problems("#" * (LARGEST_BYTES + 1)) == ["1:1 is larger than 256 KiB"]


def test_every_mistake_is_told_at_once():
    text = """\
version: 2
team: {}
teams:
  web: {chanel: C0WEB, people: [ana]}
components:
  search: {owner: wbe, promoted: 3}
channels:
  qa: search
  C0QA: serch
days_off: [tomorrow, 2026-12-24]
roles: {boss: [U0ANA]}
"""

    assert problems(text) == [
        "1:10 version: expected 1",
        "2:1 team: unknown name; did you mean teams?",
        "4:3 teams.web.channel: is missing",
        "4:9 teams.web.chanel: unknown name; did you mean channel?",
        f"4:33 teams.web.people.0: {A_PERSON}",
        "6:19 components.search.owner: no team is called wbe; did you mean web?",
        "6:34 components.search.promoted: expected true or false",
        '8:3 channels.qa: expected a channel id like C0123ABCD, or "#name" in quotes',
        "9:9 channels.C0QA: no component is called serch; did you mean search?",
        "10:12 days_off.0: expected a date like 2026-12-24",
        "11:9 roles.boss: unknown name; known here: triage, admin",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rols: {}", "6:1 rols: unknown name; did you mean roles?"),
        ("version: 1", "6:1 version: is here twice; first in line 1"),
        ("days_off: [2026-13-45]", "6:12 days_off.0: cannot read '2026-13-45'; put text in quotes"),
        ("days_off: [2026-12-24 10:00:00]", "6:12 days_off.0: expected a date like 2026-12-24"),
        ("roles: 3", "6:8 roles: expected an indented block of names and values"),
        ("roles: {triage: U0ANA}", "6:17 roles.triage: expected a list, like [a, b]"),
        ("roles: !!set {triage}", "6:8 roles: the tag tag:yaml.org,2002:set is not allowed here"),
        ("roles: !!python/name:os.system ''", "6:8 roles: cannot read ''; put text in quotes"),
        ("roles: {1: []}", "6:9 roles: expected a word before the colon; put it in quotes"),
        (f"  menu: {{owner: web, name: {'n' * 76}}}", "6:28 components.menu.name: has more than 75 characters"),
        ("  menu: {owner: web, labels: ['']}", "6:31 components.menu.labels.0: must not be empty"),
        ("   menu: {}", "6:4 this is no YAML: expected <block end>, but found"),
        ("\troles: {}", "6:1 this is no YAML: found character '\\t' that cannot start any token"),
        ("roles: *who", "6:8 this is no YAML: found undefined alias 'who'"),
        ("roles: {} # \0", "6:13 holds the control character U+0000"),
        ("roles: {} # \ud800", "6:13 holds the control character U+D800"),
        ("---\nversion: 1", "6:1 this is no YAML: but found another document"),
    ],
)
def test_mistake_is_told_with_its_place(line, expected):
    found = problems(f"{GOOD}{line}\n")

    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 the file is empty"),
        ("# only a comment\n", "1:1 the file is empty"),
        ("teams: {}", "1:8 teams: needs at least one entry"),
        ("- a\n- b\n", "1:1 expected an indented block of names and values"),
        ("[" * 5000, "1:1 is nested deeper than 20 levels"),
        (
            "a: " + "[" * 100 + "]" * 100,
            "1:24 a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0: is nested deeper than 20 levels",
        ),
        ("a: &a [*a]", "1:4 a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0: is nested deeper than 20 levels"),
    ],
)
def test_text_that_is_no_settings_file_is_refused(text, expected):
    assert expected in problems(text)


def test_aliases_of_aliases_cannot_fill_the_memory():
    rows = [f"a{number}: &a{number} [" + ", ".join([f"*a{number - 1}"] * 9) + "]" for number in range(1, 9)]
    bomb = "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x]", *rows])

    assert any("more than 20000 values" in problem for problem in problems(bomb))


def test_message_fits_a_screen_when_there_are_many_mistakes():
    text = GOOD + "".join(f"wrong{number}: 1\n" for number in range(100))

    with pytest.raises(SettingsError) as refused:
        load_settings(text, "liaison.yaml")

    assert len(refused.value.problems) == 100
    lines = str(refused.value).splitlines()
    assert (len(lines), lines[-1]) == (21, "and 80 more")


def test_menu_of_components_fits_a_form():
    text = GOOD + "".join(f"  c{number}: {{owner: web}}\n" for number in range(100))

    assert problems(text) == ["4:1 components: has more than 100 entries"]


def test_name_is_shown_short_and_on_one_line_when_it_is_neither():
    (found,) = problems(GOOD + '"' + "a\\n" * 500 + '": 1\n')

    assert len(found) < 400
    assert "\n" not in found


@pytest.mark.parametrize("name", ["on", "off", "yes", "no", "y", "null-ish", "2024-plan"])
def test_words_that_old_yaml_takes_for_truth_may_be_names(name):
    settings = load_settings(GOOD + f"  {name}: {{owner: web}}\n", "liaison.yaml")

    assert list(settings.components) == ["search", name]
