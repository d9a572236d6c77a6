"""`liaison try`: what the rules of a settings file make of a text, without Slack and without keeping anything."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from bot.check import check_settings
from bot.command_line.checking import show_findings
from bot.command_line.screen import EXIT_PROBLEMS, refuse, show_rows
from bot.routing import rotation, rules
from bot.routing.rotation import Crew
from bot.routing.rules import Facts, Fit, Routing
from bot.routing.settings import Settings
from bot.routing.yaml_source import Source, parse
from storage.models import Role, Severity

# How long somebody is away is not asked; of this day nothing is said.
FOR_LONG = datetime.max.replace(tzinfo=UTC)
_PERSON = re.compile(r"<@([^>]+)>")
Row = tuple[str, str]


@dataclass(frozen=True)
class Trial:
    """A report that nobody sent: its words, where and from whom, who is away, and on which day it comes.

    What was not given is empty; `role` and `severity` are as people type them.
    """

    text: str
    url: str = ""
    reporter: str = ""
    role: str = ""
    channel: str = ""
    component: str = ""
    severity: str = ""
    away: tuple[str, ...] = ()
    on: date | None = None
    is_private: bool = False


def try_rules(path: Path, trial: Trial, *, show_all: bool) -> int:
    """Show where a report would go and why; return the exit code, 1 if the file is broken."""
    settings, findings = check_settings(path, "", required=True)
    if settings is None:
        return show_findings(findings, EXIT_PROBLEMS)
    _refuse_unknown("component", trial.component, settings.components)
    _refuse_unknown("role", trial.role, list(Role))
    _refuse_unknown("severity", trial.severity, list(Severity))
    source = parse(path.read_text("utf-8-sig"))
    facts = facts_of(settings, trial)
    routing = rules.route(settings, facts)
    passed = list(_passed(settings, source, facts, routing)) if show_all else []
    show_rows([*passed, *_decided(settings, source, routing), *_person(settings, trial, routing)])
    return 0


def facts_of(settings: Settings, trial: Trial) -> Facts:
    """Give what the rules may look at; the first line of a text is its title."""
    title, _, text = trial.text.partition("\n")
    known = settings.people.get(trial.reporter)
    channels = settings.component_for_channel(trial.channel) if trial.channel else None
    return Facts(
        title=title,
        text=text,
        url=trial.url,
        channel=trial.channel,
        reporter=trial.reporter,
        reporter_role=Role(trial.role) if trial.role else (known.role if known else None),
        component=trial.component or channels,
        component_is_channels=channels is not None and trial.component in {"", channels},
        severity=Severity(trial.severity) if trial.severity else None,
        private=trial.is_private,
    )


def _refuse_unknown(kind: str, given: str, known: Iterable[str]) -> None:
    if given and given not in known:
        refuse(f"There is no {kind} {given}; there are: {', '.join(known)}.")


def _passed(settings: Settings, source: Source, facts: Facts, routing: Routing) -> Iterator[Row]:
    """Say of each rule before the one that decided that it does not fit, or cannot decide."""
    end = routing.fit.number or len(settings.routes) + 1
    for number, rule in enumerate(settings.routes[: end - 1], start=1):
        why = rules.fits(settings, rule.when, facts)
        said = "does not fit" if why is None else f"fits ({why}), and cannot say whose it is"
        yield "passed", f"{_rule(source, 'routes', Fit(number, rule.name, ''))}: {said}"


def _decided(settings: Settings, source: Source, routing: Routing) -> Iterator[Row]:
    fit = routing.fit
    yield "rule", _rule(source, "routes", fit) if fit.number else "none"
    yield "because", fit.because
    yield "component", routing.component or "none"
    yield "team", routing.team
    if routing.severity is not None:
        yield "severity", f"{routing.severity}, a proposal"
    if routing.found_in is not None:
        yield "found in", routing.found_in
    yield "labels", ", ".join(routing.labels) or "none"
    for also in routing.also:
        yield "also", f"{_rule(source, 'also', also)}: {also.because}"
    yield "private", "yes" if routing.private else "no"
    yield "notify", _notified(settings, routing)


def _rule(source: Source, kind: str, fit: Fit) -> str:
    line = source.place_of_value((kind, fit.number - 1)).line
    name = f" “{fit.name}”" if fit.name else ""
    return f"{fit.number}{name}, line {line}"


def _notified(settings: Settings, routing: Routing) -> str:
    if not routing.private:
        return ", ".join(routing.notify) or "nobody"
    named = dict.fromkeys(channel for fit in routing.also for channel in settings.also[fit.number - 1].set.notify)
    return f"nobody: it is private, so {', '.join(named)} hears nothing" if named else "nobody: it is private"


def _person(settings: Settings, trial: Trial, routing: Routing) -> Iterator[Row]:
    if routing.owner is not None:
        yield "person", f"{routing.owner}: the rule names them"
        return
    noon = datetime.combine(trial.on or datetime.now(UTC).date(), time(12), rotation.zone_of(settings, routing.team))
    crew = Crew(away_until=dict.fromkeys(trial.away, FOR_LONG))
    picked = rotation.pick(settings, routing.team, crew, noon)
    why = _PERSON.sub(r"\1", picked.why) or "the team gives reports to nobody by itself"
    yield "person", f"{picked.person or 'nobody'}: {why}"
