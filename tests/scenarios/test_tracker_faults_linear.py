"""Linear, which answers 200 to nearly everything, fails on the way of a report: one issue, or words for a person."""

import time
from datetime import timedelta

import pytest

from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.acting import CARDS, direct_channel
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["linear"], indirect=True)]
# All that is asked of Linear goes to one address.
MAKE = "issueCreate"
ERRORS = '{"errors": [{"message": "No", "extensions": {"type": "%s"}}]}'
REFUSED = ERRORS % "authentication error"
LIMITED = ERRORS % "ratelimited"
HANGS_S = 5.0


async def later(tracked: TrackerWorld, minutes: int = 2) -> None:
    """Let time pass, so that what waits is tried again."""
    for _ in range(minutes * 2):
        await tracked.leap(timedelta(seconds=30))


async def issues(tracked: TrackerWorld) -> list[str]:
    """List the issues there are; the server's own list, not the bot's."""
    page = await tracked.stage.tracker.list_issues("")
    return [issue.external_id for issue in page.issues]


async def card(tracked: TrackerWorld) -> str:
    [found] = await tracked.world.slack.messages(CARDS)
    return str(found["blocks"])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(holds=MAKE, times=2, status=503), id="503"),
        pytest.param(Fault(holds=MAKE, times=1, drop="after"), id="reset-after-create"),
        pytest.param(Fault(holds=MAKE, times=1, status=200, body="<html></html>"), id="html-for-json"),
        pytest.param(Fault(holds=MAKE, times=1, status=200, body=ERRORS % "internal error"), id="error-in-a-200"),
    ],
)
async def test_one_issue_is_made_in_the_end(tracked: TrackerWorld, fault: Fault) -> None:
    tracked.proxy.faults.append(fault)

    await tracked.filed()
    await later(tracked)

    assert fault.times is not None
    assert fault.times <= 0
    assert await issues(tracked) == [(await tracked.link()).external_id]
    assert "Not in the tracker yet" not in await card(tracked)


@pytest.mark.parametrize(
    ("status", "headers", "waits_s"),
    [
        pytest.param(429, {"Retry-After": "40"}, 40.0, id="429-seconds"),
        pytest.param(
            400, {"x-ratelimit-requests-remaining": "0", "x-ratelimit-requests-reset": "time"}, 30.0, id="400-reset"
        ),
    ],
)
async def test_nothing_is_asked_before_the_time_when_there_is_a_limit(
    tracked: TrackerWorld, status: int, headers: dict[str, str], waits_s: float
) -> None:
    until = tracked.world.clock() + timedelta(seconds=waits_s + 2)
    given = {name: f"{until.timestamp() * 1000:.0f}" if value == "time" else value for name, value in headers.items()}
    tracked.proxy.faults.append(Fault(holds=MAKE, times=1, status=status, headers=given, body=LIMITED))
    await tracked.filed()
    asked = tracked.proxy.count("")

    await tracked.leap(timedelta(seconds=waits_s * 0.8))
    early = tracked.proxy.count("")
    await later(tracked)

    assert early == asked
    assert await issues(tracked) == [(await tracked.link()).external_id]


@pytest.mark.parametrize("status", [400, 401])
async def test_people_are_told_in_words_when_the_key_is_refused(tracked: TrackerWorld, status: int) -> None:
    tracked.proxy.faults.append(Fault(holds=MAKE, status=status, body=REFUSED))

    await tracked.filed()
    await later(tracked)

    assert await issues(tracked) == []
    assert "Not in the tracker yet" in await card(tracked)
    assert "Linear refused the" in await card(tracked)
    [told] = await tracked.world.slack.messages(await direct_channel(tracked.world, "finn"))
    assert "does not work" in told["text"]
    assert "Linear refused the" in told["text"]


async def test_other_reports_go_on_when_it_hangs(tracked: TrackerWorld) -> None:
    tracked.proxy.faults.append(Fault(holds=MAKE, times=1, delay_s=HANGS_S))
    started = time.monotonic()

    await tracked.begun("Cart is empty")
    await tracked.begun("Search finds nothing", "search")
    await tracked.world.slack.wait_for(lambda: _is_filed(tracked, 2))
    took_s = time.monotonic() - started
    await tracked.world.settle()

    assert took_s < HANGS_S
    assert len(await tracked.world.slack.messages("web-bugs")) == 1
    assert await issues(tracked) == [(await tracked.link(1)).external_id]


async def _is_filed(tracked: TrackerWorld, report_id: int) -> bool:
    return bool((await tracked.link(report_id)).external_id)
