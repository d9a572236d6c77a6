"""Whose is it: the first route that fits decides; `also` rules only add; `private` silences what would tell others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.routing import matching
from bot.routing.settings import Addition, ChannelDefaults, Condition, Outcome, Route, Settings
from storage.models import FoundIn, Role, Severity

AS_GIVEN = "as-given"
BY_PATH = "by-path"


@dataclass(frozen=True)
class Facts:
    """What a rule may look at.

    `text` is all a person wrote, without the title; `reporter` a Slack id; `component` what the reporter chose, or what
    the channel stands for (`component_is_channels`).
    """

    title: str
    text: str = ""
    url: str = ""
    channel: str = ""
    reporter: str = ""
    reporter_role: Role | None = None
    component: str | None = None
    component_is_channels: bool = False
    severity: Severity | None = None


@dataclass(frozen=True)
class Fit:
    """A rule that fits: its number in the file, counted from 1, its name, and what made it fit, in words."""

    number: int
    name: str
    because: str


@dataclass(frozen=True)
class Routing:
    """Where a report goes. `severity` is a proposal; `notify` are channels to tell, none of a private report."""

    fit: Fit
    team: str
    component: str | None = None
    owner: str | None = None
    severity: Severity | None = None
    private: bool = False
    labels: tuple[str, ...] = ()
    found_in: FoundIn | None = None
    notify: tuple[str, ...] = ()
    also: tuple[Fit, ...] = ()


def route(settings: Settings, facts: Facts) -> Routing:
    """Decide where a report goes; there is always an answer."""
    fit, outcome = _decide(settings, facts)
    component = _component(settings, facts, outcome.component)
    team = outcome.team or (settings.components[component].owner if component else _usual_team(settings, facts))
    defaults = settings.defaults_of(facts.channel)
    severity = facts.severity or outcome.severity
    added = list(_additions(settings, facts, severity))
    private = outcome.private or any(addition.private for _, addition in added)
    labels = [*(settings.components[component].labels if component else ()), *defaults.labels]
    return Routing(
        fit=fit,
        team=team,
        component=component,
        owner=outcome.owner,
        severity=outcome.severity,
        private=private,
        labels=tuple(dict.fromkeys([*labels, *(label for _, addition in added for label in addition.labels)])),
        found_in=_found_in(defaults, [addition for _, addition in added]),
        notify=() if private else tuple(dict.fromkeys(one for _, addition in added for one in addition.notify)),
        also=tuple(fit for fit, _ in added),
    )


def explain(routing: Routing, turn: str = "") -> str:
    """Say why a report went where it is: the rule, what made it fit, what was added, whose turn it is and why."""
    fit = routing.fit
    decided = f"rule {fit.number} “{fit.name}”: {fit.because}" if fit.number else fit.because
    added = [f"also: {one.name or one.because}" for one in routing.also]
    return " · ".join(part for part in (decided, *added, turn) if part)


def fits(settings: Settings, when: Condition | Literal["always"], facts: Facts) -> str | None:
    """Say what makes a condition fit a report, or None if it does not; every part of it must fit."""
    if when == "always":
        return "nothing else fits"
    reasons = []
    for wanted, reason in _parts(settings, when, facts):
        if wanted and reason is None:
            return None
        if wanted and reason:
            reasons.append(reason)
    return " and ".join(reasons)


def _decide(settings: Settings, facts: Facts) -> tuple[Fit, Outcome]:
    for number, rule in enumerate(settings.routes, start=1):
        because = fits(settings, rule.when, facts)
        if because is not None and _can_decide(settings, rule, facts):
            return Fit(number, rule.name, because), rule.set
    return _without_rules(settings, facts)


def _can_decide(settings: Settings, rule: Route, facts: Facts) -> bool:
    """Say whether what a rule sets can be told: files may belong to nobody, and what was chosen be gone."""
    named = rule.set.component
    return named is None or _component(settings, facts, named) is not None


def _without_rules(settings: Settings, facts: Facts) -> tuple[Fit, Outcome]:
    if facts.component in settings.components:
        return Fit(0, "", _given(facts)), Outcome(component=AS_GIVEN)
    for key, team in settings.teams.items():
        if facts.channel and team.channel == facts.channel:
            return Fit(0, "", "it was reported in this team's channel"), Outcome(team=key)
    return Fit(0, "", "no rule says whose it is"), Outcome(team=next(iter(settings.teams)))


def _additions(settings: Settings, facts: Facts, severity: Severity | None) -> Iterator[tuple[Fit, Addition]]:
    for number, rule in enumerate(settings.also, start=1):
        because = fits(settings, rule.when, _with_severity(facts, severity))
        if because is not None:
            yield Fit(number, rule.name, because), rule.set


def _with_severity(facts: Facts, severity: Severity | None) -> Facts:
    return Facts(**{**facts.__dict__, "severity": severity})


def _parts(settings: Settings, when: Condition, facts: Facts) -> Iterator[tuple[bool, str | None]]:
    """Give each part of a condition: whether it is asked for, and what makes it fit."""
    words = f"{facts.title}\n{facts.text}"
    yield bool(when.any_word), _said("word", matching.find_word(when.any_word, words))
    yield bool(when.url), _said("page", matching.find_url(when.url, facts.url))
    yield when.component is not None, _component_reason(settings, when, facts)
    yield when.path is not None, _path_reason(settings, when, words)
    yield bool(when.severity), f"severity {facts.severity}" if facts.severity in when.severity else None
    yield bool(when.reporter), "who reported it" if facts.reporter in when.reporter else None
    yield bool(when.reporter_role), _role_reason(when, facts)
    yield bool(when.channel), "the channel it came from" if facts.channel in when.channel else None


def _said(kind: str, found: str | None) -> str | None:
    return None if found is None else f"{kind} “{found}”"


def _role_reason(when: Condition, facts: Facts) -> str | None:
    return f"reported by {facts.reporter_role}" if facts.reporter_role in when.reporter_role else None


def _component_reason(settings: Settings, when: Condition, facts: Facts) -> str | None:
    if facts.component not in settings.components:
        return None
    return _given(facts) if when.component == "given" or facts.component in (when.component or ()) else None


def _given(facts: Facts) -> str:
    return "it is this channel's component" if facts.component_is_channels else "the reporter chose it"


def _path_reason(settings: Settings, when: Condition, words: str) -> str | None:
    if when.path == "owned":
        owned = _owned_file(settings, words)
        return _said("file", owned[0] if owned else None)
    globs = when.path or ()
    return _said("file", next((file for file in matching.files_in(words) for glob in globs if _fits(glob, file)), None))


def _fits(glob: str, file: str) -> bool:
    return matching.fits_path(glob, file)


def _owned_file(settings: Settings, words: str) -> tuple[str, str] | None:
    """Find the first file of a text that a component owns, and that component: the one with the most exact glob."""
    for file in matching.files_in(words):
        owners = [
            (matching.weight(glob), key)
            for key, component in settings.components.items()
            for glob in component.paths
            if matching.fits_path(glob, file)
        ]
        if owners:
            return file, max(owners, key=lambda owner: owner[0])[1]
    return None


def _component(settings: Settings, facts: Facts, named: str | None) -> str | None:
    if named == AS_GIVEN:
        return facts.component if facts.component in settings.components else None
    if named == BY_PATH:
        owned = _owned_file(settings, f"{facts.title}\n{facts.text}")
        return owned[1] if owned else None
    return named


def _usual_team(settings: Settings, facts: Facts) -> str:
    """Give the team of a rule that names none: the one whose channel it is, or else the first."""
    return next(
        (key for key, team in settings.teams.items() if team.channel == facts.channel), next(iter(settings.teams))
    )


def _found_in(defaults: ChannelDefaults, additions: list[Addition]) -> FoundIn | None:
    return next((one.found_in for one in additions if one.found_in), defaults.found_in)
