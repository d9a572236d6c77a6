"""Journey 3 (basic): it is known already, and is shown before anything is filed."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from storage.models import HeldReport, Report
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
CHANNEL = "checkout-bugs"


async def test_adding_oneself_files_nothing_and_tells_the_state(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty after reload")
    await slack.command("dev", "/bug", "Basket empty after a reload", "qa")
    form = await slack.open_view()

    step = await slack.submit_view("dev", {"what": "Twice today"})
    closed = await slack.submit_view("dev")
    await world.settle()

    assert "Perhaps known already" in str(form["blocks"])
    assert "BUG-1" in str(step.modals)
    assert closed.modals == []
    [card] = await slack.messages(CHANNEL)
    assert "2 people met it" in str(card["blocks"])
    [told] = await slack.direct_messages("dev")
    assert "New" in told["text"]


async def test_adding_oneself_in_the_form_files_nothing(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty after reload")
    await slack.command("dev", "/bug", "Basket empty after a reload", "qa")

    await slack.click_in_view("dev", "report.add_me")
    shown = await slack.open_view()
    await world.settle()

    assert "You are counted on *BUG-1*" in str(shown["blocks"])
    assert "2 people met it" in str((await slack.messages(CHANNEL))[0]["blocks"])
    [told] = await slack.direct_messages("dev")
    assert "BUG-1" in told["text"]
    assert len(await world.read(lambda session: session.exec(select(Report)).all())) == 1


async def test_filing_as_new_keeps_every_word(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty after reload")
    await slack.command("dev", "/bug", "Basket empty after a reload", "qa")
    await slack.submit_view("dev", {"what": "Only on Mondays", "severity": "S3"})

    await slack.submit_view("dev", {"choice": "new"})
    await world.settle()

    reports = await world.read(lambda session: session.exec(select(Report).order_by(col(Report.number))).all())
    assert [report.number for report in reports] == [1, 2]
    assert (reports[1].what, reports[1].severity) == ("Only on Mondays", "S3")
    assert "*Perhaps the same*" in str((await slack.messages(CHANNEL))[-1]["blocks"])


async def test_unrelated_title_shows_nothing_and_asks_nothing(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty after reload")
    await slack.command("dev", "/bug", "Invoice shows the old address", "qa")
    form = await slack.open_view()

    submitted = await slack.submit_view("dev")
    await world.settle()

    assert "Perhaps known" not in str(form["blocks"])
    assert submitted.modals == []
    assert len(await slack.messages(CHANNEL)) == 2


async def test_known_report_is_shown_as_soon_as_the_title_is_entered(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty after reload")
    await slack.command("dev", "/bug", "", "qa")

    await slack.click_in_view("dev", "title", choose="Basket empty after a reload", title="Basket empty after a reload")
    shown = await slack.open_view()
    await slack.click_in_view("dev", "title", choose="Something else", title="Something else")
    gone = await slack.open_view()

    assert "BUG-1" in str(shown["blocks"])
    assert "BUG-1" not in str(gone["blocks"])


async def test_report_left_at_the_second_step_is_kept_and_asked_about(world: World) -> None:
    slack = world.slack
    await _file(world, "Basket is empty after reload")
    await slack.command("dev", "/bug", "Basket empty after a reload", "qa")
    await slack.submit_view("dev", {"what": "Only on Mondays"})
    await slack.close_view("dev")

    world.clock.leap(timedelta(minutes=11))
    await slack.wait_for(lambda: _told(world), timeout_s=15)
    [asked] = await slack.direct_messages("dev")
    await slack.click("dev", asked["channel"], asked["ts"], "report.file_held")
    await world.settle()

    assert len(await slack.messages(CHANNEL)) == 2
    held = await world.read(lambda session: session.exec(select(HeldReport)).all())
    assert [one.content["what"] for one in held] == ["Only on Mondays"]


async def _told(world: World) -> bool:
    return bool(await world.slack.direct_messages("dev"))


async def _file(world: World, title: str) -> None:
    await world.slack.command("eve", "/bug", title, "qa")
    await world.slack.submit_view("eve")
    await world.settle()
