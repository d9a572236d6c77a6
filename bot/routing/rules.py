"""Whose is it: the first route that fits decides; `also` rules only add; `private` silences what would tell others."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from bot.routing import files, matching, owned_paths
from bot.routing.rule_schema import ALWAYS, AS_GIVEN, BY_PATH, GIVEN, OWNED
from bot.routing.settings import Addition, Also, ChannelDefaults, Condition, Outcome, Route, Settings
from storage.models import FoundIn, Role, Severity


@dataclass(frozen=True)
class Facts:
    """What a rule may look at.

    `text` is all a person wrote, without the title; `reporter` a Slack id; `component` what the reporter chose, or what
    the channel stands for (`component_is_channels`); `private` is what the reporter asked for.
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
    private: bool = False

    @property
    def words(self) -> str:
        """Give everything that was written; no phrase goes from the title over into the text."""
        return f"{self.title}\n·\n{self.text}"


@dataclass(frozen=True)
class Fit:
    """A rule that fits: its number in the file, counted from 1, its name, and what made it fit, in words.

    A `number` of 0 is no rule of the file.
    """

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


@dataclass(frozen=True)
class _Place:
    component: str | None
    team: str


def route(settings: Settings, facts: Facts) -> Routing:
    """Decide where a report goes; there is always an answer."""
    fit, outcome, place = _decide(settings, facts)
    defaults = settings.defaults_of(facts.channel)
    rated = replace(facts, severity=facts.severity or outcome.severity)
    fitting = [(_fit(settings, number, rule, rated), rule.set) for number, rule in enumerate(settings.also, start=1)]
    also = [(one, addition) for one, addition in fitting if one is not None]
    added = [addition for _, addition in also]
    private = facts.private or outcome.private or any(addition.private for addition in added)
    labels = [*(settings.components[place.component].labels if place.component else ()), *defaults.labels]
    return Routing(
        fit=fit,
        team=place.team,
        component=place.component,
        owner=outcome.owner,
        severity=outcome.severity,
        private=private,
        labels=tuple(dict.fromkeys([*labels, *(label for addition in added for label in addition.labels)])),
        found_in=_found_in(defaults, added),
        notify=() if private else tuple(dict.fromkeys(one for addition in added for one in addition.notify)),
        also=tuple(one for one, _ in also),
    )


def explain(routing: Routing, turn: str = "") -> str:
    """Say why a report went where it is: the rule, what made it fit, what was added, whose turn it is and why."""
    fit = routing.fit
    decided = f"rule {fit.number} “{fit.name}”: {fit.because}" if fit.number else fit.because
    added = [f"also: {one.name or one.because}" for one in routing.also]
    return " · ".join(part for part in (decided, *added, turn) if part)


def fits(settings: Settings, when: Condition | Literal["always"], facts: Facts) -> str | None:
    """Say what makes a condition fit a report, or None if it does not; every part of it must fit."""
    if not isinstance(when, Condition):
        return "nothing else fits"
    reasons = []
    for is_asked, reason in _parts(settings, when, facts):
        if is_asked and reason is None:
            return None
        if is_asked and reason:
            reasons.append(reason)
    return " and ".join(reasons)


def _decide(settings: Settings, facts: Facts) -> tuple[Fit, Outcome, _Place]:
    for number, rule in enumerate(settings.routes, start=1):
        fit = _fit(settings, number, rule, facts)
        place = _place(settings, facts, rule.set) if fit else None
        # Files may belong to nobody: then such a rule decides nothing, and the next is tried.
        if fit is not None and place is not None:
            return fit, rule.set, place
    because, place = _without_rules(settings, facts)
    return Fit(0, "", because), Outcome.model_construct(), place


def _fit(settings: Settings, number: int, rule: Route | Also, facts: Facts) -> Fit | None:
    because = fits(settings, rule.when, facts)
    if because is None:
        return None
    is_only_said = rule.when == ALWAYS and isinstance(rule, Also)
    return Fit(number, rule.name, "always" if is_only_said else because)


def _place(settings: Settings, facts: Facts, outcome: Outcome) -> _Place | None:
    """Give where a rule sends a report; None where it says "as given" or "by path" and there is no such thing."""
    if outcome.component == AS_GIVEN:
        return _of_component(settings, facts.component)
    if outcome.component == BY_PATH:
        owned = owned_paths.owned_file(settings, facts.words)
        return _Place(owned.component, owned.team) if owned else None
    if outcome.component is not None:
        return _of_component(settings, outcome.component)
    if outcome.team is None:
        # What a rule does not say is as if there were none.
        return _without_rules(settings, facts)[1]
    given = _of_component(settings, facts.component)
    return given if given and given.team == outcome.team else _Place(None, outcome.team)


def _of_component(settings: Settings, key: str | None) -> _Place | None:
    return _Place(key, settings.components[key].owner) if key in settings.components else None


def _without_rules(settings: Settings, facts: Facts) -> tuple[str, _Place]:
    """Give what was chosen, else the team whose channel it is, else the first team; and say which."""
    given = _of_component(settings, facts.component)
    if given is not None:
        return _given(facts), given
    for key, team in settings.teams.items():
        if facts.channel and team.channel == facts.channel:
            return "it was reported in this team's channel", _Place(None, key)
    return "no rule says whose it is", _Place(None, next(iter(settings.teams)))


def _parts(settings: Settings, when: Condition, facts: Facts) -> Iterator[tuple[bool, str | None]]:
    """Give each part of a condition: whether it is asked for, and what makes it fit."""
    yield bool(when.any_word), _said("word", matching.find_word(when.any_word, facts.words), "“{}”")
    yield bool(when.url), _said("page", matching.find_url(when.url, facts.url))
    yield when.component is not None, _component_reason(settings, when, facts)
    yield when.path is not None, _path_reason(settings, when, facts)
    yield bool(when.severity), f"severity {facts.severity}" if facts.severity in when.severity else None
    yield bool(when.reporter), "who reported it" if facts.reporter in when.reporter else None
    is_role = facts.reporter_role in when.reporter_role
    yield bool(when.reporter_role), f"reported by {facts.reporter_role}" if is_role else None
    yield bool(when.channel), "the channel it came from" if facts.channel in when.channel else None


def _said(kind: str, found: str | None, shape: str = "{}") -> str | None:
    return None if found is None else f"{kind} {shape.format(found)}"


def _component_reason(settings: Settings, when: Condition, facts: Facts) -> str | None:
    if facts.component not in settings.components:
        return None
    return _given(facts) if when.component == GIVEN or facts.component in (when.component or ()) else None


def _given(facts: Facts) -> str:
    return "it is this channel's component" if facts.component_is_channels else "the reporter chose it"


def _path_reason(settings: Settings, when: Condition, facts: Facts) -> str | None:
    if when.path is None:
        return None
    if when.path == OWNED:
        owned = owned_paths.owned_file(settings, facts.words)
        return _said("file", owned.file if owned else None)
    named = files.files_in(facts.words)
    return _said("file", next((file for file in named for glob in when.path if files.fits_path(glob, file)), None))


def _found_in(defaults: ChannelDefaults, additions: list[Addition]) -> FoundIn | None:
    return next((one.found_in for one in additions if one.found_in), defaults.found_in)
