"""Logs: one event is one clean line, and no canary gets through."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator

import pytest
import structlog

from bot import logs

CANARIES = {
    "bot token": "xoxb-2718-tweety",
    "rotating token": "xoxe.xoxb-1-tweety",
    "refresh token": "xoxe-1-tweety",
    "app token": "xapp-1-A0-tweety",
    "response address": "https://hooks.slack.com/actions/T0/1/tweety",
    "socket address": "wss://wss-primary.slack.com/link/?ticket=tweety",
    "github": "ghp_tweety0123456789abcdef",
    "github fine": "github_pat_tweety0123456789abcdef",
    "linear": "lin_api_tweety0123456789abcdef",
    "gitlab": "glpat-tweety0123456789abcdef",
    "database": "postgresql://me:tweety@db/liaison",
    "bearer": "Authorization: Bearer tweety0123456789",
    "configured": "plain-tweety-secret",
}
Read = Callable[[], list[str]]


@pytest.fixture
def configured() -> Iterator[Callable[..., Read]]:
    root = logging.getLogger()
    before = (root.handlers, root.level, logging.raiseExceptions, structlog.get_config())

    def configure(level: str, log_format: str) -> Read:
        stream = io.StringIO()
        logs.configure(level, log_format, ["plain-tweety-secret"], stream)
        return lambda: stream.getvalue().splitlines()

    yield configure
    logging.captureWarnings(capture=False)
    root.handlers, root.level, logging.raiseExceptions = before[:3]
    structlog.configure(**before[3])


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())
def test_secret_is_masked_wherever_it_stands(configured, log_format, canary):
    read = configured("debug", log_format)

    structlog.get_logger("bot.x").info("event", value=canary, nested={"deep": [canary]})
    logging.getLogger("library").warning("said %s", canary)
    try:
        raise ValueError(canary)
    except ValueError:
        structlog.get_logger("bot.x").exception("failed")
        logging.getLogger("library").exception("failed")

    lines = read()
    assert len(lines) == 4
    assert all("tweety" not in line and logs.MASK in line for line in lines)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_text_cannot_forge_a_line_or_paint_the_terminal(configured, log_format):
    read = configured("info", log_format)
    nasty = "a\r\n2026-01-01 [info] forged\x1b[31m\x1b]0;title\x07\u2028b\u202ec\x00\x85\ud800"

    structlog.get_logger("bot.x").info(nasty, value=nasty)
    logging.getLogger("library").error(nasty)

    lines = read()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_token_is_masked_when_control_characters_split_it(configured, log_format):
    read = configured("info", log_format)

    structlog.get_logger("bot.x").info("event", value="xoxb-27\x1b[0m18-tweety0123")

    assert "tweety" not in read()[0]


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_line_is_cut_when_it_is_long(configured, log_format):
    read = configured("info", log_format)

    structlog.get_logger("bot.x").info("event", **{f"key{number}": "é" * 5000 for number in range(9)})
    logging.getLogger("library").error("x" * 2**20)

    lines = read()
    assert [len(line.encode()) <= logs.LONGEST_LINE_BYTES for line in lines] == [True, True]
    assert "event" in lines[0]


def test_json_stays_json_when_it_is_cut(configured):
    read = configured("info", "json")

    structlog.get_logger("bot.x").info("event", **{f"key{number}": "é" * 5000 for number in range(9)})

    line = json.loads(read()[0])
    del line["timestamp"]
    assert line == {"level": "info", "logger": "bot.x", "event": "event", "cut": True}


def test_end_of_a_traceback_is_kept_when_it_is_long(configured):
    read = configured("info", "json")

    try:
        raise ValueError("x" * 9000 + " the end")
    except ValueError:
        structlog.get_logger("bot.x").exception("failed")

    assert json.loads(read()[0])["exception"].endswith("the end")


def test_libraries_that_print_bodies_are_quiet_below_warning(configured):
    read = configured("debug", "console")
    # As Bolt does it: it copies the level of the root.
    logging.getLogger("slack_bolt.AsyncApp").setLevel(logging.DEBUG)

    for name in ("slack_bolt.AsyncApp", "slack_sdk.web", "httpx", "uvicorn.access"):
        logging.getLogger(name).info("the whole body")
        logging.getLogger(name).warning("trouble")
    logging.getLogger("slack_bolt.AsyncApp").setLevel(logging.NOTSET)

    assert [line.split("] ", 1)[1] for line in read()] == [
        "trouble [slack_bolt.AsyncApp]",
        "trouble [slack_sdk.web]",
        "trouble [httpx]",
        "trouble [uvicorn.access]",
    ]


def test_events_below_the_level_are_dropped(configured):
    read = configured("warning", "console")

    structlog.get_logger("bot.x").info("quiet")
    structlog.get_logger("bot.x").warning("loud")

    assert [line.split("] ", 1)[1] for line in read()] == ["loud [bot.x]"]


def test_arguments_are_not_printed_when_a_log_call_is_broken(configured, capsys):
    read = configured("info", "console")

    logging.getLogger("library").error("number %d", "plain-tweety-secret")

    assert (read(), capsys.readouterr().err) == ([], "")


def test_warnings_of_python_are_logged(configured):
    read = configured("info", "console")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old way", stacklevel=1)

    assert len(read()) == 1
    assert "old way" in read()[0]
