"""A CODEOWNERS file: read as on GitHub, and what its lines make of a file that nobody else owns."""

import time

import pytest

from bot.routing import codeowners
from bot.routing.codeowners import CodeOwner, CodeOwnersError
from bot.routing.load import SettingsError, load_settings, read_settings
from bot.routing.notes import notes_of
from bot.routing.rules import Facts, route

OWNERS = """\
# Everything
*                  @acme/web
/services/pay/     @acme/payments @ana   # and what lies below
/services/pay/docs
*.md               ana@acme.dev
src/my\\ file.py    @acme/payments
"""
SETTINGS = """\
version: 1
teams:
  payments: {channel: C0PAY}
  web: {channel: C0WEB}
  everybody: {channel: C0ALL}
components:
  search: {owner: web, paths: ["services/pay/search/**"]}
codeowners: {file: CODEOWNERS, map: {"@acme/payments": payments, "@acme/web": web}}
routes:
  - {name: files, when: {path: owned}, set: {component: by-path}}
  - {name: the rest, when: always, set: {team: everybody}}
"""


@pytest.fixture
def settings_file(tmp_path):
    (tmp_path / "CODEOWNERS").write_text(OWNERS)
    file = tmp_path / "liaison.yaml"
    file.write_text(SETTINGS)
    return file


def refused(file) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read_settings(file, "", required=True)
    return [str(problem) for problem in error.value.problems]


def test_lines_are_read_with_their_owners():
    assert codeowners.parse(OWNERS).lines == (
        CodeOwner(2, "*", ("@acme/web",)),
        CodeOwner(3, "/services/pay/", ("@acme/payments", "@ana")),
        CodeOwner(4, "/services/pay/docs", ()),
        CodeOwner(5, "*.md", ("ana@acme.dev",)),
        CodeOwner(6, "src/my file.py", ("@acme/payments",)),
    )


def test_lines_that_github_skips_are_skipped():
    assert codeowners.parse("!src/a @acme/web\nsrc/[ab] @acme/web\n\n \n#x\n").lines == ()


def test_sections_are_refused_in_words():
    with pytest.raises(CodeOwnersError, match="line 2: sections, as on GitLab, are not read"):
        codeowners.parse("* @acme/web\n[Payments][2] @acme/payments\nsrc/\n")


@pytest.mark.parametrize(
    ("file", "team"),
    [
        ("services/pay/cart.go", "payments"),
        ("/build/services/pay/cart.go", "payments"),
        ("src/a.ts", "web"),
        ("services/pay/docs/a.go", None),
        ("services/pay/README.md", None),
    ],
)
def test_last_line_that_fits_decides(file, team):
    teams = {"@acme/payments": "payments", "@acme/web": "web"}

    assert codeowners.parse(OWNERS).team_for(teams, file) == team


def test_line_is_found_fast_among_thousands():
    lines = [f"/services/part{number}/src/ @acme/team{number}" for number in range(4_999)]
    owners = codeowners.parse("\n".join(["* @acme/web", *lines]))
    teams = {"@acme/web": "web", "@acme/team7": "seven"}
    begin = time.process_time()

    found = [owners.team_for(teams, f"services/part{number}/src/a.py") for number in range(100)]

    assert time.process_time() - begin < 1
    assert (found[7], set(found)) == ("seven", {None, "seven"})


@pytest.mark.parametrize(
    ("text", "team", "component"),
    [
        ("it fails in services/pay/cart.go", "payments", None),
        ("it fails in services/pay/search/find.go", "web", "search"),
        ("it fails in services/pay/docs/a.go", "everybody", None),
        ("it fails", "everybody", None),
    ],
)
def test_report_goes_to_the_team_of_the_file_when_no_component_has_it(settings_file, text, team, component):
    routing = route(read_settings(settings_file, "", required=True), Facts("Broken", text))

    assert (routing.team, routing.component) == (team, component)


def test_lines_stay_when_names_become_ids(settings_file):
    settings = read_settings(settings_file, "", required=True)

    assert settings.with_ids({"#qa": "C0QA"}, {}).code_owners == settings.code_owners
    assert len(settings.code_owners.lines) == 5


def test_team_that_owns_nothing_is_noted(settings_file):
    settings_file.write_text(SETTINGS.replace('"@acme/web"', '"@acme/wbe"'))

    notes = list(notes_of(read_settings(settings_file, "", required=True)))

    assert notes == ["codeowners.map.@acme/wbe: owns nothing in CODEOWNERS; did you mean @acme/web?"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no such file"),
        (b"* \xff", "is not UTF-8"),
        (b"[Web]\n* @acme/web", "line 1: sections, as on GitLab, are not read; expected lines as on GitHub"),
        (b"a @b\n" * 5001, "expected at most 5000 lines that say who owns what"),
        (b"#" * (3 * 1024 * 1024 + 1), "is larger than 3072 KiB"),
    ],
)
def test_problem_with_the_file_stands_where_it_is_named(settings_file, content, why):
    owners = settings_file.parent / "CODEOWNERS"
    owners.unlink()
    if content is not None:
        owners.write_bytes(content)

    assert refused(settings_file) == [
        f"8:20 codeowners.file: CODEOWNERS: {why}; expected a CODEOWNERS file as on GitHub"
    ]


def test_directory_in_its_place_is_refused(settings_file):
    settings_file.write_text(SETTINGS.replace("file: CODEOWNERS", "file: ."))

    assert refused(settings_file) == [
        "8:20 codeowners.file: .: cannot be read: Is a directory; expected a CODEOWNERS file as on GitHub"
    ]


def test_repository_is_refused_in_words():
    with pytest.raises(SettingsError, match=r"codeowners\.repo: cannot be read from a repository yet; expected file"):
        load_settings(SETTINGS.replace("file: CODEOWNERS", "file: CODEOWNERS, repo: acme/web"), "liaison.yaml")
