"""A lead is asked for a sentence by direct message, answers in a form, and changes it; nobody else can."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.digests import health
from storage.models import Health, HealthWord
from tests.scenarios.world import SETTINGS, World

pytestmark = pytest.mark.scenario
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def team_settings() -> str:
    """Ana speaks for the product on Fridays."""
    audience = '{channel: C0LEADS, weekly: "fri 15:00", tz: Europe/Berlin, sections: [health], health_from: U0ANA}'
    return f"{SETTINGS}audiences:\n  leadership: {audience}\n"


async def test_lead_is_asked_answers_and_changes_the_answer(world: World) -> None:
    await _friday_at_one(world)
    question = await _question(world)

    await world.slack.click("ana", question["channel"], question["ts"], "health.at_risk")
    first = await world.slack.submit_view("ana", {"sentence": "Safari <!here> is the only risk."})
    await world.slack.wait_for(lambda: _shows(world, "is the only risk"), timeout_s=15)
    await world.slack.click("ana", question["channel"], question["ts"], "health.change")
    form = await world.slack.open_view()
    second = await world.slack.submit_view("ana", {"state": "on_track", "sentence": "All well again."})
    await world.slack.wait_for(lambda: _shows(world, "All well again."), timeout_s=15)

    assert (first.errors, second.errors) == ({}, {})
    assert form["blocks"][1]["element"]["initial_value"] == "Safari <!here> is the only risk."
    assert len(await world.slack.direct_messages("ana")) == 1
    word = await world.read(lambda session: session.exec(select(HealthWord)).one())
    assert (word.health, word.text) == (Health.ON_TRACK, "All well again.")


async def test_nobody_else_may_answer(world: World) -> None:
    await _friday_at_one(world)
    question = await _question(world)

    await world.slack.click("bo", question["channel"], question["ts"], "health.on_track")

    assert await world.slack.modals() == []
    word = await world.read(lambda session: session.exec(select(HealthWord)).one())
    assert word.health is None


async def _friday_at_one(world: World) -> None:
    """Let the clock ring twice, an hour and a half before the digest."""
    now = world.clock().astimezone(BERLIN)
    friday = (now + timedelta(days=(4 - now.weekday()) % 7 or 7)).replace(hour=13, minute=30)
    world.clock.leap(friday - now)
    services = world.bot.services
    for _ in range(2):
        at = services.now()
        await services.database.write(
            services.workspace,
            lambda session, at=at: health.ask_due(session, services, at),  # type: ignore[misc]
        )
    await world.settle()


async def _question(world: World) -> dict[str, Any]:
    [question] = await world.slack.direct_messages("ana")
    assert question["text"].startswith("*How do things stand?* The Leadership digest is posted on Fri ")
    found: dict[str, Any] = question
    return found


async def _shows(world: World, words: str) -> bool:
    [question] = await world.slack.direct_messages("ana")
    return words in str(question["blocks"])
