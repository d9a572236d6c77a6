"""`liaison check FILE`: counts and notes of a good file; of what is no such file a sentence, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import liaison

GOOD = """\
version: 1
teams:
  web: {channel: C0WEB, people: [U0FIN, U0ANA], lead: U0EVE}
components:
  search: {owner: web, tracker: {github: acme/web}}
routes:
  - {name: rest, when: always, set: {team: web}}
also:
  - {when: {severity: S1}, set: {notify: [C0LEADS]}}
people: {U0OLD: {capacity: 3}}
audiences:
  qa: {channel: C0QA, daily: "08:30", kpis: [waa]}
kpis:
  checkout_ok: {name: Checkout, good: up, every: 15m, source: {prometheus: "up"}}
"""
BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 9)
)


def check(path: Path | str) -> Result:
    return CliRunner().invoke(liaison, ["check", str(path)])


def test_good_file_is_counted_and_what_it_holds_in_vain_is_noted(tmp_path):
    file = tmp_path / "liaison.yaml"
    file.write_text(GOOD)

    checked = check(file)

    assert checked.exit_code == 0
    assert [line.split(maxsplit=2)[2] for line in checked.output.splitlines()[:-1]] == [
        f"{file}: 1 team, 1 component, 2 rules, 4 people",
        "audiences is read, and not used by this version",
        "kpis is read, and not used by this version",
        "people.U0OLD: has a capacity and is in no team's people, so it counts nowhere",
        "audiences.qa.kpis: no figure is called waa yet",
    ]
    assert checked.output.splitlines()[-1] == "All is well."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ":1:1 the file is empty"),
        (b"\0" * 1000, ":1:1 holds the control character U+0000"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ":1:1 is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfev\0e\0r\0", ":1:1 is not UTF-8; save the file as UTF-8"),
        (b"a" * 300_000, ":1:1 is larger than 256 KiB"),
        (b"[" * 200_000, ":1:1 is nested deeper than 20 levels"),
        (b"- " * 100_000, ":1:1 is nested deeper than 20 levels"),
        (b"{a: " * 50_000, ":1:1 is nested deeper than 20 levels"),
        (b"a: &a [*a]", "is nested deeper than 20 levels"),
        (BOMB.encode(), "more than 20000 values, counting what aliases stand for"),
        (b"!!python/object/apply:os.system ['true']", "expected names and values"),
        (b"just words", ":1:1 expected an indented block of names and values"),
        (b"42", ":1:1 expected an indented block of names and values"),
        (b"null", ":1:1 expected names and values"),
        (b"<<<<<<< HEAD\nversion: 1\n=======\n", ":2:8 this is no YAML"),
    ],
)
def test_file_that_holds_no_settings_is_refused(tmp_path, content, expected):
    file = tmp_path / "liaison.yaml"
    file.write_bytes(content)

    checked = check(file)

    assert (checked.exit_code, type(checked.exception)) == (1, SystemExit)
    assert expected in checked.output
    assert checked.output.splitlines()[-1].endswith("to mend.")


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    ways = {
        tmp_path: "cannot be read: Is a directory",
        tmp_path / "pipe": "cannot be read: Is no plain file",
        tmp_path / "none.yaml": "there is no such file",
        tmp_path / "loop": "cannot be read: Too many levels of symbolic links",
        tmp_path / ("n" * 300): "cannot be read: File name too long",
        Path("/dev/zero"): "cannot be read: Is no plain file",
    }

    refused = {path: check(path) for path in ways}

    assert {path: (one.exit_code, ways[path] in one.output) for path, one in refused.items()} == dict.fromkeys(
        ways, (1, True)
    )


def test_program_says_the_same_and_leaves_with_1(tmp_path):
    file = tmp_path / "liaison.yaml"
    file.write_text(GOOD.replace("owner: web", "owner: wbe"))

    done = subprocess.run(
        [sys.executable, "-m", "bot", "check", "liaison.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        "wrong  settings  liaison.yaml:5:19 components.search.owner: no team is called wbe; did you mean web?\n"
        "1 thing to mend.\n"
    )
