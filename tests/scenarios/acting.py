"""What people do again and again in the scenarios, and what must be true after any of them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from storage.models import Report
from tests.handlers.views import generated
from tests.scenarios.world import World

Node = dict[str, Any]
CARDS = "checkout-bugs"
# A bug of ours, work given up, or something that Slack would not take.
CRASHES = {"handler_failed", "job_failed", "job_dead", "could_not_say", "slack_refused", "not_saved"}


@contextmanager
def calm(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail when the bot logs a crash of any kind meanwhile."""
    with capture_logs() as events:
        yield
    assert [event for event in events if event["event"] in CRASHES] == []
    loud = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert [record.getMessage()[:300] for record in loud] == []


async def all_reports(world: World) -> list[Report]:
    return await world.read(lambda session: list(session.exec(select(Report).order_by(col(Report.id)))))


async def assert_nobody_was_pinged(world: World) -> None:
    for payload in await world.slack.payloads():
        written = [*generated.marked_texts(payload.content), str(payload.content.get("text", ""))]
        assert [text for text in written if generated.PINGS.search(text)] == []


async def fill_form(world: World, user: str, values: Node) -> None:
    """Submit the report form, and file it as new where something similar is known."""
    submitted = await world.slack.submit_view(user, values)
    assert submitted.errors == {}
    if submitted.modals:
        await world.slack.submit_view(user, {"choice": "new"})
    assert await world.slack.modals() == []


async def filed(world: World, title: str = "Cart is empty") -> str:
    """File a report by its form and return the ts of its card."""
    await world.slack.command("eve", "/bug", title, "qa")
    await fill_form(world, "eve", {"severity": "S3"})
    await world.settle()
    return str((await world.slack.messages(CARDS))[-1]["ts"])


async def direct_channel(world: World, user: str) -> str:
    person = await world.slack.user_id(user)
    channels = (await world.slack.state())["channels"]
    own = [found["id"] for found in channels if found["is_im"] and person in found["members"]]
    if own:
        return str(own[0])
    return await world.bot.outbox.direct_channel(person)
