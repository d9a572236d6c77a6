"""Makes settings files by chance that must load."""

import random
from typing import Any

from tests.bot.routing.written import Raw

NAMES = ["Checkout", "Größe & Gewicht", "支付", "Sign in", "Search – all", "عربة", "Kasse 🎫", "it's: quoted"]
WORDS = ["card", "apple pay", "größe", "支付失败", "c++", "500", "don't", "on", "@here", "#fail", "naïve user"]
URLS = ["https://app.acme.dev/(checkout|billing)/**", "*.acme.dev/cart", "https://acme.dev/**/edit?tab=*", "**/pay"]
PATHS = ["src/checkout/**", "services/*/pay.py", "**/cart.(ts|tsx)", "docs/**/*.md"]
ZONES = ["Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "UTC"]
LABELS = ["checkout", "area/search", "größe", "p1: now"]
Tree = dict[str, Any]


def settings_tree(chance: random.Random, *, is_full: bool = False) -> Tree:
    """Make a tree that a strict reader accepts; a full one has every section."""
    make = _Maker(chance, is_full)
    teams, components = make.teams(), {}
    tree: Tree = {"version": 1, "teams": teams}
    tree["components"] = components = make.components(list(teams))
    sections = {
        "channels": lambda: make.channels(list(components)),
        "routes": lambda: make.routes(list(teams), list(components)),
        "also": make.also,
        "codeowners": lambda: {"file": "CODEOWNERS", "map": {"@acme/pay": chance.choice(list(teams))}},
        "people": lambda: {person: make.member() for person in make.people(1)},
        "roles": lambda: {"triage": make.people(0), "admin": make.people(1)},
        "promises": lambda: {severity: make.promise() for severity in ("S1", "S2", "S4")},
        "working_hours": make.hours,
        "days_off": lambda: [Raw("2026-12-24"), Raw("2027-01-01")],
        "kpis": lambda: make.kpis(list(teams)),
    }
    tree.update({name: section() for name, section in sections.items() if is_full or chance.random() < 0.6})
    if is_full or "kpis" in tree:
        tree["audiences"] = make.audiences(list(tree["kpis"]))
    return tree


class _Maker:
    def __init__(self, chance: random.Random, is_full: bool) -> None:
        self._chance = chance
        self._is_full = is_full
        self._count = 0

    def teams(self) -> Tree:
        return {f"team-{number}": self._team() for number in range(self._chance.randint(2, 3))}

    def _team(self) -> Tree:
        pick = self._chance.choice(["none", "first", "rotate-weekly", "fewest-open"])
        team = {"channel": self.channel(), "people": self.people(1), "pick": pick}
        more = {
            "name": self._chance.choice(NAMES),
            "lead": self._person(),
            "capacity": self._chance.randint(1, 9),
            "working_hours": self.hours(),
        }
        return team | self._some(more)

    def components(self, teams: list[str]) -> Tree:
        return {f"part_{number}": self._component(teams) for number in range(self._chance.randint(2, 3))}

    def _component(self, teams: list[str]) -> Tree:
        more = {
            "name": self._chance.choice(NAMES),
            "labels": self._several(LABELS),
            "public_name": self._chance.choice(NAMES),
            "promoted": self._chance.choice([True, False]),
            "paths": self._several(PATHS),
            "tracker": self._chance.choice(
                [{"github": "acme/web"}, {"linear": "PAY"}, {"local": "here"}, {"jira": "PAY"}]
            ),
        }
        return {"owner": self._chance.choice(teams)} | self._some(more)

    def channels(self, components: list[str]) -> Tree:
        more = {"component": self._chance.choice(components), "found_in": "staging", "labels": self._several(LABELS)}
        return {self.channel(): self._chance.choice(components), self.channel(): more}

    def routes(self, teams: list[str], components: list[str]) -> list[Tree]:
        rules = [
            {"name": "what was chosen", "when": {"component": "given"}, "set": {"component": "as-given"}},
            {"name": "files", "when": {"path": "owned"}, "set": {"component": "by-path"}},
        ]
        for _ in range(self._chance.randint(1, 2)):
            place = {"component": self._chance.choice(components)}
            outcome = self._chance.choice([place, {"team": self._chance.choice(teams)}])
            more = self._some(
                {"owner": self._person(), "severity": "S2", "private": self._chance.choice([True, False])}
            )
            rules.append(
                {"name": f"{self._chance.choice(NAMES)} {self._next()}", "when": self.when(), "set": outcome | more}
            )
        self._chance.shuffle(rules)
        last = {"name": "everything else", "when": "always", "set": {"team": self._chance.choice(teams)}}
        return [*rules, last]

    def when(self) -> Tree:
        kinds = {
            "any_word": self._several(WORDS),
            "url": self._chance.choice(URLS),
            "path": self._several(PATHS),
            "severity": self._several(["S1", "S2", "S3"]),
            "reporter": self.people(1),
            "reporter_role": self._chance.choice(["support", ["qa", "pm"]]),
            "channel": [self.channel()],
        }
        # A word of its own keeps one rule from being covered by another.
        return {"any_word": [*kinds.pop("any_word"), f"word{self._next()}"]} | self._some(kinds)

    def also(self) -> list[Tree]:
        said = {"labels": self._several(LABELS), "found_in": "production", "notify": [self.channel()]}
        some = [{"when": self.when(), "set": {"private": True} | self._some(said)} for _ in range(2)]
        return [*some, {"name": "all", "when": "always", "set": said}]

    def member(self) -> Tree:
        return {"role": self._chance.choice(["support", "qa"]), "capacity": self._chance.randint(0, 9)}

    def promise(self) -> str:
        return self._chance.choice(["1h", "8wh", "none", "24wh"])

    def hours(self) -> Tree:
        days = self._chance.sample(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], k=5)
        return {"tz": self._chance.choice(ZONES), "days": days, "from": "08:30", "to": "17:00"}

    def kpis(self, teams: list[str]) -> Tree:
        more = {"unit": "%", "target": 4500, "warn": 99.5, "after": 2, "owner": self._chance.choice(teams)}
        every = self._chance.choice(["15m", "2h", "day"])
        source = {"prometheus": "100 * sum(rate(ok[1h]))"}
        return {"ok_rate": {"name": "Success", "good": "up", "every": every, "source": source} | self._some(more)}

    def audiences(self, kpis: list[str]) -> Tree:
        more = {"tz": "Europe/Berlin", "weekly": "mon 08:30", "empty": "skip", "health_from": self._person()}
        return {"qa": {"channel": self.channel(), "daily": "08:30", "kpis": kpis} | self._some(more)}

    def people(self, least: int) -> list[str]:
        return [self._person() for _ in range(self._chance.randint(least, 3))]

    def _person(self) -> str:
        number = self._next()
        return self._chance.choice([f"U0PERSON{number}", f"W0{number}", f"@ana.{number}", f"@Jörg Ö {number}"])

    def channel(self) -> str:
        number = self._next()
        return self._chance.choice([f"C0CHANNEL{number}", f"G0{number}", f"#größe-{number}"])

    def _several(self, some: list[str]) -> list[str]:
        return self._chance.sample(some, k=self._chance.randint(1, min(3, len(some))))

    def _some(self, more: Tree) -> Tree:
        return {name: value for name, value in more.items() if self._is_full or self._chance.random() < 0.5}

    def _next(self) -> int:
        self._count += 1
        return self._count
