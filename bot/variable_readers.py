"""How the text of an environment variable becomes a value.

A reader takes the text and returns the value, or raises ValueError with what is expected. Its message never
holds the text of a secret.
"""

import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

# Slack's secrets are 32 hexadecimal digits; other Slack servers choose their own.
SECRET_LENGTH = 16
_SHORTEST_TOKEN = 8
_PLACEHOLDERS = frozenset({"your", "changeme", "change", "placeholder", "example", "replace", "insert", "todo"})
_KINDS = {
    "xoxb-": ("a bot token (xoxb-)", "SLACK_BOT_TOKEN"),
    "xapp-": ("an app-level token (xapp-)", "SLACK_APP_TOKEN"),
    "xoxp-": ("a user token (xoxp-)", ""),
    "xoxe.": ("a rotating token (xoxe.), which ends after twelve hours: switch token rotation off", ""),
    "xoxe-": ("a refresh token (xoxe-)", ""),
    "xoxc-": ("a browser's token (xoxc-)", ""),
    "xoxs-": ("a browser's token (xoxs-)", ""),
}


class LogFormat(StrEnum):
    """How log lines look: for people, or for machines."""

    CONSOLE = "console"
    JSON = "json"


def looks_like_placeholder(text: str) -> bool:
    """Say whether a text is an example that nobody replaced, such as xoxb-your-token."""
    words = [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]
    if any(word in _PLACEHOLDERS or set(word) == {"x"} for word in words):
        return True
    return bool(text) and not words


def bot_token(text: str) -> SecretStr:
    """Read the bot's token."""
    return _read_token(text, "xoxb-")


def app_token(text: str) -> SecretStr:
    """Read the token that opens Socket Mode."""
    return _read_token(text, "xapp-")


def signing_secrets(text: str) -> tuple[SecretStr, ...]:
    """Read one signing secret, or two while it is being changed."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 2:
        raise ValueError("holds more than two secrets; while changing it, give the new and the old one")
    for part in parts:
        if part.startswith(("xox", "xapp-")):
            raise ValueError("holds a token; the signing secret is another value")
        if not re.fullmatch(rf"[A-Za-z0-9_-]{{{SECRET_LENGTH},}}", part):
            raise ValueError("has the wrong form: it is 32 letters and digits; a second one follows a comma")
    return tuple(SecretStr(part) for part in parts)


def slack_url(text: str) -> str:
    """Read the address of Slack's Web API."""
    _check_service(text)
    if not text.endswith("/"):
        raise ValueError("must end with a slash, like https://slack.com/api/")
    return text


def service_url(text: str) -> str:
    """Read the address of a tracker."""
    _check_service(text)
    return text


def words(text: str) -> str:
    """Read a text as it is."""
    return text


def secret(text: str) -> SecretStr:
    """Read a token or key."""
    if looks_like_placeholder(text):
        raise ValueError("still holds the example's placeholder")
    if len(text) < _SHORTEST_TOKEN:
        raise ValueError(f"is too short: a token has {_SHORTEST_TOKEN} characters or more")
    return SecretStr(text)


def webhook_secrets(text: str) -> SecretStr:
    """Read the secret that proves deliveries, or two with a comma between while it is being changed."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 2:
        raise ValueError("holds more than two secrets; while changing it, give the new and the old one")
    if any(len(part) < SECRET_LENGTH for part in parts):
        raise ValueError(f"is too short: make one of {SECRET_LENGTH} characters or more, so that nobody can guess it")
    return SecretStr(",".join(parts))


def database_url(text: str) -> SecretStr:
    """Read the database's address and return it as SQLAlchemy's synchronous engine wants it."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError("must start with sqlite:/// or postgresql://")
    if scheme == "sqlite":
        if not re.fullmatch(r"/[^?#]+", rest) or rest in {"/:memory:", "//"}:
            raise ValueError("must name a file after three slashes, like sqlite:///liaison.db")
        return SecretStr(text)
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise ValueError("must start with sqlite:/// or postgresql://")
    address = _split(text)
    if not address.path.strip("/"):
        raise ValueError("must name a database, like postgresql://user:password@host/liaison")
    return SecretStr(f"postgresql+psycopg://{rest}")


def path(text: str) -> Path:
    """Read the path of a file."""
    if "\0" in text:
        raise ValueError("must be the path of a file")
    return Path(text)


def channel(text: str) -> str:
    """Read a channel: its id or its #name."""
    if re.fullmatch(r"[CG][A-Z0-9]{2,}", text) or (re.fullmatch(r"#[\w-]{1,80}", text) and text == text.lower()):
        return text
    raise ValueError("must be a channel's id like C0123ABCD, or its name with the sign before it, like #bugs")


def host(text: str) -> str:
    """Read the address to listen on."""
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError("must be an address of this machine, like 127.0.0.1")
    return text


def port(text: str) -> int:
    """Read the port to listen on."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise ValueError("must be a number from 1 to 65535")
    return int(text)


def log_level(text: str) -> str:
    """Read how much is logged."""
    if text.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError("must be debug, info, warning or error")
    return text.lower()


def log_format(text: str) -> LogFormat:
    """Read how log lines look."""
    if text.lower() not in set(LogFormat):
        raise ValueError("must be console or json")
    return LogFormat(text.lower())


def command(text: str) -> str:
    """Read the name of a slash command."""
    # https://docs.slack.dev/interactivity/implementing-slash-commands
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", text):
        raise ValueError("must be a slash and up to 31 small letters, digits, - or _, like /bug")
    return text


def sentry_dsn(text: str) -> SecretStr:
    """Read where errors are reported."""
    address = _split(text)
    if address.scheme not in {"https", "http"} or not address.hostname or not address.username:
        raise ValueError("must be the DSN of a Sentry project, like https://key@host/1")
    return SecretStr(text)


def _check_service(text: str) -> None:
    address = _split(text)
    if address.scheme not in {"https", "http"} or not address.hostname:
        raise ValueError("must be an address that starts with https://")
    if address.username is not None or address.query or address.fragment:
        raise ValueError("must hold no user, password, question mark or #")
    if address.scheme == "http" and not _is_loopback(address.hostname):
        raise ValueError("may be http:// only for this machine (127.0.0.1); elsewhere tokens need https://")


def _read_token(text: str, prefix: str) -> SecretStr:
    if text[:1] in {'"', "'"}:
        raise ValueError("has quotation marks around it; remove them")
    kind, home = _KINDS.get(text[:5], ("", ""))
    if kind and text[:5] != prefix:
        raise ValueError(f"holds {kind}" + (f", which belongs in {home}" if home else ""))
    if not re.fullmatch(rf"{prefix}[A-Za-z0-9_-]{{8,}}", text):
        raise ValueError(f"is no token of this kind: {prefix} and then letters, digits and dashes")
    return SecretStr(text)


def _split(text: str) -> SplitResult:
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:
        # The original error repeats the text, which may hold a password.
        raise ValueError("is no valid address") from None
    if port == 0:
        raise ValueError("names port 0, where nothing listens")
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
