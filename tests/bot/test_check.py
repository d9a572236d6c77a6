"""`liaison check`: names what is wrong and what to do, and never the value of a variable."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.check import Finding, Mark, check_database, check_environment, check_offline, check_settings
from bot.check_slack import check_slack
from bot.config import Config, Mode
from bot.demo.install import default_cache, install
from bot.manifest import SCOPES
from bot.routing.load import load_settings
from bot.variables import TRACKER_VARIABLES, VARIABLES
from storage import schema
from tests.rigs.faultproxy import Fault, running_faultproxy
from tests.rigs.local_slack import running_slack

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-2718281828-canarybot", "SLACK_APP_TOKEN": "xapp-1-A0123-canaryapp"}
SETTINGS = """
version: 1
teams:
  checkout: {channel: C0CHECKOUT}
  web: {channel: "#web-bugs"}
components:
  checkout: {owner: checkout}
  search: {owner: web}
"""
CHANNELS = (
    {"id": "C0CHECKOUT", "name": "checkout-bugs", "is_member": True},
    {"id": "C0WEB", "name": "web-bugs", "is_member": True},
)


def wrong(findings: list[Finding]) -> dict[str, str]:
    return {finding.subject: finding.text for finding in findings if finding.mark is Mark.WRONG}


@pytest.mark.parametrize("variable", [one.name for one in VARIABLES])
def test_variable_is_named_when_it_is_blank(variable):
    mode = Mode.HTTP if variable == "SLACK_SIGNING_SECRET" else Mode.SOCKET
    given = {**TOKENS, "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789canary", variable: "  "}

    config, findings = check_environment(given, mode)

    assert config is None
    assert list(wrong(findings)) == [variable]
    assert "is blank" in wrong(findings)[variable]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-canary-canary"),
        ("SLACK_APP_TOKEN", "canary"),
        ("SLACK_API_URL", "http://canary.example.com/api/"),
        ("DATABASE_URL", "mysql://me:canary@host/liaison"),
        ("LIAISON_CHANNEL", "canary"),
        ("LIAISON_COMMAND_BUG", "canary"),
        ("LIAISON_COMMAND_MAIN", "canary"),
        ("LIAISON_HOST", "canary canary"),
        ("LIAISON_PORT", "canary"),
        ("LIAISON_LOG_LEVEL", "canary"),
        ("LIAISON_LOG_FORMAT", "canary"),
        ("SENTRY_DSN", "canary"),
    ],
)
def test_variable_is_named_and_its_value_not_shown_when_it_is_malformed(variable, value):
    given = {**TOKENS, variable: value}

    _, findings = check_environment(given, Mode.SOCKET)

    assert list(wrong(findings)) == [variable]
    assert "canary" not in repr(findings)


def test_tokens_are_missing_when_nothing_is_given():
    _, findings = check_environment({}, Mode.SOCKET)

    assert list(wrong(findings)) == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
    assert len(findings) == len(VARIABLES) - len(TRACKER_VARIABLES)


def test_name_is_guessed_when_a_variable_is_misspelt():
    _, findings = check_environment({**TOKENS, "LIAISON_CHANEL": "#bugs"}, Mode.SOCKET)

    assert findings[-1] == Finding(
        Mark.NOTE, "LIAISON_CHANEL", "is not known to Liaison: did you mean LIAISON_CHANNEL?"
    )


def test_settings_and_database_are_checked_when_other_variables_are_wrong(tmp_path):
    file = tmp_path / "liaison.yaml"
    file.write_text(SETTINGS)
    given = {
        "LIAISON_SETTINGS": str(file),
        "DATABASE_URL": f"sqlite:///{tmp_path}/liaison.db",
        "LIAISON_COMMAND_BUG": "/liaison",
        "LIAISON_PORT": "none",
    }
    _, findings = check_environment(given, Mode.SOCKET)

    settings, offline = check_offline(given, findings)

    assert settings == load_settings(SETTINGS, "liaison.yaml")
    assert offline == [
        Finding(Mark.OK, "settings", f"{file}: 2 teams, 2 components, 0 rules, 0 people"),
        Finding(Mark.OK, "database", "liaison.db will be made at the first start"),
    ]
    assert not (tmp_path / "liaison.db").exists()


def test_settings_file_is_named_with_line_and_column_when_it_is_wrong(tmp_path):
    file = tmp_path / "liaison.yaml"
    file.write_text(SETTINGS.replace("owner: web", "owner: nobody"))

    settings, findings = check_settings(file, "#bugs", required=True)

    assert settings is None
    assert [finding.text.startswith(f"{file}:8:") for finding in findings] == [True]


def test_database_is_only_looked_at_when_it_is_old_or_damaged(tmp_path):
    old, damaged = tmp_path / "old.db", tmp_path / "damaged.db"
    sqlite3.connect(old).close()
    old.touch()
    damaged.write_bytes(b"no database" * 1000)

    assert check_database(f"sqlite:///{old}").mark is Mark.NOTE
    assert check_database(f"sqlite:///{damaged}").mark is Mark.WRONG
    assert damaged.read_bytes() == b"no database" * 1000
    assert check_database(f"sqlite:///{tmp_path}/none/x.db").mark is Mark.WRONG


def test_database_is_in_order_when_it_is_new(tmp_path):
    url = f"sqlite:///{tmp_path}/liaison.db"
    schema.upgrade(url)

    assert check_database(url) == Finding(Mark.OK, "database", f"answers, schema {schema.newest()}")


class SmallSlack:
    """Answers the four methods of the check as Slack does."""

    def __init__(self) -> None:
        self.scopes = ",".join(SCOPES)
        self.channels: list[dict[str, Any]] = list(CHANNELS)
        self.errors: dict[str, str] = {}
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if method in self.errors:
            return web.json_response({"ok": False, "error": self.errors[method]})
        return web.json_response(self._body(method, request), headers={"X-OAuth-Scopes": self.scopes})

    def _body(self, method: str, request: web.Request) -> dict[str, Any]:
        if method == "auth.test":
            return {"ok": True, "team": "Acme", "user": "liaison"}
        if method == "conversations.list":
            return {"ok": True, "channels": self.channels}
        if method == "conversations.info":
            found = [one for one in self.channels if one["id"] == request.query["channel"]]
            return {"ok": True, "channel": found[0]} if found else {"ok": False, "error": "channel_not_found"}
        assert method == "apps.connections.open"
        is_app = request.headers["Authorization"] == f"Bearer {TOKENS['SLACK_APP_TOKEN']}"
        return {"ok": is_app, "error": "not_allowed_token_type"}


@pytest.fixture
async def slack() -> AsyncIterator[SmallSlack]:
    server = SmallSlack()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield server
    await runner.cleanup()


async def ask(slack: SmallSlack) -> list[Finding]:
    config = Config.from_environment({**TOKENS, "SLACK_API_URL": slack.url}, mode=Mode.SOCKET)
    return await check_slack(config, load_settings(SETTINGS, "liaison.yaml"))


async def test_all_is_well_when_tokens_scopes_and_channels_are(slack):
    assert await ask(slack) == [
        Finding(Mark.OK, "Slack", "Acme, as @liaison"),
        Finding(Mark.OK, "scopes", f"all {len(SCOPES)} granted"),
        Finding(Mark.OK, "Socket Mode", "opens"),
        Finding(Mark.OK, "#checkout-bugs", "Liaison is in it"),
        Finding(Mark.OK, "#web-bugs", "Liaison is in it"),
    ]


async def test_each_scope_is_named_and_what_to_do_when_some_are_missing(slack):
    slack.scopes = ",".join(scope for scope in SCOPES if scope not in {"im:write", "groups:read"})

    findings = await ask(slack)

    assert list(wrong(findings)) == ["groups:read", "im:write"]
    assert wrong(findings)["im:write"] == (
        "scope missing: without it Liaison cannot tell a reporter what became of the report"
    )
    assert [one.text.endswith("then reinstall the app.") for one in findings if one.mark is Mark.NOTE] == [True]


async def test_channel_says_what_to_do_when_the_bot_cannot_post_in_it(slack):
    slack.channels = [{"id": "C0WEB", "name": "web-bugs", "is_member": False}]

    assert wrong(await ask(slack)) == {
        "C0CHECKOUT": "is not there. Create it or mend the settings; if it is private: `/invite @liaison` in it.",
        "#web-bugs": "Liaison is not in it: type `/invite @liaison` in it.",
    }


async def test_channel_is_named_when_it_is_archived(slack):
    slack.channels = [{**CHANNELS[0], "is_archived": True}, CHANNELS[1]]

    assert wrong(await ask(slack)) == {"#checkout-bugs": "is archived. Unarchive it, or name another in the settings."}


@pytest.mark.parametrize(
    ("method", "error", "subject", "advice"),
    [
        ("auth.test", "invalid_auth", "SLACK_BOT_TOKEN", "Copy the Bot User OAuth Token"),
        ("auth.test", "account_inactive", "SLACK_BOT_TOKEN", "install it again"),
        ("apps.connections.open", "missing_scope", "SLACK_APP_TOKEN", "Make one with connections:write"),
        ("conversations.list", "missing_scope", "channels", "Reinstall the app"),
    ],
)
async def test_refusal_is_named_with_what_to_do(slack, method, error, subject, advice):
    slack.errors[method] = error

    refused = wrong(await ask(slack))

    assert list(refused) == [subject]
    assert error in refused[subject]
    assert advice in refused[subject]


async def test_slack_is_named_when_nobody_answers(slack):
    slack.url = "http://127.0.0.1:9/api/"

    assert list(wrong(await ask(slack))) == ["Slack"]


@pytest.mark.scenario
async def test_missing_scope_is_named_on_a_real_slack_server(tmp_path: Path):
    program = await install(print, default_cache())
    granted = Fault(
        path="auth.test",
        status=200,
        headers={"X-OAuth-Scopes": "chat:write"},
        body='{"ok": true, "team": "Acme", "user": "liaison"}',
    )
    async with running_slack(program, tmp_path) as server, running_faultproxy(server.ui_url) as proxy:
        proxy.faults.append(granted)
        environment = {
            "SLACK_BOT_TOKEN": server.bot_token,
            "SLACK_APP_TOKEN": server.app_token,
            "SLACK_API_URL": f"{proxy.url}/api/",
        }
        config = Config.from_environment(environment, mode=Mode.SOCKET)

        findings = await check_slack(config, load_settings(SETTINGS, "liaison.yaml"))

    assert list(wrong(findings)) == [scope for scope in SCOPES if scope != "chat:write"]
    assert findings[-2:] == [
        Finding(Mark.OK, "#checkout-bugs", "Liaison is in it"),
        Finding(Mark.OK, "#web-bugs", "Liaison is in it"),
    ]
