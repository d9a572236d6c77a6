"""The command line: exit codes, what people read, no traceback and no secret."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from bot import locks
from bot.__main__ import liaison
from bot.demo.install import default_cache, install
from bot.variables import VARIABLES
from storage import schema
from storage.database import Database, WorkspaceSession
from storage.models import Job, JobState
from storage.queue import NewJob, defer
from tests.rigs.local_slack import running_slack

PROGRAM = Path(sys.executable).with_name("liaison")
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-2718281828-canarybot", "SLACK_APP_TOKEN": "xapp-1-A0123-canaryapp"}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """A folder without .env, an environment without our variables."""
    monkeypatch.chdir(tmp_path)
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)


def call(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(liaison, arguments, env=environment)


def start(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def make_job(url: str, error: str = "") -> None:
    """A database in which one job waits, or has given up."""
    schema.upgrade(url)

    def unit(session: WorkspaceSession) -> None:
        defer(session, NewJob("post_card", run_at=datetime.now(UTC)))
        job = session.exec(select(Job)).one()
        if error:
            job.state, job.error, job.attempts = JobState.DEAD, error, 8
            session.add(job)

    async def write() -> None:
        database = Database(url)
        await database.write("T0ACME", unit)
        await database.close()

    asyncio.run(write())


def test_run_names_everything_and_no_secret_when_variables_are_wrong():
    refused = start("run", SLACK_BOT_TOKEN="xoxp-canary-canary", DATABASE_URL="mysql://me:canary@host/x")

    assert refused.returncode == 2
    assert refused.stdout == ""
    lines = refused.stderr.splitlines()
    assert lines[0] == "3 settings are missing or wrong (environment or .env):"
    assert [line.split()[0] for line in lines[1:]] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DATABASE_URL"]
    assert "canary" not in refused.stderr


def test_run_is_refused_in_one_line_when_another_runs(tmp_path):
    lock = locks.hold(tmp_path / "liaison.db")

    refused = start("run", **TOKENS)

    lock.close()
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"Liaison already runs on {tmp_path}/liaison.db. Stop that one first, or set another DATABASE_URL.\n"
    )


def test_run_names_the_line_when_the_settings_file_is_wrong(tmp_path):
    (tmp_path / "liaison.yaml").write_text("version: 1\nteams: {a: {channel: nowhere}}\n")

    refused = start("run", **TOKENS)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert [line.partition(" ")[0] for line in refused.stderr.splitlines()] == ["liaison.yaml:1:1", "liaison.yaml:2:22"]


def test_environment_wins_over_the_file(tmp_path):
    (tmp_path / ".env").write_text("LIAISON_COMMAND_BUG=/from-file\nLIAISON_COMMAND_MAIN=/main$HOME\n")

    named = call("manifest", LIAISON_COMMAND_MAIN="/from-environment")

    commands = json.loads(named.stdout)["features"]["slash_commands"]
    assert [one["command"] for one in commands] == ["/from-file", "/from-environment"]


def test_file_is_named_when_it_cannot_be_read(tmp_path):
    (tmp_path / ".env").write_bytes(b"LIAISON_HOST=\xff\xfe")

    refused = call("status")

    assert refused.exit_code == 2
    assert refused.stderr.startswith(".env cannot be read")


def test_version_is_shown():
    assert call("--version").stdout == "liaison 0.1.0\n"


def test_link_makes_the_app():
    assert call("manifest", "--link").stdout.startswith("https://api.slack.com/apps?new_app=1&manifest_json=%7B")


def test_manifest_is_refused_when_the_address_is_not_safe():
    refused = call("manifest", "--url", "http://liaison.example.com")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "--url must be your public address and start with https://\n"


def test_check_fits_one_screen_when_nothing_is_configured():
    checked = call("check")

    assert checked.exit_code == 2
    lines = checked.stdout.splitlines()
    assert len(lines) <= 24
    assert [line.split()[1] for line in lines if line.startswith("wrong")] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
    assert lines[-1] == "2 things to mend."


def test_check_of_a_file_looks_at_nothing_else(tmp_path):
    right, wrong = tmp_path / "right.yaml", tmp_path / "wrong.yaml"
    right.write_text("version: 1\nteams: {a: {channel: C0A}}\ncomponents: {b: {owner: a}}\n")
    wrong.write_text("version: 1\nteams: {a: {channel: C0A}}\ncomponents: {b: {owner: c}}\n")

    assert (
        call("check", str(right)).stdout
        == f"ok  settings  {right}: 1 team, 1 component, 0 rules, 0 people\nAll is well.\n"
    )
    refused = call("check", str(wrong))
    assert refused.exit_code == 1
    assert refused.stdout.startswith(f"wrong  settings  {wrong}:3:")
    assert call("check", str(tmp_path / "none.yaml")).exit_code == 1


def test_status_is_green_when_all_is_well():
    make_job("sqlite:///liaison.db")

    shown = call("status")

    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "Workspace T0ACME",
        "    reports   none yet",
        "    jobs      1 waiting, 0 gave up",
        "ok  problems  none: all is well",
    ]


def test_status_says_what_to_do_when_a_job_gave_up():
    make_job("sqlite:///liaison.db", error="not_in_channel")

    shown = call("status")

    assert shown.exit_code == 1
    assert shown.stdout.splitlines()[-1] == (
        "wrong  problem  Job 1 (post card) gave up: not_in_channel. Invite the bot: `/invite @Liaison` in that channel,"
        " then `liaison queue retry`."
    )


def test_job_is_tried_again_when_told():
    make_job("sqlite:///liaison.db", error="not_in_channel")

    listed = call("queue", "list")
    retried = call("queue", "retry", "1")

    assert [line.split()[:4] for line in listed.stdout.splitlines()] == [
        ["JOB", "STATE", "KIND", "TRIES"],
        ["1", "dead", "post_card", "8"],
    ]
    assert retried.stdout == "1 job will be tried again.\n"
    assert call("queue", "list").stdout.splitlines()[1].split()[:4] == ["1", "ready", "post_card", "1"]
    assert call("queue", "retry").stdout == "No job has given up.\n"
    refused = call("queue", "retry", "1")
    assert (refused.exit_code, refused.stdout) == (2, "")


@pytest.mark.parametrize("arguments", [("status",), ("queue", "list"), ("queue", "retry"), ("db", "backup", "copy.db")])
def test_nothing_is_made_when_there_is_no_database_yet(arguments, tmp_path):
    refused = call(*arguments)

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"There is no database at {tmp_path}/liaison.db yet.")
    assert list(tmp_path.iterdir()) == []


def test_backup_holds_everything_when_it_is_put_in_place(tmp_path):
    make_job("sqlite:///liaison.db", error="not_in_channel")

    made = call("db", "backup", "copy.db")

    assert made.stdout == "The backup is in copy.db.\n"
    restored = call("status", DATABASE_URL="sqlite:///copy.db")
    assert "1 gave up" in restored.stdout
    again = call("db", "backup", "copy.db")
    assert (again.exit_code, again.stderr) == (2, "copy.db exists already. Choose another name.\n")


def test_upgrade_makes_the_database_and_is_refused_while_another_runs(tmp_path):
    upgraded = call("db", "upgrade")

    assert upgraded.stdout == f"The database has schema {schema.newest()}.\n"
    with locks.hold(tmp_path / "liaison.db"):
        refused = call("db", "upgrade")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Liaison already runs on")


def test_database_is_named_without_password_when_it_cannot_be_reached():
    refused = call("db", "upgrade", DATABASE_URL="sqlite:////nowhere/at/all/liaison.db")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("The folder /nowhere/at/all cannot be used: No such file or directory.")


@pytest.mark.scenario
async def test_run_ends_in_order_when_told(tmp_path):
    program = await install(print, default_cache())
    async with running_slack(program, tmp_path) as slack:
        environment = {
            **os.environ,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "LIAISON_CHANNEL": "#qa",
        }
        running = await asyncio.create_subprocess_exec(
            PROGRAM, "run", env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert running.stderr is not None
        async with asyncio.timeout(60):
            while b"listening" not in (line := await running.stderr.readline()):
                assert line, "it ended before it listened"
        running.send_signal(signal.SIGTERM)
        output, rest = await asyncio.wait_for(running.communicate(), timeout=10)

    assert running.returncode == 0
    assert output == b""
    assert b"stopped" in rest
    assert b"Traceback" not in rest


@pytest.mark.scenario
async def test_run_says_which_token_when_slack_refuses_it(tmp_path):
    program = await install(print, default_cache())
    async with running_slack(program, tmp_path) as slack:
        given = {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": slack.bot_token}

        bot = await asyncio.to_thread(start, "run", **{**given, **TOKENS, "SLACK_APP_TOKEN": slack.app_token})
        app = await asyncio.to_thread(start, "run", **{**TOKENS, **given})

    assert (bot.returncode, app.returncode) == (2, 2)
    assert bot.stderr.startswith("Slack refuses SLACK_BOT_TOKEN (invalid_auth).")
    assert app.stderr.startswith("SLACK_APP_TOKEN: Slack refuses: invalid_auth. Make one with connections:write")
    assert "canary" not in bot.stderr + app.stderr
