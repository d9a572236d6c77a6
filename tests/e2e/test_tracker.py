"""What people see of a tracker in Slack: the card with its issue, and the thread that talks with it.

With --pictures the screen is kept as docs/pictures/tracker.png.
"""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.browser import open_browser
from tests.integrations.trackers.conftest import servers, stage
from tests.scenarios.acting import CARDS
from tests.scenarios.tracker_world import TrackerWorld, team_settings, tracked, tracker_environment, tracker_proxy

__all__ = ["servers", "stage", "team_settings", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("stage", ["github"], indirect=True)]
PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "tracker.png"


async def test_card_names_its_issue_and_the_thread_shows_what_is_said_there(
    tracked: TrackerWorld, tmp_path: Path, keep_pictures: bool
) -> None:
    ts = await tracked.filed("Checkout button dead on Safari")
    await tracked.accept(ts)
    external_id = (await tracked.link()).external_id
    await tracked.world.slack.message("bo", CARDS, "It happens with an *empty* coupon.", ts)
    await tracked.world.settle()
    await tracked.outside.comment(
        external_id, "Found it: `coupon.length` of nothing. Fix follows in:\n\n- the form\n- the API"
    )
    await tracked.poll()

    async with open_browser(tracked.world.slack.url) as browser:
        await browser.act_as("Bo Nilsson")
        await browser.open_channel(CARDS)
        card = browser.message("Checkout button dead on Safari")
        await expect(card).to_contain_text(f"{tracked.stage.project}#{external_id}")
        await card.locator(".thread-summary").click()
        thread = browser.page.locator(".thread-pane")
        await expect(thread).to_contain_text("bob in GitHub")
        await expect(thread).to_contain_text("coupon.length")
        await browser.page.screenshot(path=PICTURE if keep_pictures else tmp_path / "tracker.png")
