"""Design in its digest: frames without an issue get one by a press, and a Figma that is away is not an empty one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from bot.digests.jobs import DigestJob
from storage.queue import NewJob, defer_alone
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.stages import Stage
from tests.rigs.faultproxy import Fault, FaultProxy
from tests.rigs.figma_server import READY, TOKEN, Figma, File, days_ago, running_figma
from tests.scenarios.acting import direct_channel
from tests.scenarios.tracker_world import SETTINGS, TrackerWorld, tracked, tracker_proxy

__all__ = ["servers", "stage", "tracked", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["gitlab"], indirect=True)]
KEY = "aBcD1234efGH5678"
DESIGN = f"""
figma: {{files: {{{KEY}: checkout}}}}
audiences:
  design: {{channel: C0WEB, weekly: "tue 10:00", sections: [needs_designer, hand_offs, figma_comments]}}
"""
CHANNEL = "web-bugs"
CREATE = "digest_create_issues"


@pytest_asyncio.fixture
async def figma() -> AsyncIterator[Figma]:
    """A Figma in whose file two frames are ready, and one question waits."""
    async with running_figma() as server:
        file = server.make_file(KEY, "Shop")
        frame = server.draw(file, "Settings", "Team", status=READY)
        server.draw(file, "Settings", "Roles", status=READY)
        server.say(file, "Bo", "Is this the real max length?", at=days_ago(8), node_id=frame)
        yield server


@pytest.fixture
def team_settings(stage: Stage) -> str:
    return SETTINGS.format(tracker=stage.tracker.name, project=stage.project) + DESIGN


@pytest.fixture
def tracker_environment(stage: Stage, tracker_proxy: FaultProxy, figma: Figma) -> dict[str, str]:
    own = urlsplit(stage.url)
    through = {
        name: value.replace(f"{own.scheme}://{own.netloc}", tracker_proxy.url) for name, value in stage.values.items()
    }
    return {**through, "FIGMA_TOKEN": TOKEN, "FIGMA_API_URL": figma.url}


async def read_figma(tracked: TrackerWorld) -> None:
    """Let the next reading of the file come now."""
    services = tracked.world.bot.services
    payload = {"source": "figma", "project": KEY}
    await defer_alone(services.database, services.workspace, NewJob(DigestJob.POLL_SOURCE, payload))
    await tracked.world.settle()


async def posted(tracked: TrackerWorld) -> dict[str, Any]:
    """Have the digest posted now, and give it as it stands in its channel."""
    await tracked.world.slack.command("finn", "/liaison", "digest design now")
    await tracked.world.settle()
    return await standing(tracked)


async def standing(tracked: TrackerWorld) -> dict[str, Any]:
    return (await tracked.world.slack.messages(CHANNEL))[-1]


async def titles(tracked: TrackerWorld) -> list[str]:
    """List the issues there are in the tracker, by the server's own list."""
    page = await tracked.stage.tracker.list_issues("")
    return sorted(issue.title for issue in page.issues)


async def heard(tracked: TrackerWorld) -> list[str]:
    told = await tracked.world.slack.messages(await direct_channel(tracked.world, "finn"))
    return [one["text"] for one in told if "Figma" in one["text"]]


async def test_frames_get_an_issue_each_when_two_people_press_at_once(tracked: TrackerWorld) -> None:
    digest = await posted(tracked)
    before = str(digest["blocks"])

    press = tracked.world.slack.click
    await asyncio.gather(*(press(one, CHANNEL, digest["ts"], CREATE) for one in ("bo", "ana")))
    await tracked.world.settle()

    after = str((await standing(tracked))["blocks"])
    assert "2 frames marked ready for dev since" in before
    assert before.count("no issue yet") == 2
    assert "Is this the real max length?" in before
    assert "Create 2 issues" in before
    assert await titles(tracked) == ["Settings / Roles", "Settings / Team"]
    assert ("#1, not started" in after, "asked for by" in after, CREATE in after) == (True, True, False)


async def test_work_on_the_issue_is_told_when_the_next_digest_comes(tracked: TrackerWorld, figma: Figma) -> None:
    digest = await posted(tracked)
    await tracked.world.slack.click("bo", CHANNEL, digest["ts"], CREATE)
    await tracked.world.settle()

    await tracked.outside.add_label("1", "in progress")
    await tracked.poll()
    later = await posted(tracked)

    assert "in progress" in str(later["blocks"])
    assert "no issue yet" not in str(later["blocks"])


async def test_issue_that_people_linked_is_named_when_the_file_is_read(tracked: TrackerWorld, figma: Figma) -> None:
    number = await tracked.outside.make_issue("Build it")
    linked = await tracked.stage.tracker.get_issue(number)
    assert linked is not None
    team = figma.files[KEY].root.find("Team")
    assert team is not None
    own, proxy = urlsplit(tracked.stage.url), tracked.proxy.url
    figma.link(figma.files[KEY], team.id, linked.url.replace(f"{own.scheme}://{own.netloc}", proxy))

    await read_figma(tracked)
    digest = str((await posted(tracked))["blocks"])

    assert ("not started" in digest, digest.count("no issue yet"), "Create issue" in digest) == (True, 1, True)


async def test_issue_is_made_once_when_the_trackers_answer_is_lost(tracked: TrackerWorld) -> None:
    digest = await posted(tracked)
    tracked.proxy.faults.append(Fault(r"/issues$", "POST", times=1, drop="after"))

    await tracked.world.slack.click("bo", CHANNEL, digest["ts"], CREATE)
    for _ in range(4):
        await tracked.leap(timedelta(seconds=30))

    assert await titles(tracked) == ["Settings / Roles", "Settings / Team"]


async def test_figma_is_said_to_be_away_and_nothing_is_counted_when_it_cannot_be_read(
    tracked: TrackerWorld, figma: Figma
) -> None:
    await tracked.world.settle()
    figma.broken = 500
    await read_figma(tracked)
    tracked.world.clock.leap(timedelta(minutes=11))
    await read_figma(tracked)

    away = str((await posted(tracked))["blocks"])
    figma.broken = None
    await read_figma(tracked)
    back = str((await posted(tracked))["blocks"])

    assert "Figma could not be read since" in away
    assert [words in away for words in ("no issue yet", "marked ready", "real max length", CREATE)] == [False] * 4
    assert "no issue yet" in back
    down, again = await heard(tracked)
    assert f"*Figma {KEY}* does not work since" in down
    assert "Digests say so, and show nothing that is made of it." in down
    assert again == f"*Figma {KEY}* works again."


async def test_new_frame_is_told_when_it_is_marked_while_the_bot_runs(tracked: TrackerWorld, figma: Figma) -> None:
    file: File = figma.files[KEY]
    await posted(tracked)

    figma.draw(file, "Checkout", "Error states", section="Errors", status=READY)
    await read_figma(tracked)

    assert "Errors / Error states" in str((await posted(tracked))["blocks"])
