"""`/liaison status` and `liaison status`: how it goes with each tracker, in words."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
ROOT = Path(__file__).parents[2]


async def asked(tracked: TrackerWorld) -> str:
    """Type `/liaison status`; return what only this person sees."""
    slack = tracked.world.slack
    before = len(await slack.ephemerals("ana", "general"))
    await slack.command("ana", "/liaison", "status", "general")

    async def told() -> list[dict[str, str]]:
        return (await slack.ephemerals("ana", "general"))[before:]

    [answer] = await slack.wait_for(told)
    return str(answer["text"])


def printed(config: Config) -> tuple[int, str]:
    """Call `liaison status` beside the bot; return exit code and words."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": config.database_url.get_secret_value()}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "status"],
        cwd=config.settings_path.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, " ".join(done.stdout.split())


async def test_status_tells_of_a_tracker_that_fails_and_of_what_waits_for_it(
    tracked: TrackerWorld, bot_config: Config
) -> None:
    name = f"github {tracked.stage.project}"
    well, well_printed = await asked(tracked), printed(bot_config)
    tracked.proxy.faults.append(Fault(status=503))
    await tracked.filed()
    await tracked.poll()

    ill, ill_printed = await asked(tracked), printed(bot_config)
    tracked.proxy.faults.clear()
    for _ in range(3):
        await tracked.leap(timedelta(minutes=1))
    await tracked.poll()
    again = await asked(tracked)

    assert f"*{name}:* last read <!date^" in well
    assert "0 jobs wait" in well
    assert "All is well" in well
    assert well_printed[0] == 0
    assert f"{name} last read" in well_printed[1]
    assert "1 job waits · fails since <!date^" in ill
    assert f"⚠️ {name} fails since" in ill
    assert "GitHub is not well" in ill
    assert ill_printed[0] == 1
    assert f"{name} fails since" in ill_printed[1]
    assert "GitHub is not well" in ill_printed[1]
    assert "0 jobs wait" in again
    assert "fails" not in again
