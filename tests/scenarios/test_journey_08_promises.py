"""Journey 8: a promise to decide, with its nudges, over a weekend and over changes of clocks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from storage.models import Report, ReportState
from tests.scenarios.world import SETTINGS, World

pytestmark = pytest.mark.scenario
CHANNEL = "checkout-bugs"
BERLIN = ZoneInfo("Europe/Berlin")
LEADS = "people: [U0BO, U0FINN], lead: U0ANA, working_hours: {tz: Europe/Berlin}"


@pytest.fixture
def team_settings(request: pytest.FixtureRequest) -> str:
    """Checkout works in Berlin, and Ana leads it; unless a test wants neither lead nor administrator."""
    team = SETTINGS.replace("people: [U0BO, U0FINN]", LEADS)
    is_led = getattr(request, "param", True)
    return team if is_led else team.replace("lead: U0ANA,", "").replace("admin: [U0FINN]", "admin: []")


@pytest.mark.parametrize("change", [None, 3, 10], ids=["plain", "march", "october"])
async def test_sev_2_of_friday_evening_is_due_by_mondays_working_hours(world: World, change: int | None) -> None:
    friday = _friday(world.clock(), change)
    await _go(world, friday, "17:40")
    ts = await _file(world, severity="S2")
    at_once = await _card(world)

    await _go(world, friday + timedelta(days=2), "13:00")
    await world.settle()
    weekend = await _said(world, ts)
    await _go(world, friday + timedelta(days=3), "14:58")
    await world.settle()
    before = await _said(world, ts)
    await _go(world, friday + timedelta(days=3), "15:01")
    await world.slack.wait_for(lambda: _hears(world, ts, 1, 0), timeout_s=15)
    await _go(world, friday + timedelta(days=3), "17:01")
    await world.slack.wait_for(lambda: _shows(world, "*Triage:* overdue since"), timeout_s=15)
    evening = await _said(world, ts)
    await _go(world, friday + timedelta(days=4), "09:01")
    await world.slack.wait_for(lambda: _hears(world, ts, 1, 1), timeout_s=15)
    await _go(world, friday + timedelta(days=4), "16:58")
    await world.settle()

    due = (await _report(world)).due_at
    assert due == _moment(friday + timedelta(days=3), "17:00")
    assert f"*Triage:* due <!date^{int(due.timestamp())}^" in str(at_once["blocks"])
    assert f"due <!date^{int(due.timestamp())}^" in at_once["text"]
    assert (weekend, before) == (([], []), ([], []))
    assert evening[1] == []
    [act_soon], [escalation] = await _said(world, ts)
    assert act_soon.startswith("BUG-1 *is due* <!date^")
    assert act_soon.endswith("*Checkout*: accept it, ask, snooze or decline.")
    assert escalation.startswith("Checkout *has not decided* on <")
    assert "Basket is empty" in escalation


async def test_nobody_is_nudged_while_the_reporter_is_asked(world: World) -> None:
    friday = _friday(world.clock())
    await _go(world, friday, "10:00")
    ts = await _file(world, severity="S2")
    await _go(world, friday, "11:00")
    await world.slack.click("bo", CHANNEL, ts, "report.ask")
    await world.slack.submit_view("bo", {"note": "Which browser?"})
    await world.settle()
    waiting = await _card(world)

    await _go(world, friday + timedelta(days=7), "12:00")
    await world.settle()
    meanwhile = await _lead_heard(world)
    [question] = await world.slack.direct_messages("eve")
    await world.slack.message("eve", question["channel"], "Safari 19 on a Mac")
    await world.settle()

    report = await _report(world)
    assert "Triage:" not in str(waiting["blocks"])
    assert meanwhile == []
    # The hour that was used is gone; seven are left from Friday noon on.
    assert report.state is ReportState.NEW
    assert report.due_at is not None
    assert abs(report.due_at - _moment(friday + timedelta(days=10), "11:00")) < timedelta(minutes=2)
    assert "*Triage:* due" in str((await _card(world))["blocks"])


async def test_nobody_is_nudged_while_it_is_snoozed_and_it_wakes_in_the_teams_morning(world: World) -> None:
    friday = _friday(world.clock(), 3)
    await _go(world, friday, "10:00")
    ts = await _file(world, severity="S2")
    await _go(world, friday, "11:00")
    await world.slack.click("bo", CHANNEL, ts, "report.menu", choose="snooze:1")
    # The Sunday on which the clocks change: the team is back on Monday.
    await world.slack.submit_view("bo", {"until": (friday + timedelta(days=2)).date().isoformat()})
    await world.settle()
    asleep = await _report(world)

    await _go(world, friday + timedelta(days=3), "08:58")
    await world.settle()
    early = await _report(world)
    await _go(world, friday + timedelta(days=3), "09:01")
    await world.slack.wait_for(lambda: _is_new(world), timeout_s=15)
    await world.settle()

    assert asleep.snooze_until == _moment(friday + timedelta(days=3), "09:00")
    assert early.state is ReportState.SNOOZED
    assert await _lead_heard(world) == []
    woken = await _report(world)
    assert woken.due_at is not None
    # One of its eight hours was used on Friday.
    assert abs(woken.due_at - _moment(friday + timedelta(days=3), "16:00")) < timedelta(minutes=3)


async def test_private_report_is_nudged_for_by_its_key_alone(world: World) -> None:
    monday = _friday(world.clock()) + timedelta(days=3)
    await _go(world, monday, "10:00")
    await _file(world, title="Password of Cleo is shown", severity="S2", private=["yes"])
    await _go(world, monday + timedelta(days=2), "10:00")
    await world.slack.wait_for(lambda: _count(world, "finn", 1), timeout_s=15)
    await world.settle()

    # Ana leads, yet is none of those who may open it: the administrator hears of it.
    assert await _lead_heard(world) == []
    [told] = await world.slack.direct_messages("finn")
    assert "BUG-1" in told["text"]
    assert "Password" not in f"{told} {await world.slack.messages(CHANNEL)}"


@pytest.mark.parametrize("team_settings", [False], indirect=True, ids=["nobody"])
async def test_thread_hears_of_it_when_there_is_neither_lead_nor_administrator(world: World) -> None:
    monday = _friday(world.clock()) + timedelta(days=3)
    await _go(world, monday, "10:00")
    ts = await _file(world, severity="S2")

    await _go(world, monday + timedelta(days=2), "10:00")
    await world.slack.wait_for(lambda: _hears(world, ts, 1, 0), timeout_s=15)
    await world.settle()

    [escalation], _ = await _said(world, ts)
    assert escalation.startswith("Checkout *has not decided* on <")
    assert "Basket is empty" not in escalation


async def test_editing_the_severity_moves_the_due_time_and_s1_wakes(world: World) -> None:
    monday = _friday(world.clock()) + timedelta(days=3)
    await _go(world, monday, "10:00")
    ts = await _file(world, severity="S3")
    await world.slack.click("bo", CHANNEL, ts, "report.menu", choose="snooze:1")
    await world.slack.submit_view("bo", {"hits": "5"})
    await world.settle()

    await world.slack.click("bo", CHANNEL, ts, "report.menu", choose="more:1")
    [more] = await world.slack.ephemerals("bo", CHANNEL)
    await world.slack.click("bo", CHANNEL, more["ts"], "report.edit")
    edited = await world.slack.submit_view("bo", {"severity": "S1"})
    await world.slack.wait_for(lambda: _shows(world, "S1: Nobody can work"), timeout_s=15)

    report = await _report(world)
    assert edited.errors == {}
    assert (report.state, report.severity) == (ReportState.NEW, "S1")
    assert report.due_at is not None
    assert abs(report.due_at - _moment(monday, "11:00")) < timedelta(minutes=3)


def _friday(now: datetime, change: int | None = None) -> datetime:
    """Give the next Friday in Berlin, or the one before its clocks change in a month."""
    day = now.astimezone(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() != 4 or (change is not None and not _is_before_change(day, change)):
        day += timedelta(days=1)
    return day


def _is_before_change(day: datetime, month: int) -> bool:
    monday = day + timedelta(days=3)
    return day.month == month and day.utcoffset() != monday.utcoffset()


def _moment(day: datetime, shown: str) -> datetime:
    hour, minute = shown.split(":")
    return day.replace(hour=int(hour), minute=int(minute)).astimezone(UTC)


async def _go(world: World, day: datetime, shown: str) -> None:
    """Leap to a time as a clock in Berlin shows it."""
    world.clock.leap(_moment(day, shown) - world.clock())


async def _file(world: World, title: str = "Basket is empty", **values: Any) -> str:
    await world.slack.command("eve", "/bug", title, "qa")
    submitted = await world.slack.submit_view("eve", values)
    assert submitted.errors == {}
    await world.settle()
    return str((await _card(world))["ts"])


async def _said(world: World, ts: str) -> tuple[list[str], list[str]]:
    """Give what the card's thread and the lead were told."""
    return [one["text"] for one in await world.slack.thread(CHANNEL, ts)], await _lead_heard(world)


async def _lead_heard(world: World) -> list[str]:
    return [one["text"] for one in await world.slack.direct_messages("ana")]


async def _hears(world: World, ts: str, thread: int, lead: int) -> bool:
    said, told = await _said(world, ts)
    return (len(said), len(told)) == (thread, lead)


async def _shows(world: World, words: str) -> bool:
    return words in str((await _card(world))["blocks"])


async def _count(world: World, user: str, count: int) -> bool:
    return len(await world.slack.direct_messages(user)) >= count


async def _is_new(world: World) -> bool:
    return (await _report(world)).state is ReportState.NEW


async def _card(world: World) -> dict[str, Any]:
    card: dict[str, Any] = (await world.slack.messages(CHANNEL))[0]
    return card


async def _report(world: World) -> Report:
    return await world.read(lambda session: session.exec(select(Report)).one())
