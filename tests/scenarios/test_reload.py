"""The settings file changes while the bot runs: a good one counts at once, a broken one is refused and told once."""

import os
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from bot.config import Config
from bot.routing.in_force import InForce
from tests.scenarios.world import SETTINGS, World

pytestmark = pytest.mark.scenario
BROKEN = SETTINGS.replace("owner: web", "owner: wbe")
GUESS = "no team is called wbe; did you mean web?"
# Finn is the administrator of these settings.
ADMIN = "finn"


async def written(world: World, text: str) -> None:
    """Write the settings file and wait until it was looked at."""
    world.bot.config.settings_path.write_text(text)
    world.bot.watch.hurry()
    await world.slack.wait_for(lambda: not world.bot.watch.is_hurried)
    await world.settle()


async def told(world: World, user: str = ADMIN) -> list[str]:
    return [str(message["text"]) for message in await world.slack.direct_messages(user)]


async def test_good_file_counts_at_once_and_names_become_ids(world: World) -> None:
    added = SETTINGS.replace("components:", "components:\n  mail: {owner: general, name: Mail}").replace(
        "teams:", 'teams:\n  general: {channel: "#general", people: [U0EVE]}'
    )

    with capture_logs() as logs:
        world.bot.config.settings_path.write_text(added)
        await world.slack.wait_for(lambda: "mail" in in_force(world).settings.components, timeout_s=8)
    await world.slack.command("eve", "/bug", "Mails arrive twice", "qa")
    await world.slack.submit_view("eve", {"component": "mail"})
    await world.settle()

    [reloaded] = [event for event in logs if event["event"] == "settings_reloaded"]
    assert reloaded["names"] == ["#general is C0GENERAL"]
    assert reloaded["holds"] == "3 teams, 3 components, 0 rules"
    assert "Mails arrive twice" in str(await world.slack.messages("general"))
    assert await told(world) == []


async def test_broken_file_is_refused_with_its_lines_and_told_once_for_each_content(world: World) -> None:
    line = BROKEN.splitlines().index("  search: {owner: wbe, name: Search}") + 1
    before = in_force(world).settings

    with capture_logs() as logs:
        await written(world, BROKEN)
        await written(world, BROKEN + "\n")
        await written(world, BROKEN)

    refused = [event for event in logs if event["event"] == "settings_refused"]
    assert refused[0]["problems"] == [f"{line}:19 components.search.owner: {GUESS}"]
    assert in_force(world).settings == before
    first, second = await told(world)
    assert f"• {line}:19 components.search.owner: {GUESS}" in first
    assert "the former settings stay in force" in first
    assert second == first
    assert await told(world, "bo") == []


async def test_mended_file_is_told_once_and_status_says_both(world: World, bot_config: Config) -> None:
    await written(world, BROKEN)
    await world.slack.command("ana", "/liaison", "status", "general")
    printed = _status(bot_config)

    await written(world, SETTINGS)
    await written(world, SETTINGS)
    await world.slack.command("ana", "/liaison", "status", "general")

    ill, well = await world.slack.ephemerals("ana", "general")
    assert "A newer liaison.yaml is refused" in ill["text"]
    assert GUESS in ill["text"]
    assert "*Settings in force:* liaison.yaml, 2 teams, 2 components, 0 rules, since" in ill["text"]
    assert GUESS in " ".join(printed.stdout.split())
    assert printed.returncode == 1
    assert "All is well" in well["text"]
    assert (await told(world))[1:] == ["liaison.yaml is *in force again*: 2 teams, 2 components, 0 rules."]


async def test_file_with_a_channel_the_bot_cannot_use_is_refused_with_its_line(world: World) -> None:
    gone = SETTINGS.replace("channel: C0WEB", 'channel: "#nowhere"') + "channels:\n  C0GONE: search\n"
    gone = gone.replace("channels:\n  C0QA: checkout\n", "", 1)

    await written(world, gone)

    lines = gone.splitlines()
    team, channel = (at for at, line in enumerate(lines, start=1) if "#nowhere" in line or "C0GONE" in line)
    [said] = await told(world)
    assert f"• {team}:18 teams.web.channel: there is no such channel" in said
    assert f"• {channel}:3 channels.C0GONE: there is no such channel" in said
    assert in_force(world).settings.teams["web"].channel == "C0WEB"


def in_force(world: World) -> InForce:
    return world.bot.services.in_force


def _status(config: Config) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": config.database_url.get_secret_value(), "COLUMNS": "400"}
    return subprocess.run(
        [sys.executable, "-m", "bot", "status"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
