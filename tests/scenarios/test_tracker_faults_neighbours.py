"""Many jobs hang on one tracker: whoever has to do with another one, or none, notices nothing of it."""

import time

import pytest
from sqlmodel import select

from bot.triage import jobs
from storage.database import WorkspaceSession
from storage.models import IssueLink, Job, JobState
from tests.integrations.trackers.conftest import servers, stage
from tests.rigs.faultproxy import Fault
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
HANGS_S = 6.0
# More than the queue looks at in the five seconds after which each comes again.
MANY = 200


async def known(tracked: TrackerWorld, count: int) -> None:
    """Have so many issues known here, as an import makes them."""
    for number in range(count):
        await tracked.outside.make_issue(f"Known issue {number}")
    await tracked.world.slack.command("finn", "/liaison", f"import github {tracked.stage.project}")
    await tracked.world.slack.wait_for(lambda: _links(tracked, count), timeout_s=30)
    await tracked.world.settle()


async def _links(tracked: TrackerWorld, count: int) -> bool:
    return len(await tracked.world.read(lambda session: session.exec(select(IssueLink.id)).all())) == count


async def refresh_all(tracked: TrackerWorld) -> None:
    """Have all issues read anew, as deliveries would."""

    def unit(session: WorkspaceSession) -> None:
        for link in session.exec(select(IssueLink)).all():
            jobs.refresh_issue(session, link, "test")

    services = tracked.world.bot.services
    await services.database.write(services.workspace, unit)


async def running(tracked: TrackerWorld) -> int:
    found = select(Job.id).where(Job.state == JobState.RUNNING, Job.kind == jobs.JobKind.REFRESH_ISSUE)
    return len(await tracked.world.read(lambda session: session.exec(found).all()))


async def test_neighbour_gets_card_and_issue_at_once_when_hundreds_of_jobs_hang(tracked: TrackerWorld) -> None:
    await known(tracked, MANY)
    tracked.proxy.faults.append(Fault(delay_s=HANGS_S))
    await refresh_all(tracked)
    await tracked.world.slack.wait_for(lambda: running(tracked))
    started = time.monotonic()

    await tracked.begun("Search finds nothing", "search")
    await tracked.world.slack.wait_for(lambda: _neighbour(tracked), timeout_s=10)
    took_s = time.monotonic() - started

    assert took_s < 4


async def _neighbour(tracked: TrackerWorld) -> bool:
    """Say whether the neighbour's card stands and shows its issue."""
    return f"BUG-{MANY + 1}" in str([one["blocks"] for one in await tracked.world.slack.messages("web-bugs")]) and bool(
        (await tracked.link(MANY + 1)).external_id
    )
