"""Journey 9: five audiences in two time zones, each told its own at its own time, with the tracker's numbers."""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from bot.digests import schedule
from tests.integrations.trackers.conftest import servers, stage
from tests.integrations.trackers.stage_github import Bob
from tests.rigs.faultproxy import Fault
from tests.scenarios.digest_world import (
    BERLIN,
    DESIGN,
    ENGINEERING,
    QA,
    REPORTS,
    SLOTS,
    WEEK,
    Team,
    design_is_done,
    figma,
    figma_proxy,
    next_wednesday,
    shown,
    team,
    team_settings,
    tracker_environment,
    work,
)
from tests.scenarios.tracker_world import tracked, tracker_proxy

__all__ = [
    "figma",
    "figma_proxy",
    "servers",
    "stage",
    "team",
    "team_settings",
    "tracked",
    "tracker_environment",
    "tracker_proxy",
]

pytestmark = [pytest.mark.scenario, pytest.mark.parametrize("stage", ["github"], indirect=True)]


async def test_five_audiences_get_their_own_at_their_own_time_and_nothing_that_is_not_so(team: Team) -> None:
    wednesday = next_wednesday(team.tracked.world.clock())
    await team.leap_to(datetime.combine(wednesday - timedelta(days=1), time(18), BERLIN))
    await team.read_sources()
    await schedule.tick(team.tracked.world.bot.services)
    await work(team)
    await _preview_is_for_one(team)

    await _each_reads_its_own(team, wednesday)
    assert await team.ring(QA, wednesday + timedelta(days=1)) == ["qa"]
    await _numbers_are_the_trackers(team)
    assert await team.ring(QA, wednesday + timedelta(days=2)) == []

    await design_is_done(team)
    await _dead_sources_are_said_aloud(team, wednesday + WEEK)
    await _heartbeat_in_a_week_without_news(team, wednesday + 2 * WEEK)


async def _preview_is_for_one(team: Team) -> None:
    slack = team.tracked.world.slack
    await slack.command("eve", "/liaison", "digest qa preview", "qa")
    await team.tracked.world.settle()

    there = [one for channel in (await slack.state())["channels"] for one in await slack.raw_messages(channel["id"])]
    found = [one for one in there if "Verify now" in shown(one)]
    assert [one["ephemeral_to"] for one in found] == [await slack.user_id("eve")]
    assert await slack.ephemerals("finn") == []


async def _each_reads_its_own(team: Team, day: date) -> None:
    for slot in SLOTS:
        assert await team.ring(slot, day) == [slot.channel]
    said = {slot.channel: await team.newest(slot.channel) for slot in SLOTS}
    for slot in SLOTS:
        assert [channel for channel, text in said.items() if slot.own in text] == [slot.channel]
        again = datetime.combine(day + (timedelta(days=1) if slot in (QA, ENGINEERING) else WEEK), slot.at)
        assert f"next: {again:%a} {again.day} {again:%b %H:%M}" in said[slot.channel]
    assert "no word from Ana" in said["leads"]


async def _numbers_are_the_trackers(team: Team) -> None:
    """Hold the digests' numbers against what GitHub itself answers."""
    qa, figures = [shown(one) for one in await team.digests("qa")]
    engineering = await team.newest("engineering")
    theirs = team.tracked.outside
    assert isinstance(theirs, Bob)
    issues = await theirs.call("GET", "issues?state=all&per_page=100")
    assert len(issues) == len(REPORTS)
    bugs = [one for one in issues if one["state_reason"] != "not_planned"]
    fixed = sum(one["state"] == "closed" for one in bugs)
    rated, still_open = Counter(map(_severity, bugs)), Counter(_severity(one) for one in bugs if one["state"] == "open")

    told = re.search(r"(\d+) bugs: (\d+) S1, (\d+) S2, (\d+) S3, (\d+) not yet rated", qa)
    assert told is not None
    assert [int(one) for one in told.groups()] == [len(bugs), rated["S1"], rated["S2"], rated["S3"], rated[""]]
    assert f"*New bugs*\n{len(bugs)} " in figures
    assert f"*Verify now* · {fixed} fixes waiting" in qa
    assert f"*Waiting for verification*\n{fixed}, " in figures
    assert f"*Open S1 / S2*\n{still_open['S1']} / {still_open['S2']}" in figures
    assert f"{len(bugs)} new · {fixed} fixed · 0 came back" in engineering


async def _dead_sources_are_said_aloud(team: Team, day: date) -> None:
    """From seven on neither answers: it is said since when, and nothing made of it is shown, least of all as none."""
    for proxy in (team.tracked.proxy, team.figma_proxy):
        proxy.faults.append(Fault(status=502))
    seven = datetime.combine(day, time(7), BERLIN)
    await team.leap_to(seven)
    await team.read_sources()

    for slot in SLOTS:
        assert await team.ring(slot, day) == [slot.channel]
        since = seven.astimezone(slot.zone)
        warning = f"⚠ GitHub could not be read since {since:%a} {since.day} {since:%b %H:%M} "
        assert warning in await team.newest(slot.channel)
    design = await team.newest("design")
    assert "⚠ Hand-offs: not known, since Figma could not be read." in design
    assert re.search(r"marked ready|working days or more|\b0\b", design) is None
    assert "⚠ Reviews waiting more than 24 h: not known, since GitHub" in await team.newest("engineering")
    leads = await team.newest("leads")
    assert "Releases and lead time are not known: GitHub could not be read since" in leads
    assert re.search(r"this week|nothing released", leads) is None


async def _heartbeat_in_a_week_without_news(team: Team, day: date) -> None:
    team.tracked.proxy.faults.clear()
    team.figma_proxy.faults.clear()
    await team.ring(QA, day)

    assert await team.ring(DESIGN, day) == ["design"]
    last, coming = day - WEEK, day + WEEK
    said = re.fullmatch(r"(.*) Figma and GitHub were read at (\S+)\. (Next: .*)", await team.newest("design"))
    assert said is not None
    assert "09:50" < said[2] <= "10:00", "when it was read last, not when the digest was due"
    assert said[1] == (
        f"✅ Design · week to {day:%a} {day.day} {day:%b}: nothing needs you and nothing changed since "
        f"{last:%a} {last.day} {last:%b}."
    )
    assert said[3] == f"Next: {coming:%a} {coming.day} {coming:%b}."


def _severity(issue: dict[str, Any]) -> str:
    return next((one["name"][-2:] for one in issue["labels"] if one["name"].startswith("severity-")), "")
