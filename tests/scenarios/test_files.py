"""Journey 2 and 6: a screenshot goes along into the tracker, byte for byte, once, and is never made public."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlmodel import select

from bot.triage.jobs import JobKind
from integrations.markup import plain
from storage.models import IssueFile, Job, JobState
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.stage_redmine import Ana
from tests.rigs.faultproxy import Fault
from tests.scenarios.acting import CARDS, direct_channel
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["redmine"], indirect=True)]
CHANGE = r"/issues/\d+\.json"
MIB = 2**20
SCREENSHOT = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
LOG = "17:03 café – Größe\r\n".encode() * 50


async def attached(tracked: TrackerWorld) -> dict[str, bytes]:
    """Read the files of the issue by Redmine's own API, as Ana; their names without what Slack calls them."""
    ana = tracked.outside
    assert isinstance(ana, Ana)
    external_id = (await tracked.link()).external_id
    issue = (await ana.call("GET", f"issues/{external_id}.json?include=attachments"))["issue"]
    kept = [(one["filename"], await content(ana.http, one["content_url"])) for one in issue["attachments"]]
    found = {name.rpartition("-")[0] + name[name.rfind(".") :]: read for name, read in kept}
    assert len(found) == len(kept)
    return found


async def content(http: aiohttp.ClientSession, url: str) -> bytes:
    path = url.partition("://")[2].partition("/")[2]
    async with http.get(f"/{path}") as answer:
        assert answer.status == 200
        return await answer.read()


async def reported_with_files(tracked: TrackerWorld, files: dict[str, bytes]) -> str:
    """Report a message that has files by its menu; return the ts of the card."""
    slack = tracked.world.slack
    ts = await slack.upload("eve", "qa", files, "The button is cut off")
    await slack.message_shortcut("bo", "qa", ts, "report_message")
    await slack.submit_view("bo", {"title": "Button is cut off", "component": "checkout"})
    await tracked.world.settle()
    return str((await slack.messages(CARDS))[-1]["ts"])


async def copies_of(tracked: TrackerWorld) -> list[IssueFile]:
    return await tracked.world.read(lambda session: list(session.exec(select(IssueFile))))


async def jobs(tracked: TrackerWorld) -> list[Job]:
    return await tracked.world.read(
        lambda session: list(session.exec(select(Job).where(Job.kind == JobKind.COPY_FILE)))
    )


async def do_again(tracked: TrackerWorld, *, forgetting: bool) -> None:
    """Have every copy made once more, as after a kill; `forgetting`: before it was known that one was there."""

    def unit(session: Any) -> None:
        for job in session.exec(select(Job).where(Job.kind == JobKind.COPY_FILE)):
            job.state, job.finished_at = JobState.READY, None
            session.add(job)
        for row in session.exec(select(IssueFile)) if forgetting else ():
            row.url = ""
            session.add(row)

    services = tracked.world.bot.services
    await services.database.write(services.workspace, unit)
    await tracked.world.settle()


async def test_screenshot_and_log_are_in_the_issue_byte_for_byte(tracked: TrackerWorld) -> None:
    await reported_with_files(tracked, {"screen shot.png": SCREENSHOT, "worker.log": LOG})

    assert await attached(tracked) == {"screen shot.png": SCREENSHOT, "worker.log": LOG}
    assert await tracked.world.slack.calls("files.sharedPublicURL") == []
    assert "screen shot.png" in plain.write((await tracked.issue()).body)


async def test_file_of_a_reply_arrives_once_and_that_of_a_locked_one_never(tracked: TrackerWorld) -> None:
    slack, ts = tracked.world.slack, await tracked.filed()

    await slack.upload("bo", CARDS, {"after.png": SCREENSHOT}, "Still cut off", ts)
    await slack.upload("bo", CARDS, {"secret.png": LOG}, "🔒 Only for us", ts)
    await tracked.world.settle()
    await tracked.poll()

    assert await attached(tracked) == {"after.png": SCREENSHOT}
    assert [plain.write(one.body).splitlines()[0][:2] for one in await tracked.comments()] == ["Bo"]
    assert await tracked.shown(ts) == []
    assert len(await slack.calls("files.info")) == 1


@pytest.mark.parametrize("forgetting", [False, True])
async def test_one_copy_is_there_when_the_job_runs_twice(tracked: TrackerWorld, *, forgetting: bool) -> None:
    await reported_with_files(tracked, {"screen.png": SCREENSHOT})

    await do_again(tracked, forgetting=forgetting)

    assert await attached(tracked) == {"screen.png": SCREENSHOT}
    assert [bool(row.url) for row in await copies_of(tracked)] == [True]


async def test_one_copy_is_there_when_the_answer_was_lost(tracked: TrackerWorld) -> None:
    ts = await tracked.filed()
    tracked.proxy.faults.append(Fault(CHANGE, "PUT", times=2, drop="after"))

    await tracked.world.slack.upload("bo", CARDS, {"screen.png": SCREENSHOT}, "See", ts)
    await tracked.world.settle()
    for _ in range(4):
        await tracked.leap(timedelta(seconds=40))

    assert await attached(tracked) == {"screen.png": SCREENSHOT}
    assert len(await tracked.comments()) == 1


async def test_person_is_told_and_the_link_stays_when_a_file_is_too_large(tracked: TrackerWorld) -> None:
    await reported_with_files(tracked, {"film.mov": bytes(11 * MIB), "screen.png": SCREENSHOT})

    told = await tracked.world.slack.messages(await direct_channel(tracked.world, "bo"))
    [words] = [one["text"] for one in told if "was not copied" in one["text"]]
    assert "film.mov" in words
    assert "11.0 MiB, and files of at most 10 MiB are copied" in words
    assert await attached(tracked) == {"screen.png": SCREENSHOT}
    assert "film.mov" in plain.write((await tracked.issue()).body)
    assert {job.state for job in await jobs(tracked)} == {JobState.DONE}


async def test_person_is_told_when_the_tracker_takes_no_file_so_large(tracked: TrackerWorld) -> None:
    """Redmine takes 5 MiB unless told otherwise."""
    await reported_with_files(tracked, {"film.mov": bytes(6 * MIB)})

    told = await tracked.world.slack.messages(await direct_channel(tracked.world, "bo"))
    assert [one["text"] for one in told if "film.mov" in one["text"] and "Redmine did not accept it" in one["text"]]
    assert await attached(tracked) == {}
    assert await tracked.world.slack.messages(await direct_channel(tracked.world, "finn")) == []


async def test_locked_message_of_the_thread_that_was_reported_stays_in_slack(tracked: TrackerWorld) -> None:
    slack = tracked.world.slack
    first = await slack.upload("eve", "qa", {"screen.png": SCREENSHOT}, "The button is cut off")
    await slack.upload("dev", "qa", {"secret.png": LOG}, "🔒 The customer is Quorble", first)
    last = await slack.message("eve", "qa", "Since today", first)

    await slack.message_shortcut("bo", "qa", last, "report_message")
    await slack.submit_view("bo", {"title": "Button is cut off", "component": "checkout"})
    await tracked.world.settle()

    body = plain.write((await tracked.issue()).body)
    assert await attached(tracked) == {"screen.png": SCREENSHOT}
    assert ("Since today" in body, "Quorble" in body, "secret.png" in body) == (True, False, False)
