import asyncio
import socket
import subprocess
import time
from pathlib import Path

import aiohttp
import pytest
import yaml

from bot.demo import install, server, workspace
from tests.rigs.local_slack import running_slack

FAKE_NPM = '#!/bin/sh\nmkdir -p "node_modules/$PACKAGE/bin"\nprintf x > "node_modules/$PACKAGE/bin/local-slack"\n'


def test_free_port_is_the_next_when_the_preferred_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert server.free_port(port) != port


def test_unsupported_system_is_refused_when_not_linux(monkeypatch):
    monkeypatch.setattr("platform.system", lambda: "Darwin")

    with pytest.raises(server.DemoUnavailable, match=r'this is Darwin.*see "In your own workspace" in the README'):
        server.require_supported_platform()


@pytest.mark.parametrize("broken", ["exit 1", "exit 0"])
async def test_nothing_counts_as_installed_when_npm_fails(tmp_path, monkeypatch, broken):
    _npm(tmp_path, monkeypatch, f"#!/bin/sh\nmkdir -p node_modules/half\necho no network\n{broken}\n")

    with pytest.raises(server.DemoUnavailable):
        await install.install(lambda _line: None, tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


async def test_server_is_fetched_once_when_installed_twice(tmp_path, monkeypatch):
    _npm(tmp_path, monkeypatch, FAKE_NPM.replace("$PACKAGE", install.PACKAGE))
    progress: list[str] = []

    first = await install.install(progress.append, tmp_path / "cache")
    second = await install.install(progress.append, tmp_path / "cache")

    assert first == second
    assert first.read_text() == "x"
    assert progress == ["Fetching the local Slack server (95 MB, once)"]


def test_every_person_is_in_every_channel_when_the_demo_starts():
    config = yaml.safe_load(workspace.workspace_config())

    people = [user["id"] for user in config["users"]]
    assert [channel["members"] for channel in config["channels"]] == [[*people, "U0BOT"]] * 8
    assert {person.role for person in workspace.PEOPLE} == {"pm", "engineer", "designer", "qa", "support", "lead"}


async def test_last_log_lines_are_shown_when_the_program_ends_at_once(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho cannot read the workspace file\nexit 3\n")
    program.chmod(0o755)
    options = server.LaunchOptions(config=tmp_path, log=tmp_path / "log", port=server.free_port(23_590))

    with pytest.raises(server.DemoUnavailable, match="cannot read the workspace file"):
        await server.start(program, options)


@pytest.mark.scenario
async def test_server_answers_this_machine_only_when_running(slack_program, tmp_path):
    async with running_slack(slack_program, tmp_path) as slack:
        listening = await asyncio.to_thread(_listening, slack.port)
        async with aiohttp.ClientSession() as http:
            foreign = await http.get(f"{slack.ui_url}/_control/state", headers={"Origin": "http://elsewhere.example"})

    assert listening == [f"127.0.0.1:{slack.port}"]
    assert foreign.status == 403
    assert slack.process.returncode is not None


@pytest.mark.scenario
async def test_other_servers_stay_when_one_stops(slack_program, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with running_slack(slack_program, tmp_path / "a") as one:
        started = time.monotonic()
        async with running_slack(slack_program, tmp_path / "b") as other:
            assert other.port != one.port

        assert one.process.poll() is None
        assert time.monotonic() - started < 5


def _listening(port: int) -> list[str]:
    """Return the addresses at which somebody listens on this port."""
    command = ["ss", "-ltnH", f"sport = :{port}"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[3] for line in output.splitlines()]


def _npm(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program called npm, which does this, first on the path."""
    programs = directory / "programs"
    programs.mkdir()
    (programs / "npm").write_text(script)
    (programs / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
