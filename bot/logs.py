"""Log lines: one event, one line, no secrets, whoever wrote it.

Liaison's own events (structlog) and those of libraries (logging) take the same way to the same stream.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

LONGEST_LINE_BYTES = 8 * 1024
LONGEST_VALUE = 2000
LONGEST_TRACEBACK = 5000
MASK = "[secret]"
# A shorter secret would mask half of every line.
SHORTEST_SECRET = 5

# They print tokens and bodies below warning, or a line for each request.
_TALKATIVE = ("slack_sdk", "slack_bolt", "httpx", "httpcore", "aiohttp", "uvicorn.access", "asyncio")
_TOKENS = re.compile(
    r"""
    \bxox[a-z][-.][A-Za-z0-9.-]{4,}            # Slack: bot, user, refresh, rotating
    | \bxapp-[A-Za-z0-9-]{4,}                  # Slack: app level
    | hooks\.slack\.com/[^\s"']+               # Slack: response and webhook addresses
    | wss://[^\s"']+                           # Slack: a socket's address holds a ticket
    | \bgh[a-z]_[A-Za-z0-9]{16,}               # GitHub
    | \bgithub_pat_[A-Za-z0-9_]{16,}
    | \blin_[a-z]+_[A-Za-z0-9]{16,}            # Linear
    | \bglpat-[A-Za-z0-9_-]{16,}               # GitLab
    | (?<=://)[^\s/@:"']*:[^\s/@"']+(?=@)       # user and password in an address
    | (?<=[Bb]earer\ )[A-Za-z0-9._~+/=-]{8,}
    """,
    re.VERBOSE,
)
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")
# Control characters, line separators and marks that turn the direction of text around.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def configure(level: str, log_format: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Send everything that is logged to `stream` (standard error), one clean line each.

    `level` is debug, info, warning or error; `log_format` is console or json; each of `secrets` is masked.
    """
    # A log call with a broken format would print its arguments to standard error, unmasked.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    redact = Redactor(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(log_format, redact))
    handler.addFilter(_without_chatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_facts(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class Redactor:
    """A structlog processor that masks secrets and makes every value one short printable line."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long_enough = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        # The longest first: one secret may be a part of another.
        known = [re.escape(secret) for secret in sorted(long_enough, key=len, reverse=True)]
        self._known = re.compile("|".join(known)) if known else None

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the event with all its names and values cleaned."""
        return {self.clean(key): self._value(key, value) for key, value in event.items() if key[:1] != "_"}

    def clean(self, text: str) -> str:
        """Return `text` without secrets, control characters and line breaks, whatever its length."""
        plain = _UNPRINTABLE.sub(" ", _ESCAPES.sub("", self._mask(text)))
        # Masked twice: what was taken out may have stood in the middle of a token.
        return self._mask(plain).encode("utf-8", "replace").decode()

    def _mask(self, text: str) -> str:
        known = self._known.sub(MASK, text) if self._known else text
        return _TOKENS.sub(MASK, known)

    def _value(self, key: str, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        text = value if isinstance(value, str) else repr(value)
        if key == "exception":
            # The end of a traceback says what went wrong.
            lines = " | ".join(line for line in self._mask(text).splitlines() if line.strip())
            return self.clean(lines)[-LONGEST_TRACEBACK:]
        cleaned = self.clean(text)
        return cleaned if len(cleaned) <= LONGEST_VALUE else cleaned[:LONGEST_VALUE] + "…"


class _OneLine(structlog.stdlib.ProcessorFormatter):
    """Renders a record and makes sure that the line is one line of bearable length."""

    def __init__(self, redact: Redactor, *, as_json: bool, **options: Any) -> None:
        super().__init__(**options)
        self._redact = redact
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        line = self._redact.clean(super().format(record))
        if len(line.encode()) <= LONGEST_LINE_BYTES:
            return line
        if not self._as_json:
            return line.encode()[: LONGEST_LINE_BYTES - 3].decode("utf-8", "ignore") + "…"
        # Cut JSON is no JSON: keep what identifies the event.
        whole = json.loads(line)
        kept = {key: whole[key] for key in ("timestamp", "level", "logger", "event") if key in whole}
        return json.dumps({**kept, "cut": True}, ensure_ascii=False)


def _formatter(log_format: str, redact: Redactor) -> logging.Formatter:
    as_json = log_format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False)
    )
    return _OneLine(
        redact,
        as_json=as_json,
        foreign_pre_chain=_facts(),
        processors=[structlog.processors.format_exc_info, redact, renderer],
    )


def _facts() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _without_chatter(record: logging.LogRecord) -> bool:
    # Bolt copies the root's level to its own loggers, so that a level set on its parent is not enough.
    talkative = record.name.split(".", 1)[0] in _TALKATIVE or record.name in _TALKATIVE
    return not talkative or record.levelno >= logging.WARNING
