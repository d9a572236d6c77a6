"""The tracker fails in every way on the way of a report: one issue in the end, or the person is told why not."""

import resource
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from storage.models import IssueState
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.acting import CARDS, direct_channel
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
MAKE = r"/issues$"
HTML = "<html><body>Bad gateway</body></html>"


async def later(tracked: TrackerWorld, minutes: int = 2) -> None:
    """Let time pass, so that what waits is tried again."""
    for _ in range(minutes * 2):
        tracked.world.clock.leap(timedelta(seconds=30))
        await tracked.world.settle()


async def issues(tracked: TrackerWorld) -> list[str]:
    """List the open issues there are; the server's own list, not the bot's."""
    page = await tracked.stage.tracker.list_issues("")
    return [issue.external_id for issue in page.issues if issue.state is IssueState.OPEN]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(MAKE, "POST", times=2, status=500), id="500"),
        pytest.param(Fault(MAKE, "POST", times=2, status=502, body=HTML), id="502-html"),
        pytest.param(Fault(MAKE, "POST", times=2, status=503), id="503"),
        pytest.param(Fault(MAKE, "POST", times=1, drop="before"), id="reset-before"),
        pytest.param(Fault(MAKE, "POST", times=1, drop="after"), id="reset-after-create"),
        pytest.param(Fault(MAKE, "POST", times=1, status=200, body=HTML), id="html-for-json"),
        pytest.param(Fault(MAKE, "POST", times=1, status=201, body='{"number": 1, "ti'), id="cut-json"),
    ],
)
async def test_one_issue_is_made_in_the_end(tracked: TrackerWorld, fault: Fault) -> None:
    tracked.proxy.faults.append(fault)

    ts = await tracked.filed()
    acked = [card["ts"] for card in await tracked.world.slack.messages(CARDS)]
    await later(tracked)

    assert acked == [ts]
    assert await issues(tracked) == [(await tracked.link()).external_id]
    [card] = await tracked.world.slack.messages(CARDS)
    assert "Not in the tracker yet" not in str(card["blocks"])


@pytest.mark.parametrize(
    ("headers", "waits_s"),
    [
        ({"Retry-After": "40"}, 40.0),
        ({"Retry-After": "30.5"}, 30.5),
        ({"Retry-After": "date"}, 30.0),
    ],
    ids=["seconds", "fraction", "date"],
)
async def test_nothing_is_asked_before_the_time_when_there_is_a_limit(
    tracked: TrackerWorld, headers: dict[str, str], waits_s: float
) -> None:
    given = {
        name: format_datetime(tracked.world.clock() + timedelta(seconds=32), usegmt=True) if value == "date" else value
        for name, value in headers.items()
    }
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, status=429, headers=given))
    await tracked.filed()
    tracked.world.clock.leap(timedelta(seconds=waits_s * 0.6))
    await tracked.world.settle()
    early = tracked.proxy.count(MAKE)

    await later(tracked)

    assert early == 1
    assert len(await issues(tracked)) == 1


@pytest.mark.parametrize("headers", [{"Retry-After": "30"}, {}], ids=["said", "not-said"])
async def test_secondary_limit_is_a_limit_too(tracked: TrackerWorld, headers: dict[str, str]) -> None:
    body = '{"message": "You have exceeded a secondary rate limit. Please wait."}'
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, status=403, headers=headers, body=body))

    await tracked.filed()
    await later(tracked)

    assert len(await issues(tracked)) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422])
async def test_people_are_told_in_words_when_it_is_refused_for_good(tracked: TrackerWorld, status: int) -> None:
    tracked.proxy.faults.append(Fault(MAKE, "POST", status=status, body='{"message": "No"}'))

    await tracked.filed()
    await later(tracked)

    assert await issues(tracked) == []
    assert tracked.proxy.count(MAKE, status=status) <= 2
    [card] = await tracked.world.slack.messages(CARDS)
    assert "Not in the tracker yet" in str(card["blocks"])
    told = await tracked.world.slack.messages(await direct_channel(tracked.world, "finn"))
    assert len([one for one in told if "does not work" in one["text"]]) == 1


async def test_slack_is_answered_and_memory_stays_when_the_tracker_drips_for_ever(tracked: TrackerWorld) -> None:
    tracked.proxy.faults.append(Fault(MAKE, "POST", times=1, bytes_per_s=1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()

    await tracked.world.slack.command("eve", "/bug", "Cart is empty", "qa")
    await tracked.world.slack.submit_view("eve", {"severity": "S3"})
    answered_s = time.monotonic() - started
    await tracked.world.slack.wait_for(lambda: tracked.proxy.count(MAKE) == 1, timeout_s=45)
    await later(tracked)

    assert answered_s < 3
    assert time.monotonic() - started < 60
    assert len(await issues(tracked)) == 1
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 50


async def test_other_reports_go_on_when_the_tracker_is_down(tracked: TrackerWorld) -> None:
    tracked.proxy.faults.append(Fault(status=503))
    await tracked.filed()

    await tracked.world.slack.command("eve", "/bug", "Search finds nothing", "qa")
    await tracked.world.slack.submit_view("eve", {"severity": "S3", "component": "search"})
    await tracked.world.settle()

    assert (await tracked.link(2)).external_id
    assert len(await tracked.world.slack.messages("web-bugs")) == 1
