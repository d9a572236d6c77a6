"""Journey 6: thread and tracker talk, with each tracker that has a server here; no public address, so by polling."""

import asyncio
from datetime import timedelta

import pytest

from integrations.markup import plain
from storage.models import IssueState, ReportState
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.acting import CARDS
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.parametrize("stage", ["github", "linear", "redmine"], indirect=True),
]


async def test_issue_says_what_was_reported_by_whom_and_where(tracked: TrackerWorld) -> None:
    ts = await tracked.filed()

    issue = await tracked.issue()
    body = plain.write(issue.body)
    link = await tracked.link()
    assert (issue.title, issue.state, issue.markers) == ("Cart is empty", IssueState.OPEN, (link.marker,))
    assert "I see nothing." in body
    assert "reported in Slack by Eve Okafor" in body
    assert f"/archives/C0CHECKOUT/p{ts.replace('.', '')}" in body
    [card] = await tracked.world.slack.messages(CARDS)
    assert issue.key in str(card["blocks"])


async def test_both_talk_and_nothing_echoes_in_ten_rounds(tracked: TrackerWorld) -> None:
    slack, ts = tracked.world.slack, await tracked.filed()
    external_id = (await tracked.link()).external_id

    for number in range(10):
        await slack.message("bo", CARDS, f"Slack says {number}", ts)
        await tracked.outside.comment(external_id, f"Tracker says {number}")
        await tracked.world.settle()
        await tracked.poll()
    # Their clocks give whole seconds.
    await asyncio.sleep(1.1)
    await tracked.poll()

    said = [plain.write(one.body) for one in await tracked.comments()]
    ours = [words for words in said if "Slack says" in words]
    assert [words.split()[-1] for words in ours] == [str(number) for number in range(10)]
    assert all(words.startswith("Bo") for words in ours)
    assert len(said) == 20
    shown = await tracked.shown(ts)
    assert [words.split()[-1] for words in shown] == [str(number) for number in range(10)]


async def test_edits_deletions_and_locks_are_followed(tracked: TrackerWorld) -> None:
    slack, ts = tracked.world.slack, await tracked.filed()
    external_id = (await tracked.link()).external_id
    first = await slack.message("bo", CARDS, "Frist", ts)
    second = await slack.message("bo", CARDS, "To be deleted", ts)
    await slack.message("bo", CARDS, "🔒 Only here", ts)
    theirs = await tracked.outside.comment(external_id, "Thiers")
    taken_back = await tracked.outside.comment(external_id, "Taken back")
    await tracked.world.settle()
    await tracked.poll()

    await slack.edit("bo", CARDS, first, "First")
    await slack.delete("bo", CARDS, second)
    await asyncio.sleep(1.1)
    await tracked.outside.edit_comment(external_id, theirs, "Theirs")
    await tracked.outside.delete_comment(external_id, taken_back)
    await tracked.outside.comment(external_id, "One more")
    await tracked.world.settle()
    await tracked.poll()

    said = [plain.write(one.body).splitlines()[-1] for one in await tracked.comments()]
    assert sorted(said) == ["First", "One more", "Theirs"]
    assert [words.split("\n")[-1] for words in await tracked.shown(ts)] == ["Theirs", "One more"]


async def test_closing_on_either_side_closes_the_other(tracked: TrackerWorld) -> None:
    ts = await tracked.filed()
    await tracked.accept(ts)
    external_id = (await tracked.link()).external_id

    await asyncio.sleep(1.1)
    await tracked.outside.close(external_id)
    await tracked.poll()
    there = (await tracked.report()).state
    await asyncio.sleep(1.1)
    await tracked.outside.reopen(external_id)
    await tracked.poll()
    again = (await tracked.report()).state
    await asyncio.sleep(1.1)
    await tracked.world.slack.click("bo", CARDS, ts, "report.fix")
    await tracked.world.slack.submit_view("bo", {"build": "2.4.1"})
    await tracked.world.settle()

    assert (there, again) == (ReportState.FIXED, ReportState.ACCEPTED)
    assert (await tracked.issue()).state is IssueState.DONE


async def test_all_arrives_once_and_in_order_when_the_tracker_was_down_ten_minutes(tracked: TrackerWorld) -> None:
    slack, ts = tracked.world.slack, await tracked.filed()
    await tracked.accept(ts)
    tracked.proxy.faults.append(Fault(status=503, body="<html>down</html>"))
    for number in range(5):
        await slack.message("bo", CARDS, f"Reply {number}", ts)
    await slack.click("bo", CARDS, ts, "report.start")
    await tracked.world.settle()
    for _ in range(5):
        await tracked.leap(timedelta(minutes=2))
    refused = tracked.proxy.count("", status=503)

    tracked.proxy.faults.clear()
    for _ in range(3):
        await tracked.leap(timedelta(minutes=1))

    said = [plain.write(one.body).splitlines()[-1] for one in await tracked.comments()]
    assert said == [f"Reply {number}" for number in range(5)]
    assert (await tracked.issue()).state is IssueState.DOING
    assert 1 <= refused <= 60
