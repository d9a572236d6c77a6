"""Journey 6 with a public address: GitHub delivers each change, ours among them, and nobody polls."""

import pytest
import pytest_asyncio

from integrations.markup import plain
from integrations.trackers.github import KIND
from storage.models import IssueState, ReportState
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.stage_github import Bob
from tests.integrations.trackers.stages import Stage
from tests.rigs.faultproxy import Fault, FaultProxy
from tests.rigs.ports import free_port
from tests.scenarios.acting import CARDS
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_proxy
from tests.scenarios.tracker_world import tracker_environment as plain_environment

__all__ = ["plain_environment", "servers", "stage", "team_settings", "tracked", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
SECRET = "a-secret-of-the-two-0123456789"
FIRST_PORT = 24_700
POLLS = "since="


@pytest.fixture
def tracker_environment(stage: Stage, tracker_proxy: FaultProxy) -> dict[str, str]:
    """The tracker's variables, and where it delivers to."""
    values = {name: value.replace(stage.url, f"{tracker_proxy.url}/") for name, value in stage.values.items()}
    return {**values, KIND.webhook_secret: SECRET, "LIAISON_PORT": str(free_port(FIRST_PORT))}


@pytest_asyncio.fixture
async def heard(tracked: TrackerWorld) -> TrackerWorld:
    """The bot, to which the server delivers, and which learns nothing by polling."""
    assert isinstance(tracked.outside, Bob)
    address = f"http://127.0.0.1:{tracked.world.bot.config.port}/webhooks/github"
    config = {"url": address, "content_type": "json", "secret": SECRET}
    await tracked.outside.call("POST", "hooks", {"name": "web", "events": ["*"], "config": config})
    tracked.proxy.faults.append(Fault(POLLS, status=503))
    return tracked


async def words(tracked: TrackerWorld, ts: str) -> list[str]:
    return [text.split("\n")[-1] for text in await tracked.shown(ts)]


async def test_both_talk_and_nothing_echoes_in_ten_rounds(heard: TrackerWorld) -> None:
    slack, ts = heard.world.slack, await heard.filed()
    external_id = (await heard.link()).external_id

    for number in range(10):
        await slack.message("bo", CARDS, f"Slack says {number}", ts)
        await heard.outside.comment(external_id, f"Tracker says {number}")

    await slack.wait_for(lambda: _is_long(heard, ts, 10), timeout_s=40)
    await heard.world.settle()
    said = [plain.write(one.body) for one in await heard.comments()]
    assert [text.split()[-1] for text in said if "Slack says" in text] == [str(number) for number in range(10)]
    assert len(said) == 20
    assert await words(heard, ts) == [f"Tracker says {number}" for number in range(10)]


async def test_edit_and_deletion_are_seen_as_they_are_delivered(heard: TrackerWorld) -> None:
    slack, ts = heard.world.slack, await heard.filed()
    external_id = (await heard.link()).external_id
    first = await heard.outside.comment(external_id, "Frist")
    second = await heard.outside.comment(external_id, "To be deleted")
    await slack.wait_for(lambda: _is_long(heard, ts, 2), timeout_s=20)

    await heard.outside.edit_comment(external_id, first, "First")
    await heard.outside.delete_comment(external_id, second)
    await slack.wait_for(lambda: _is_long(heard, ts, 1), timeout_s=20)
    await heard.world.settle()

    assert await words(heard, ts) == ["First"]


async def test_closing_on_either_side_closes_the_other(heard: TrackerWorld) -> None:
    slack, ts = heard.world.slack, await heard.filed()
    await heard.accept(ts)
    external_id = (await heard.link()).external_id

    await heard.outside.close(external_id)
    await slack.wait_for(lambda: _is_in(heard, ReportState.FIXED), timeout_s=20)
    await heard.outside.reopen(external_id)
    await slack.wait_for(lambda: _is_in(heard, ReportState.ACCEPTED), timeout_s=20)
    await heard.world.settle()
    await slack.click("bo", CARDS, ts, "report.fix")
    await slack.submit_view("bo", {"build": "2.4.1"})
    await heard.world.settle()

    assert (await heard.issue()).state is IssueState.DONE
    assert (await heard.report()).state is ReportState.FIXED


async def _is_long(tracked: TrackerWorld, ts: str, length: int) -> bool:
    return len(await tracked.shown(ts)) == length


async def _is_in(tracked: TrackerWorld, state: ReportState) -> bool:
    return (await tracked.report()).state is state
