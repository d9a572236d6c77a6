"""`liaison check`: what stands in the way of a start, found without changing anything."""

import difflib
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

from bot.config import Config, ConfigError, Mode
from bot.routing.load import SettingsError, read_settings
from bot.routing.notes import notes_of, people_of
from bot.routing.settings import Settings
from bot.variables import TRACKER_VARIABLES, VARIABLES, Variable
from storage import schema

OURS = "LIAISON_"


class Mark(StrEnum):
    """How a finding is: only `wrong` keeps Liaison from working."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line of the check; `text` of a wrong one says what to do. Never holds the value of a variable."""

    mark: Mark
    subject: str
    text: str


def check_environment(environment: Mapping[str, str], mode: Mode) -> tuple[Config | None, list[Finding]]:
    """Look at every variable; the configuration is None if one is wrong."""
    try:
        config, problems = Config.from_environment(environment, mode=mode), {}
    except ConfigError as refused:
        config, problems = None, {problem.variable: problem.text for problem in refused.problems}
    # Of trackers, which are many, only what somebody set.
    shown = [one for one in VARIABLES if one not in TRACKER_VARIABLES or {one.name} & (environment.keys() | problems)]
    findings = [_variable(variable, environment, mode, problems.get(variable.name)) for variable in shown]
    return config, [*findings, *_misspelt(environment)]


def check_settings(path: Path, channel: str, *, required: bool) -> tuple[Settings | None, list[Finding]]:
    """Read the settings file; each problem becomes a finding with its line and column."""
    try:
        settings = read_settings(path, channel, required=required)
    except SettingsError as refused:
        return None, [Finding(Mark.WRONG, "settings", line) for line in str(refused).splitlines()]
    if not required and not path.exists():
        return settings, [Finding(Mark.NOTE, "settings", f"no file {path}: every report goes to {channel}")]
    notes = [Finding(Mark.NOTE, "settings", note) for note in notes_of(settings)]
    return settings, [Finding(Mark.OK, "settings", f"{path}: {_count(settings)}"), *notes]


def check_database(url: str) -> Finding:
    """Say whether the database answers and how old its schema is; makes and changes nothing."""
    path = schema.sqlite_path(make_url(url))
    if path is not None and not path.exists():
        return _no_file(path)
    try:
        version = _version(url)
    except ModuleNotFoundError:
        return Finding(Mark.WRONG, "database", "PostgreSQL needs: pip install 'liaison-bot[postgres]'")
    except schema.SchemaError as refused:
        return Finding(Mark.WRONG, "database", str(refused))
    except (DBAPIError, sqlite3.Error) as failure:
        reason = failure.orig if isinstance(failure, DBAPIError) else failure
        return Finding(Mark.WRONG, "database", f"cannot be used: {reason}. Check DATABASE_URL.")
    if version == schema.newest():
        return Finding(Mark.OK, "database", f"answers, schema {version}")
    return Finding(Mark.NOTE, "database", f"answers, schema {version or 'empty'}; the next start upgrades it")


def check_offline(environment: Mapping[str, str], findings: Iterable[Finding]) -> tuple[Settings | None, list[Finding]]:
    """Check what needs no Slack, as far as the variables for it are right."""
    wrong = {finding.subject for finding in findings if finding.mark is Mark.WRONG}
    # What the commands are called matters here to nobody, and two alike would refuse the rest.
    ignored = {*wrong, "LIAISON_COMMAND_BUG", "LIAISON_COMMAND_MAIN"}
    usable = {name: value for name, value in environment.items() if name not in ignored}
    config = Config.from_environment(usable, mode=Mode.OFFLINE)
    settings: Settings | None = None
    found: list[Finding] = []
    if not wrong & {"LIAISON_SETTINGS", "LIAISON_CHANNEL"}:
        settings, found = check_settings(config.settings_path, config.channel, required=config.settings_required)
    if "DATABASE_URL" not in wrong:
        found.append(check_database(config.database_url.get_secret_value()))
    return settings, found


def _variable(variable: Variable, environment: Mapping[str, str], mode: Mode, problem: str | None) -> Finding:
    if problem is not None:
        return Finding(Mark.WRONG, variable.name, problem)
    if variable.needed_in and mode not in variable.needed_in:
        return Finding(Mark.OK, variable.name, f"not needed for {mode}")
    if variable.name in environment:
        return Finding(Mark.OK, variable.name, "set")
    return Finding(Mark.OK, variable.name, f"default {variable.default}" if variable.default else "not set")


def _misspelt(environment: Mapping[str, str]) -> list[Finding]:
    known = [variable.name for variable in VARIABLES]
    strange = sorted(name for name in environment if name.startswith(OURS) and name not in known)
    findings = []
    for name in strange:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f": did you mean {near[0]}?" if near else ""
        findings.append(Finding(Mark.NOTE, name, f"is not known to Liaison{hint}"))
    return findings


def _no_file(path: Path) -> Finding:
    if not path.parent.is_dir():
        return Finding(Mark.WRONG, "database", f"The folder {path.parent} does not exist. Make it.")
    return Finding(Mark.OK, "database", f"{path.name} will be made at the first start")


def _version(url: str) -> str | None:
    engine = create_engine(url, hide_parameters=True)
    try:
        schema.refuse_newer(engine)
        return schema.current(engine)
    finally:
        engine.dispose()


def _count(settings: Settings) -> str:
    counts = {
        "team": len(settings.teams),
        "component": len(settings.components),
        "rule": len(settings.routes) + len(settings.also),
        "person": len(people_of(settings)),
    }
    plural = {"person": "people"}
    named = (f"{count} {one if count == 1 else plural.get(one, f'{one}s')}" for one, count in counts.items())
    return ", ".join(named)
