"""The environment variables Liaison knows, and what each means; .env.example lists the same."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot import variable_readers as read
from integrations.sources import SOURCES
from integrations.sources.base import SourceKind
from integrations.trackers import TRACKERS
from integrations.trackers.base import TrackerKind, TrackerVariable

_WHERE_BOT = "api.slack.com/apps > your app > OAuth & Permissions > Bot User OAuth Token"
_WHERE_APP = "api.slack.com/apps > your app > Basic Information > App-Level Tokens"
_WHERE_SIGNING = "api.slack.com/apps > your app > Basic Information > Signing Secret"


class Mode(StrEnum):
    """How Liaison hears from Slack; OFFLINE needs no credentials (demo, manifest, status, db)."""

    SOCKET = "socket"
    HTTP = "http"
    OFFLINE = "offline"


@dataclass(frozen=True)
class Variable:
    """One variable; with `needed_in` it must be given in these modes and is not read in others."""

    name: str
    meaning: str
    read: Callable[[str], Any]
    default: str = ""
    expected: str = ""
    needed_in: frozenset[Mode] = frozenset()
    secret: bool = False


_OWN = (
    Variable(
        "SLACK_BOT_TOKEN",
        "Acts as the bot in your workspace; starts with xoxb-.",
        read.bot_token,
        expected=f"It starts with xoxb-; find it at {_WHERE_BOT}.",
        needed_in=frozenset({Mode.SOCKET, Mode.HTTP}),
        secret=True,
    ),
    Variable(
        "SLACK_APP_TOKEN",
        "Opens Socket Mode; starts with xapp-. Not needed with --http.",
        read.app_token,
        expected=f"It starts with xapp- and has connections:write; make it at {_WHERE_APP}.",
        needed_in=frozenset({Mode.SOCKET}),
        secret=True,
    ),
    Variable(
        "SLACK_SIGNING_SECRET",
        "Proves that a request is Slack's. Only for --http. While changing it: new,old.",
        read.signing_secrets,
        expected=f"Find it at {_WHERE_SIGNING}.",
        needed_in=frozenset({Mode.HTTP}),
        secret=True,
    ),
    Variable(
        "SLACK_API_URL",
        "Slack's Web API; another address is for a Slack server on this machine.",
        read.slack_url,
        default="https://slack.com/api/",
    ),
    Variable(
        "DATABASE_URL",
        "Where everything is kept: sqlite:///file or postgresql://user:password@host/database.",
        read.database_url,
        default="sqlite:///liaison.db",
        secret=True,
    ),
    Variable(
        "LIAISON_SETTINGS",
        "The file with your teams and components; see docs/liaison.example.yaml.",
        read.path,
        default="liaison.yaml",
    ),
    Variable(
        "LIAISON_CHANNEL",
        "The channel for reports as long as there is no settings file: id or #name.",
        read.channel,
        default="#bugs",
    ),
    Variable("LIAISON_COMMAND_BUG", "The slash command that reports a bug.", read.command, default="/bug"),
    Variable("LIAISON_COMMAND_MAIN", "The slash command for all else.", read.command, default="/liaison"),
    Variable("LIAISON_HOST", "Where --http and health listen.", read.host, default="127.0.0.1"),
    Variable("LIAISON_PORT", "The port of --http and health.", read.port, default="3000"),
    Variable("LIAISON_LOG_LEVEL", "debug, info, warning or error.", read.log_level, default="info"),
    Variable("LIAISON_LOG_FORMAT", "console for people, json for machines.", read.log_format, default="console"),
    Variable(
        "SENTRY_DSN",
        "Reports errors of Liaison itself to Sentry (pip install liaison-bot[sentry]).",
        read.sentry_dsn,
        secret=True,
    ),
)


def _of_kind(kind: TrackerKind | SourceKind, variable: TrackerVariable) -> Variable:
    reader: Callable[[str], Any] = read.words
    if variable.secret:
        is_webhook = isinstance(kind, TrackerKind) and variable.name == kind.webhook_secret
        reader = read.webhook_secrets if is_webhook else read.secret
    elif variable.name.endswith("_URL"):
        reader = read.service_url
    meaning = f"{kind.title}: {variable.meaning}"
    return Variable(variable.name, meaning, reader, default=variable.default, secret=variable.secret)


# Each tracker, and each other source, says what it is configured by.
_KINDS: tuple[TrackerKind | SourceKind, ...] = (*TRACKERS.values(), *SOURCES.values())
TRACKER_VARIABLES = tuple(_of_kind(kind, variable) for kind in _KINDS for variable in kind.variables)
VARIABLES = (*_OWN, *TRACKER_VARIABLES)
