"""Configuration: complete, or refused in one message that names everything and shows no secret."""

import traceback

import pytest

from bot.config import Config, ConfigError, LogFormat, Mode
from bot.variables import TRACKER_VARIABLES, VARIABLES

BOT = "xoxb-2718281828-canarybot"
APP = "xapp-1-A0123-canaryapp"
SIGNING = "0123456789abcdef0123456789canary"
SOCKET = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}
HTTP = {"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SIGNING}


def problems(environment: dict[str, str], mode: Mode = Mode.SOCKET) -> dict[str, str]:
    with pytest.raises(ConfigError) as refused:
        Config.from_environment(environment, mode=mode)
    return {problem.variable: problem.text for problem in refused.value.problems}


def test_defaults_are_used_when_only_the_tokens_are_given():
    config = Config.from_environment(SOCKET, mode=Mode.SOCKET)

    shown = config.model_dump(exclude={"slack_bot_token", "slack_app_token", "database_url"}, mode="json")
    assert shown == {
        "mode": "socket",
        "slack_signing_secrets": [],
        "slack_api_url": "https://slack.com/api/",
        "settings_path": "liaison.yaml",
        "settings_required": False,
        "channel": "#bugs",
        "command_bug": "/bug",
        "command_main": "/liaison",
        "host": "127.0.0.1",
        "port": 3000,
        "log_level": "info",
        "log_format": "console",
        "sentry_dsn": None,
        "tracker_secrets": {},
        "tracker_words": {one.name: one.default for one in TRACKER_VARIABLES if not one.secret},
    }
    assert config.database_url.get_secret_value() == "sqlite:///liaison.db"


def test_every_credential_is_named_at_once_when_nothing_is_given():
    assert list(problems({}, Mode.SOCKET)) == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
    assert list(problems({}, Mode.HTTP)) == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]


def test_message_says_what_is_expected_and_where_to_find_it():
    with pytest.raises(ConfigError) as refused:
        Config.from_environment({"SLACK_APP_TOKEN": APP}, mode=Mode.SOCKET)

    assert str(refused.value) == (
        "1 setting is missing or wrong (environment or .env):\n"
        "  SLACK_BOT_TOKEN is missing. It starts with xoxb-; find it at api.slack.com/apps > your app >"
        " OAuth & Permissions > Bot User OAuth Token."
    )


def test_no_credential_is_read_when_offline():
    config = Config.from_environment({"SLACK_BOT_TOKEN": "nonsense"}, mode=Mode.OFFLINE)

    assert (config.slack_bot_token, config.slack_app_token, config.slack_signing_secrets) == (None, None, ())


def test_credential_of_the_other_mode_is_not_read():
    config = Config.from_environment({**HTTP, "SLACK_APP_TOKEN": ""}, mode=Mode.HTTP)

    assert config.slack_app_token is None


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_blank_variable_is_named(variable):
    mode = Mode.HTTP if variable.name == "SLACK_SIGNING_SECRET" else Mode.SOCKET
    given = HTTP if mode is Mode.HTTP else SOCKET

    found = problems({**given, variable.name: "  "}, mode)

    assert list(found) == [variable.name]
    assert found[variable.name].startswith("is blank")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-your-token", "still holds the example's placeholder"),
        ("SLACK_BOT_TOKEN", "changeme", "still holds the example's placeholder"),
        ("SLACK_BOT_TOKEN", "xoxb-xxxx-xxxx", "still holds the example's placeholder"),
        ("SLACK_BOT_TOKEN", "...", "still holds the example's placeholder"),
        ("SLACK_BOT_TOKEN", "xoxp-1-abcdefgh", "holds a user token (xoxp-)"),
        ("SLACK_BOT_TOKEN", APP, "holds an app-level token (xapp-), which belongs in SLACK_APP_TOKEN"),
        ("SLACK_BOT_TOKEN", "xoxe.xoxb-1-abcdefgh", "holds a rotating token (xoxe.), which ends after twelve"),
        ("SLACK_BOT_TOKEN", f'"{BOT}"', "has quotation marks around it; remove them"),
        ("SLACK_BOT_TOKEN", f"{BOT} {BOT}", "is no token of this kind"),
        ("SLACK_APP_TOKEN", BOT, "holds a bot token (xoxb-), which belongs in SLACK_BOT_TOKEN"),
        ("SLACK_API_URL", "slack.com/api/", "must be an address that starts with https://"),
        ("SLACK_API_URL", "https://slack.com/api", "must end with a slash"),
        ("SLACK_API_URL", "http://slack.com/api/", "may be http:// only for this machine"),
        ("SLACK_API_URL", "http://127.0.0.1.evil.example/", "may be http:// only for this machine"),
        ("SLACK_API_URL", "https://me:pass@slack.com/api/", "must hold no user"),
        ("SLACK_API_URL", "http://[::1/", "is no valid address"),
        ("DATABASE_URL", "mysql://localhost/liaison", "must start with sqlite:/// or postgresql://"),
        ("DATABASE_URL", "liaison.db", "must start with sqlite:/// or postgresql://"),
        ("DATABASE_URL", "sqlite://liaison.db", "must name a file after three slashes"),
        ("DATABASE_URL", "sqlite:///:memory:", "must name a file after three slashes"),
        ("DATABASE_URL", "postgresql://localhost/", "must name a database"),
        ("DATABASE_URL", "postgresql://localhost:99999/db", "is no valid address"),
        ("LIAISON_CHANNEL", "bugs", "must be a channel's id like C0123ABCD"),
        ("LIAISON_COMMAND_BUG", "bug", "must be a slash and up to 31 small letters"),
        ("LIAISON_COMMAND_MAIN", "/Liaison", "must be a slash and up to 31 small letters"),
        ("LIAISON_COMMAND_MAIN", "/bug", "is /bug, like LIAISON_COMMAND_BUG; they must differ."),
        ("LIAISON_HOST", "http://x", "must be an address of this machine"),
        ("LIAISON_PORT", "0", "must be a number from 1 to 65535"),
        ("LIAISON_PORT", "٣٠٠٠", "must be a number from 1 to 65535"),
        ("LIAISON_LOG_LEVEL", "loud", "must be debug, info, warning or error"),
        ("LIAISON_LOG_FORMAT", "xml", "must be console or json"),
        ("LIAISON_SETTINGS", "a\0b", "must be the path of a file"),
        ("SENTRY_DSN", "https://sentry.example/1", "must be the DSN of a Sentry project"),
    ],
)
def test_malformed_variable_is_named_with_what_is_expected(name, value, expected):
    found = problems({**SOCKET, name: value})

    assert list(found) == [name]
    assert found[name].startswith(expected)


def test_each_token_says_where_it_belongs_when_they_are_swapped():
    found = problems({"SLACK_BOT_TOKEN": APP, "SLACK_APP_TOKEN": BOT})

    assert "belongs in SLACK_APP_TOKEN" in found["SLACK_BOT_TOKEN"]
    assert "belongs in SLACK_BOT_TOKEN" in found["SLACK_APP_TOKEN"]


@pytest.mark.parametrize("value", ["short", f"{SIGNING},", f"{SIGNING},{SIGNING},{SIGNING}", BOT])
def test_signing_secret_is_refused_when_malformed(value):
    assert list(problems({**HTTP, "SLACK_SIGNING_SECRET": value}, Mode.HTTP)) == ["SLACK_SIGNING_SECRET"]


def test_two_signing_secrets_are_kept_while_one_replaces_the_other():
    config = Config.from_environment({**HTTP, "SLACK_SIGNING_SECRET": f"{SIGNING}, {'b' * 32}"}, mode=Mode.HTTP)

    assert [secret.get_secret_value() for secret in config.slack_signing_secrets] == [SIGNING, "b" * 32]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("sqlite:////var/lib/liaison.db", "sqlite:////var/lib/liaison.db"),
        ("postgresql://me:p%40ss@db/liaison", "postgresql+psycopg://me:p%40ss@db/liaison"),
        ("postgres://db:5433/liaison?sslmode=require", "postgresql+psycopg://db:5433/liaison?sslmode=require"),
        ("postgresql+psycopg:///liaison", "postgresql+psycopg:///liaison"),
    ],
)
def test_database_address_is_for_the_synchronous_engine(given, address):
    config = Config.from_environment({"DATABASE_URL": given}, mode=Mode.OFFLINE)

    assert config.database_url.get_secret_value() == address


@pytest.mark.parametrize("address", ["http://127.0.0.1:21600/api/", "http://localhost/api/", "http://[::1]:1/"])
def test_slack_on_this_machine_needs_no_encryption(address):
    assert Config.from_environment({"SLACK_API_URL": address}, mode=Mode.OFFLINE).slack_api_url == address


def test_values_lose_the_space_around_them():
    given = {"LIAISON_PORT": " 8080 ", "LIAISON_LOG_FORMAT": "JSON\n", "LIAISON_SETTINGS": "team.yaml"}
    config = Config.from_environment(given, mode=Mode.OFFLINE)

    assert (config.port, config.log_format, config.settings_required) == (8080, LogFormat.JSON, True)


def test_secrets_are_shown_nowhere_when_the_configuration_is_shown():
    environment = {**SOCKET, "DATABASE_URL": "postgresql://me:canarydb@db/liaison"}
    config = Config.from_environment(environment, mode=Mode.SOCKET)

    shown = f"{config!r} {config} {config.model_dump_json()}"

    assert "canary" not in shown
    assert config.secrets() == (BOT, APP, "canarydb", "canarydb")


def test_secrets_are_shown_nowhere_when_the_configuration_is_refused():
    wrong = {
        "SLACK_BOT_TOKEN": "xoxb-canary canary",
        "SLACK_APP_TOKEN": "xoxp-canary",
        "SLACK_API_URL": "https://me:canary@slack.com/api/",
        "DATABASE_URL": "postgresql://me:canary@db:999999/liaison",
        "SENTRY_DSN": "https://canary@",
    }

    with pytest.raises(ConfigError) as refused:
        Config.from_environment(wrong, mode=Mode.SOCKET)

    shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value.problems)
    assert "canary" not in shown
    assert len(refused.value.problems) == len(wrong)
