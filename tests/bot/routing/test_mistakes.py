"""Mistakes of a settings file, one by one: each is told once, with its place and what is expected there."""

import pytest

from tests.bot.routing.test_load import GOOD, problems

A_WHEN = "expected always, or what a report must be like: {any_word: [crash]}"
A_LAST = "expected a last rule for all other reports: {name: everything else, when: always, set: {team: …}}"

RULES = """\
version: 1
teams:
  web: {channel: C0WEB, people: [U0FIN]}
  pay: {channel: C0PAY}
components:
  search: {owner: web}
routes:
  - {name: one, when: {any_word: [x]}, set: {team: web}}
  - {name: rest, when: always, set: {team: web}}
"""


def broken_rules(old: str, new: str) -> list[str]:
    assert RULES.count(old) == 1
    return problems(RULES.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{any_word: [x]}", "{any_wrd: [x]}", "8:24 routes.0.when.any_wrd: unknown name; did you mean any_word?"),
        ("{any_word: [x]}", "{any_word: []}", "8:34 routes.0.when.any_word: needs at least one entry"),
        ("{any_word: [x]}", "{any_word: ['']}", "8:35 routes.0.when.any_word.0: must not be empty; expected text"),
        ("{any_word: [x]}", "{any_word: [1]}", "8:35 routes.0.when.any_word.0: expected text; put it in quotes"),
        ("{any_word: [x]}", "allways", f"8:23 routes.0.when: {A_WHEN}"),
        ("{any_word: [x]}", "[x]", f"8:23 routes.0.when: {A_WHEN}"),
        ("{any_word: [x]}", "", "8:22 routes.0.when: has no value; expected one, or this line left out"),
        ("when: {any_word: [x]}, ", "", "8:5 routes.0.when: is missing"),
        (
            "when: {any_word: [x]}",
            "any_word: [x], when: {url: a}",
            "8:17 routes.0.any_word: unknown name; it belongs under when",
        ),
        (
            "{any_word: [x]}",
            "{url: 'a/(b'}",
            "8:29 routes.0.when.url: expected a ) for each (, and none inside another",
        ),
        (
            "{any_word: [x]}",
            "{severity: s1}",
            "8:34 routes.0.when.severity: expected S1, S2, S3 or S4; did you mean S1?",
        ),
        (
            "{any_word: [x]}",
            "{component: serch}",
            "8:35 routes.0.when.component: no component is called serch; did you mean search?",
        ),
        (
            "{any_word: [x]}",
            "{path: ['a/)b']}",
            "8:31 routes.0.when.path.0: expected a ) for each (, and none inside another",
        ),
        ("name: one", "name: rest", "9:12 routes.1.name: rule 1 has this name too; expected another"),
        ("name: one", "name: ''", "8:12 routes.0.name: must not be empty; expected text"),
        ("when: always", "when: {any_word: [y]}", f"9:5 routes: {A_LAST}"),
        (
            "when: {any_word: [x]}",
            "when: always",
            "9:5 routes.1: never decides: rule 1 above fits always; expected it to be last",
        ),
    ],
)
def test_mistake_in_a_rule_is_told_once_with_its_place(old, new, expected):
    assert [problem[: len(expected)] for problem in broken_rules(old, new)] == [expected]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("{team: webb}", "8:52 routes.0.set.team: no team is called webb; did you mean web?"),
        ("{component: serch}", "8:57 routes.0.set.component: no component is called serch; did you mean search?"),
        (
            "{component: search, team: pay}",
            "8:71 routes.0.set.team: search brings its team web; expected component or team, not both",
        ),
        (
            "{component: as-given}",
            "8:57 routes.0.set.component: as-given is what the reporter chose; expected component: given in its when",
        ),
        (
            "{component: by-path}",
            "8:57 routes.0.set.component: by-path is who owns a file that is named; expected path: owned in its when",
        ),
        ("{}", "8:45 routes.0.set: says nothing; expected one of component, team, owner, severity, private"),
        ("{private: 1}", "8:55 routes.0.set.private: expected true or false"),
        ("{labels: [x]}", "8:46 routes.0.set.labels: unknown name; expected it in a rule under also: those of routes"),
    ],
)
def test_mistake_in_what_a_rule_decides_is_told_with_its_place(outcome, expected):
    found = broken_rules("set: {team: web}}\n  - {name: rest", f"set: {outcome}}}\n  - {{name: rest")

    assert [problem[: len(expected)] for problem in found] == [expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("routes: []", f"6:9 routes: {A_LAST}"),
        ("also: [{when: {}, set: {labels: [a]}}]", "6:15 also.0.when: says nothing; expected one of any_word, url,"),
        ("also: [{when: always, set: {}}]", "6:28 also.0.set: says nothing; expected one of labels, found_in, notify,"),
        (
            "also: [{when: always, set: {team: web}}]",
            "6:29 also.0.set.team: unknown name; known here: labels, found_in,",
        ),
        (
            "also: [{when: always, set: {notify: [leads]}}]",
            "6:38 also.0.set.notify.0: expected a channel id like C0123ABCD",
        ),
        ("channels: {C0QA: serch}", "6:18 channels.C0QA: no component is called serch; did you mean search?"),
        ("channels: {C0QA: {component: serch}}", "6:30 channels.C0QA.component: no component is called serch; did"),
        ("channels: {C0QA: {found: dev}}", "6:19 channels.C0QA.found: unknown name; did you mean found_in?"),
        ("channels: {C0QA: [search]}", "6:18 channels.C0QA: expected an indented block of names and values"),
        ("people: {U0ANA: {capacity: -1}}", "6:28 people.U0ANA.capacity: expected at least 0"),
        ("people: {U0ANA: {capacity: true}}", "6:28 people.U0ANA.capacity: expected a whole number"),
        ("people: {ana: {role: qa}}", "6:10 people.ana: expected a member id like U0123ABCD"),
        ("people: {U0ANA: {role: tester}}", "6:24 people.U0ANA.role: expected pm, engineer, designer, qa, marketing,"),
        ("promises: {S1: 1d}", "6:16 promises.S1: expected 1h (hours of the clock), 8wh (working hours) or none"),
        ("promises: {S5: 1h}", "6:12 promises.S5: unknown name; known here: S1, S2, S3, S4"),
        (
            "working_hours: {tz: Berlin}",
            "6:21 working_hours.tz: expected a time zone like Europe/Berlin; did you mean Europe/Berlin?",
        ),
        (
            "working_hours: {tz: europe/pari}",
            "6:21 working_hours.tz: expected a time zone like Europe/Berlin; did you mean Europe/Paris?",
        ),
        ("working_hours: {days: [mon, mon]}", "6:23 working_hours.days: names a day twice"),
        ("working_hours: {days: []}", "6:23 working_hours.days: needs at least one entry"),
        ("working_hours: {from: 9:00}", '6:23 working_hours.from: expected a time of day in quotes, like "09:00"'),
        (
            'working_hours: {from: "09:00", to: "09:00"}',
            "6:36 working_hours.to: the day must end after it begins: 09:00 to",
        ),
        ("codeowners: {file: X, map: {}}", "6:28 codeowners.map: needs at least one entry"),
        (
            "codeowners: {file: X, map: {'@a/b': wbe}}",
            "6:37 codeowners.map.@a/b: no team is called wbe; did you mean web?",
        ),
        ("audiences: {qa: {channel: C0QA}}", "6:17 audiences.qa: needs daily, weekly or on"),
        (
            "audiences: {qa: {channel: C0QA, weekly: monday}}",
            "6:41 audiences.qa.weekly: expected a day and a time in quotes, like",
        ),
        ("kpis: {a: {name: A, good: up, every: day, source: {}}}", "6:51 kpis.a.source: needs at least one entry"),
        (
            "kpis: {a: {name: A, good: up, every: day, source: {prometheus: x}, owner: wbe}}",
            "6:75 kpis.a.owner: no team is called wbe",
        ),
        ("roles: {<<: {admin: [U0ANA]}}", "6:9 roles: cannot merge blocks by <<; expected their names written out"),
        ("days_off:", "6:10 days_off: has no value; expected one, or this line left out"),
        (
            "roles: {admin: [U0ANA, ]}\npeople: {U0ANA: }",
            "7:16 people.U0ANA: has no value; expected one, or this line left",
        ),
    ],
)
def test_mistake_in_another_block_is_told_once_with_its_place(line, expected):
    found = problems(f"{GOOD}{line}\n")

    assert [problem[: len(expected)] for problem in found] == [expected]


def test_pick_needs_people():
    text = GOOD.replace("people: [U0FIN]", "pick: rotate-weekly")

    assert problems(text) == [
        "3:31 teams.web.pick: rotate-weekly needs people; expected people: [U0123ABCD, …] in this team"
    ]


def test_problem_stands_at_the_name_when_its_block_begins_below():
    text = GOOD.replace("people: [U0FIN]}", "}").replace(
        "{channel: C0WEB, }", "\n    channel: C0WEB\n    people:\n      U0FIN: x"
    )

    assert problems(text) == ["5:5 teams.web.people: expected a list, like [a, b]"]
