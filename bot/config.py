"""Liaison's configuration, read once at start: every missing or wrong variable is named in one message."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, SecretStr

from bot.variable_readers import LogFormat, looks_like_placeholder
from bot.variables import TRACKER_VARIABLES, VARIABLES, Mode, Variable
from integrations.connections import half_set_up
from integrations.trackers import TRACKERS

__all__ = ["Config", "ConfigError", "LogFormat", "Mode", "Problem"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one variable, and what to do; never holds the value of a secret."""

    variable: str
    text: str

    def __str__(self) -> str:
        return f"{self.variable} {self.text}"


class ConfigError(Exception):
    """Liaison cannot start as it is configured; the text names every problem, one a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        many = f"{len(problems)} settings are" if len(problems) > 1 else "1 setting is"
        lines = [f"{many} missing or wrong (environment or .env):", *(f"  {problem}" for problem in problems)]
        super().__init__("\n".join(lines))
        self.problems = problems


class Config(BaseModel):
    """All that the environment says. Credentials that the mode does not need are None, whatever was given.

    `database_url` is for SQLAlchemy's synchronous engine and may hold a password. `settings_required`:
    somebody named a settings file, so it must be there. `slack_signing_secrets` are those accepted now, at
    most two. `tracker_words` and `tracker_secrets` are the trackers' variables by name.
    """

    # No input in errors: a wrong value may be a secret in the wrong place.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Mode
    slack_bot_token: SecretStr | None
    slack_app_token: SecretStr | None
    slack_signing_secrets: tuple[SecretStr, ...]
    slack_api_url: str
    database_url: SecretStr
    settings_path: Path
    settings_required: bool
    channel: str
    command_bug: str
    command_main: str
    host: str
    port: int
    log_level: str
    log_format: LogFormat
    sentry_dsn: SecretStr | None
    tracker_secrets: dict[str, SecretStr]
    tracker_words: dict[str, str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, mode: Mode) -> Self:
        """Read and check all variables that `mode` needs.

        Raises:
            ConfigError: with every missing, blank or malformed variable.
        """
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for variable in VARIABLES:
            values[variable.name], problem = _value(variable, environment, mode)
            problems += [problem] if problem else []
        problems += _contradictions(values)
        if problems:
            raise ConfigError(tuple(problems))
        return cls(
            mode=mode,
            slack_bot_token=values["SLACK_BOT_TOKEN"],
            slack_app_token=values["SLACK_APP_TOKEN"],
            slack_signing_secrets=values["SLACK_SIGNING_SECRET"] or (),
            slack_api_url=values["SLACK_API_URL"],
            database_url=values["DATABASE_URL"],
            settings_path=values["LIAISON_SETTINGS"],
            settings_required="LIAISON_SETTINGS" in environment,
            channel=values["LIAISON_CHANNEL"],
            command_bug=values["LIAISON_COMMAND_BUG"],
            command_main=values["LIAISON_COMMAND_MAIN"],
            host=values["LIAISON_HOST"],
            port=values["LIAISON_PORT"],
            log_level=values["LIAISON_LOG_LEVEL"],
            log_format=values["LIAISON_LOG_FORMAT"],
            sentry_dsn=values["SENTRY_DSN"],
            tracker_secrets={
                one.name: values[one.name] for one in TRACKER_VARIABLES if one.secret and values[one.name]
            },
            tracker_words={one.name: values[one.name] or "" for one in TRACKER_VARIABLES if not one.secret},
        )

    def secrets(self) -> tuple[str, ...]:
        """List every secret value, for the log to mask."""
        held = (self.slack_bot_token, self.slack_app_token, *self.slack_signing_secrets, self.sentry_dsn)
        tokens = [secret.get_secret_value() for secret in (*held, *self.tracker_secrets.values()) if secret]
        return (*tokens, *_password(self.database_url.get_secret_value()))

    def tracker_values(self) -> Mapping[str, str]:
        """Give the variables of the trackers by name, with their secrets; those not given are empty."""
        revealed = {name: secret.get_secret_value() for name, secret in self.tracker_secrets.items()}
        return {**{one.name: "" for one in TRACKER_VARIABLES}, **self.tracker_words, **revealed}


def _value(variable: Variable, environment: Mapping[str, str], mode: Mode) -> tuple[Any, Problem | None]:
    """Read one variable; the problem is None if it is as it should be."""
    needed = mode in variable.needed_in
    if variable.needed_in and not needed:
        return None, None
    given = environment.get(variable.name)
    if given is None and not needed:
        return (variable.read(variable.default) if variable.default else None), None
    try:
        return _read(variable, given), None
    except ValueError as wrong:
        return None, Problem(variable.name, _sentence(variable, str(wrong)))


def _read(variable: Variable, given: str | None) -> Any:
    if given is None:
        raise ValueError("is missing")
    text = given.strip()
    if not text:
        raise ValueError("is blank" if variable.needed_in else "is blank; give it a value or remove the line")
    if variable.needed_in and looks_like_placeholder(text):
        raise ValueError("still holds the example's placeholder")
    return variable.read(text)


def _sentence(variable: Variable, wrong: str) -> str:
    if variable.expected:
        return f"{wrong}. {variable.expected}"
    return f"{wrong}. The default is {variable.default}" if variable.default else f"{wrong}."


def _contradictions(values: Mapping[str, Any]) -> list[Problem]:
    bug, main = values["LIAISON_COMMAND_BUG"], values["LIAISON_COMMAND_MAIN"]
    found = [Problem(name, f"is missing: {why}") for name, why in half_set_up(TRACKERS, values)]
    if bug is not None and bug == main:
        found.append(Problem("LIAISON_COMMAND_MAIN", f"is {main}, like LIAISON_COMMAND_BUG; they must differ."))
    return found


def _password(database_url: str) -> tuple[str, ...]:
    authority = database_url.partition("://")[2].rpartition("@")[0]
    password = authority.partition(":")[2]
    return (password, unquote(password)) if password else ()
