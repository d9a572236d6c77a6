"""`/liaison import`: its progress is drawn anew, it can be stopped and goes on, and waits for a tracker."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from storage.models import ImportRun, ImportState, IssueLink, Report
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.acting import direct_channel
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
# Three pages of a hundred.
MANY = 230
LIST = r"/issues\?.*sort=created"


async def make(tracked: TrackerWorld, count: int = MANY) -> None:
    for number in range(count):
        await tracked.outside.make_issue(f"Known issue {number}")


async def begin(tracked: TrackerWorld, user: str = "finn") -> None:
    await tracked.world.slack.command(user, "/liaison", f"import github {tracked.stage.project}")


async def progress(tracked: TrackerWorld) -> list[dict[str, Any]]:
    """List the messages that show the import, in the administrator's direct messages."""
    messages = await tracked.world.slack.messages(await direct_channel(tracked.world, "finn"))
    return [one for one in messages if one["blocks"][0]["block_id"].startswith("liaison:import:")]


async def until(tracked: TrackerWorld, is_so: Callable[[str], Any]) -> str:
    """Wait until the one message says so; return what it says."""

    async def said() -> str:
        [message] = await progress(tracked)
        return str(message["text"]) if is_so(message["text"]) else ""

    return str(await tracked.world.slack.wait_for(said, timeout_s=20))


async def press(tracked: TrackerWorld, action_id: str) -> None:
    [message] = await progress(tracked)
    await tracked.world.slack.click("finn", message["channel"], message["ts"], action_id)


async def known(tracked: TrackerWorld) -> list[str]:
    """List the issues that are known here, each as often as a report has it."""
    found = select(IssueLink.external_id).join(Report, col(Report.id) == IssueLink.subject_id)
    return list(await tracked.world.read(lambda session: session.exec(found).all()))


async def test_every_issue_is_known_once_and_the_message_says_so(tracked: TrackerWorld) -> None:
    await make(tracked)

    await begin(tracked)
    said = await until(tracked, lambda text: "is done" in text)

    assert f"Import of {tracked.stage.project} (GitHub) is done" in said
    assert f"{MANY} issues" in said
    assert sorted(await known(tracked), key=int) == [str(number) for number in range(1, MANY + 1)]
    assert len(await tracked.world.slack.calls("chat.update")) >= 3
    assert await tracked.world.slack.messages("checkout-bugs") == []


async def test_import_stops_when_told_and_goes_on_where_it_was(tracked: TrackerWorld) -> None:
    await make(tracked)
    tracked.proxy.faults.append(Fault(LIST, "GET", skip=1, delay_s=2))
    await begin(tracked)
    await until(tracked, lambda text: re.search(r"\b100\b", text))

    await press(tracked, "import.stop")
    stopped = await until(tracked, lambda text: "is stopped" in text)
    await tracked.world.settle()
    before = len(await known(tracked))
    # It fails nothing, and counts.
    again = Fault(LIST, "GET", times=MANY)
    tracked.proxy.faults[:] = [again]
    await press(tracked, "import.go_on")
    done = await until(tracked, lambda text: "is done" in text)

    assert "100" in stopped
    # A page that was on its way is kept.
    assert before in {100, 200}
    assert f"{MANY} issues" in done
    assert sorted(await known(tracked), key=int) == [str(number) for number in range(1, MANY + 1)]
    assert again.times == MANY - (300 - before) // 100


async def test_import_waits_for_the_tracker_and_says_why_when_it_is_refused(tracked: TrackerWorld) -> None:
    await make(tracked, 5)
    tracked.proxy.faults.append(Fault(LIST, "GET", status=503, times=1))
    tracked.proxy.faults.append(Fault(LIST, "GET", status=401, times=1, body='{"message": "No"}'))

    await begin(tracked)
    await tracked.world.settle()
    waiting = await until(tracked, lambda text: "Importing" in text)
    await tracked.leap(timedelta(seconds=31))
    refused = await until(tracked, lambda text: "was refused" in text)
    await press(tracked, "import.go_on")
    done = await until(tracked, lambda text: "is done" in text)

    assert "Importing" in waiting
    assert "refused the token" in refused
    assert "5 issues" in done
    assert "refused the token" not in done


async def test_nobody_but_administrators_may_import(tracked: TrackerWorld) -> None:
    await begin(tracked, "bo")

    [told] = await tracked.world.slack.wait_for(lambda: tracked.world.slack.ephemerals("bo"))
    assert "Only an administrator may import issues. Ask Finn" in told["text"]
    assert await tracked.world.read(lambda session: session.exec(select(ImportRun)).all()) == []


async def test_second_import_of_a_project_is_the_one_that_runs(tracked: TrackerWorld) -> None:
    await make(tracked, 3)
    tracked.proxy.faults.append(Fault(LIST, "GET", times=1, delay_s=1))

    await begin(tracked)
    await begin(tracked)
    await until(tracked, lambda text: "is done" in text)

    runs = await tracked.world.read(lambda session: session.exec(select(ImportRun)).all())
    assert [(run.state, run.done) for run in runs] == [(ImportState.DONE, 3)]
