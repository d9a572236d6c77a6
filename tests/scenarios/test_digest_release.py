"""A release in marketing's channel: what it changed is found, and one word each decides what customers are told."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.digests import schedule
from handlers.views import announce
from handlers.views.digest_acts import DIGEST_ANNOUNCE_DROP, DIGEST_ANNOUNCE_EDIT, DIGEST_ANNOUNCE_USE
from storage.models import ChangeKind, ChangeState
from tests.bot.digests.shipping import changes
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.github.recorded import payload
from tests.integrations.trackers.stages import Stage
from tests.scenarios.test_webhooks import delivery, door, plain_environment, tracker_environment
from tests.scenarios.tracker_world import SETTINGS, TrackerWorld, tracked, tracker_proxy

__all__ = ["door", "plain_environment", "servers", "stage", "tracked", "tracker_environment", "tracker_proxy"]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]
CHANNEL = "web-bugs"
MARKETING = """
people:
  U0ANA: {role: marketing}
  U0BO: {role: engineer}
audiences:
  marketing: {channel: C0WEB, on: release, weekly: "thu 10:00", tz: Europe/Berlin}
"""
FILTERS, EXPORTS, BUTTONS = "Save a filter once.", "CSV exports are three times faster.", "Buttons are easier to hit."


@pytest.fixture
def team_settings(stage: Stage) -> str:
    named = SETTINGS.format(tracker=stage.tracker.name, project=stage.project)
    promoted = "name: Checkout, promoted: true, public_name: Apple Pay, tracker"
    return named.replace("name: Checkout, tracker", promoted) + MARKETING


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def deliver(tracked: TrackerWorld, door: httpx.AsyncClient, name: str, **parts: Mapping[str, Any]) -> None:
    """Deliver one of GitHub's own examples, with some of its parts changed."""
    content = payload(name)
    for part, values in parts.items():
        content[part] = {**content[part], **values}
    content["repository"] = {**content["repository"], "full_name": tracked.stage.project}
    body = json.dumps(content).encode()
    answer = await door.post("/webhooks/github", content=body, headers=delivery(body, event=name.partition(".")[0]))
    assert answer.status_code == 200


async def merge(
    tracked: TrackerWorld, door: httpx.AsyncClient, number: int, title: str, body: str = "", *labels: str
) -> None:
    at = stamp(tracked.world.clock() - timedelta(minutes=5))
    await deliver(
        tracked,
        door,
        "pull_request.closed",
        pull_request={
            "number": number,
            "title": title,
            "body": body,
            "labels": [{"name": one} for one in labels],
            "state": "closed",
            "merged": True,
            "merged_at": at,
            "closed_at": at,
            "updated_at": at,
        },
    )


async def publish(tracked: TrackerWorld, door: httpx.AsyncClient, tag: str, body: str = "", **more: Any) -> None:
    at = stamp(tracked.world.clock())
    times = {"created_at": at, "published_at": at}
    number = abs(hash(tag)) % 1_000_000
    about = {"id": number, "tag_name": tag, "name": tag, "body": body, **times, **more}
    await deliver(tracked, door, "release.published", release=about)


async def ship(tracked: TrackerWorld, door: httpx.AsyncClient) -> dict[str, Any]:
    """Bring out a release with four changes, and give the digest as it stands in marketing's channel."""
    await schedule.tick(tracked.world.bot.services)
    tracked.world.clock.leap(timedelta(minutes=1))
    await merge(tracked, door, 801, "feat(reports): Saved filters", f"Filters.\n\nAnnounce: {FILTERS}", "enhancement")
    await merge(tracked, door, 802, "Stream exports", "", "performance")
    await merge(tracked, door, 803, "Larger buttons", "", "customer-visible", "bug")
    await merge(tracked, door, 804, "Split the tests")
    await publish(tracked, door, "2.14.0", f"- {EXPORTS} (#802)\n- Split the tests by @bo in #804")
    await tracked.world.settle()
    await ring(tracked, timedelta(minutes=11))
    return await standing(tracked)


async def ring(tracked: TrackerWorld, after: timedelta) -> None:
    """Let time pass, and the alarm ring."""
    tracked.world.clock.leap(after)
    await schedule.tick(tracked.world.bot.services)
    await tracked.world.settle()


async def standing(tracked: TrackerWorld) -> dict[str, Any]:
    (digest,) = await digests(tracked)
    return digest


async def digests(tracked: TrackerWorld) -> list[dict[str, Any]]:
    found = await tracked.world.slack.messages(CHANNEL)
    return [one for one in found if "liaison:digest:" in str((one.get("blocks") or [{}])[0].get("block_id"))]


async def heard(tracked: TrackerWorld, user: str) -> str:
    """Give the last thing that only this person saw in the channel, or was told directly."""
    private = await tracked.world.slack.ephemerals(user, CHANNEL)
    direct = await tracked.world.slack.direct_messages(user)
    return str(max([*private, *direct], key=lambda one: float(one["ts"]))["text"])


async def states(tracked: TrackerWorld) -> list[ChangeState]:
    return [change.state for change in await changes(tracked.world.bot.services)]


async def test_release_is_told_with_what_customers_can_see_of_it(
    tracked: TrackerWorld, door: httpx.AsyncClient
) -> None:
    await tracked.begun("Payment fails on Safari")
    await tracked.world.settle()

    digest = await ship(tracked, door)

    found = [(one.title, one.kind, one.announce_text, one.state) for one in await changes(tracked.world.bot.services)]
    assert found == [
        ("Saved filters", ChangeKind.FEATURE, FILTERS, ChangeState.DRAFTED),
        ("Stream exports", ChangeKind.SPEED, EXPORTS, ChangeState.DRAFTED),
        ("Larger buttons", ChangeKind.FIX, "", ChangeState.DETECTED),
        ("Split the tests", ChangeKind.INTERNAL, "", ChangeState.INTERNAL),
    ]
    shown = str(digest["blocks"])
    assert "3 of 4 changes in 2.14.0" in shown
    assert "1 internal change left out" in shown
    assert [words in shown for words in (FILTERS, EXPORTS, "no text yet")] == [True] * 3
    assert [words in shown for words in ("Split the tests", "Codertocat", "S3")] == [False] * 3
    assert shown.count(DIGEST_ANNOUNCE_USE) == 3


async def test_release_is_told_once_and_no_prerelease(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    await ship(tracked, door)

    for _ in range(2):
        await publish(tracked, door, "2.15.0-rc1", prerelease=True)
        await ring(tracked, timedelta(minutes=11))

    assert len(await digests(tracked)) == 1


async def test_text_is_used_by_a_press_and_the_line_says_by_whom(
    tracked: TrackerWorld, door: httpx.AsyncClient
) -> None:
    digest = await ship(tracked, door)

    await tracked.world.slack.click("ana", CHANNEL, digest["ts"], DIGEST_ANNOUNCE_USE)
    await tracked.world.settle()

    shown = str((await standing(tracked))["blocks"])
    assert await heard(tracked, "ana") == f"✅ *Saved filters* is announced with this text:\n> {FILTERS}"
    assert ("~" in shown, "approved" in shown, shown.count(DIGEST_ANNOUNCE_USE)) == (True, True, 2)
    await ring(tracked, timedelta(minutes=11))
    later = str((await standing(tracked))["blocks"])
    assert ("approved" in later, "announced" in later) == (False, True)
    assert await states(tracked) == ["announced", "drafted", "detected", "internal"]


async def test_press_is_taken_back(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    digest = await ship(tracked, door)
    await tracked.world.slack.click("ana", CHANNEL, digest["ts"], DIGEST_ANNOUNCE_USE)
    await tracked.world.settle()
    (whisper,) = await tracked.world.slack.ephemerals("ana", CHANNEL)

    await tracked.world.slack.click("ana", CHANNEL, whisper["ts"], announce.TAKE_BACK)
    await tracked.world.settle()

    shown = str((await standing(tracked))["blocks"])
    assert await heard(tracked, "ana") == "*Saved filters* waits for somebody's word again."
    assert ("~" in shown, shown.count(DIGEST_ANNOUNCE_USE)) == (False, 3)
    assert await states(tracked) == ["drafted", "drafted", "detected", "internal"]


async def test_text_is_edited_in_a_form_that_says_what_is_wrong(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    digest = await ship(tracked, door)
    await tracked.world.slack.click("ana", CHANNEL, digest["ts"], DIGEST_ANNOUNCE_EDIT)

    wrong = await tracked.world.slack.submit_view("ana", {announce.TEXT: "x" * 501})
    right = await tracked.world.slack.submit_view("ana", {announce.TEXT: "Filters stay, <!channel> & all."})
    await tracked.world.settle()

    assert wrong.errors == {announce.TEXT: "Say it in 500 characters; these are 501."}
    assert right.errors == {}
    (change, *_) = await changes(tracked.world.bot.services)
    assert (change.state, change.announce_text) == (ChangeState.APPROVED, "Filters stay, <!channel> & all.")
    assert (await heard(tracked, "ana")).endswith("> Filters stay, &lt;!channel&gt; &amp; all.")


async def test_change_without_a_text_asks_for_one(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    digest = await ship(tracked, door)
    for _ in range(2):
        await tracked.world.slack.click("ana", CHANNEL, digest["ts"], DIGEST_ANNOUNCE_USE)
        await tracked.world.settle()

    await tracked.world.slack.click("ana", CHANNEL, digest["ts"], DIGEST_ANNOUNCE_USE)
    refused = await heard(tracked, "ana")
    await tracked.world.slack.click("ana", CHANNEL, digest["ts"], DIGEST_ANNOUNCE_EDIT)
    await tracked.world.slack.submit_view("ana", {announce.TEXT: BUTTONS})
    await tracked.world.settle()

    assert refused == "Write what customers are told: press *Edit* and give it a sentence."
    assert await states(tracked) == ["approved", "approved", "approved", "internal"]


async def test_change_is_not_announced_and_the_reason_is_kept(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    digest = await ship(tracked, door)

    await tracked.world.slack.click("ana", CHANNEL, digest["ts"], DIGEST_ANNOUNCE_DROP)
    done = await tracked.world.slack.submit_view("ana", {announce.REASON: "Beta customers only."})
    await tracked.world.settle()

    shown = str((await standing(tracked))["blocks"])
    assert done.errors == {}
    assert ("not announced" in shown, shown.count(DIGEST_ANNOUNCE_USE)) == (True, 2)
    assert await states(tracked) == ["internal", "drafted", "detected", "internal"]


async def test_one_of_two_decides_and_the_other_is_told(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    digest = await ship(tracked, door)

    press = tracked.world.slack.click
    await asyncio.gather(*(press(one, CHANNEL, digest["ts"], DIGEST_ANNOUNCE_USE) for one in ("ana", "finn")))
    await tracked.world.settle()

    told = sorted([(await heard(tracked, "ana"))[:1], (await heard(tracked, "finn"))[:1]])
    assert told[1] == "✅"
    assert (
        "decided before: “Saved filters” is approved." in f"{await heard(tracked, 'ana')}{await heard(tracked, 'finn')}"
    )
    assert await states(tracked) == ["approved", "drafted", "detected", "internal"]


async def test_others_are_told_privately_who_decides(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    digest = await ship(tracked, door)

    for action in (DIGEST_ANNOUNCE_USE, DIGEST_ANNOUNCE_EDIT, DIGEST_ANNOUNCE_DROP):
        await tracked.world.slack.click("bo", CHANNEL, digest["ts"], action)
    await tracked.world.settle()

    said = {one["text"] for one in await tracked.world.slack.ephemerals("bo", CHANNEL)}
    (only,) = said
    assert only.startswith("Only marketing, product managers and leads decide what customers are told.")
    assert await states(tracked) == ["drafted", "drafted", "detected", "internal"]


async def test_what_is_promoted_is_held_while_it_is_broken(tracked: TrackerWorld, door: httpx.AsyncClient) -> None:
    await tracked.world.slack.command("eve", "/bug", "Payment fails on Safari", "qa")
    values = {"severity": "S2", "what": "It spins for ever.", "component": "checkout"}
    await tracked.world.slack.submit_view("eve", values)
    await tracked.world.settle()

    shown = str((await ship(tracked, door))["blocks"])

    assert "Do not promote *Apple Pay*:" in shown
    assert shown.index("Hold") < shown.index("Shipped, waiting for your word")
