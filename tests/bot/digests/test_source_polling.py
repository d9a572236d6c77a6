"""What stands in Figma is kept as it stands there, and a file that cannot be read is no empty file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.digests import source_polling
from bot.digests.jobs import DigestJob
from bot.routing.load import load_settings
from bot.services import Services
from integrations.connections import Sources
from integrations.sources import SOURCES
from integrations.trackers.base import TrackerError
from storage import frames, links
from storage.database import WorkspaceSession
from storage.models import ItemKind, Job, SourceItem
from tests.conftest import SETTINGS, Clock, read
from tests.rigs.figma_server import NONE, READY, TOKEN, Figma, File, days_ago, running_figma

KEY, OTHER = "aBcD1234efGH5678", "QrSt1234uvWX5678"
FIGMA = f"figma: {{files: {{{KEY}: checkout}}}}\n"


@dataclass(frozen=True)
class Desk:
    services: Services
    figma: Figma
    file: File

    async def poll(self) -> None:
        await source_polling.poll(self.services, "figma", KEY)

    async def rows(self, kind: ItemKind) -> list[SourceItem]:
        rows = select(SourceItem).where(SourceItem.kind == kind).order_by(col(SourceItem.id))
        return await read(self.services, lambda session: list(session.exec(rows)))

    async def jobs(self) -> list[str]:
        wanted = select(Job.unique_key).where(Job.kind == DigestJob.POLL_SOURCE).order_by(col(Job.id))
        return [key or "" for key in await read(self.services, lambda session: list(session.exec(wanted)))]

    async def ring(self) -> None:
        services = self.services
        await services.database.write(services.workspace, lambda session: source_polling.ask_all(session, services))


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    services.in_force.replace(load_settings(SETTINGS + FIGMA, "liaison.yaml"), "")
    async with running_figma() as figma:
        sources = Sources(SOURCES, {"FIGMA_TOKEN": TOKEN, "FIGMA_API_URL": figma.url}, now=services.now)
        yield Desk(replace(services, sources=sources), figma, figma.make_file(KEY, "Shop"))
        await sources.close()


async def test_frames_and_comments_are_kept_when_a_file_is_read(desk: Desk) -> None:
    frame = desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    desk.figma.say(desk.file, "Bo", "Which blue?", at=days_ago(5), node_id=frame)

    await desk.poll()
    await desk.poll()

    (kept,), (asked,) = await desk.rows(ItemKind.FIGMA_FRAME), await desk.rows(ItemKind.FIGMA_COMMENT)
    assert (kept.title, kept.state, kept.component_key, kept.closed_at) == (
        "Checkout / Address step",
        "ready",
        "checkout",
        None,
    )
    assert (asked.title, asked.author, asked.state) == ("Which blue?", "Bo", "open")


async def test_frame_is_closed_when_it_is_unmarked_and_open_when_it_is_marked_again(desk: Desk, clock: Clock) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    await desk.poll()
    clock.leap(timedelta(minutes=10))

    desk.figma.mark(desk.file, "Address step", NONE)
    await desk.poll()
    (closed,) = await desk.rows(ItemKind.FIGMA_FRAME)
    desk.figma.mark(desk.file, "Address step", READY)
    await desk.poll()
    (again,) = await desk.rows(ItemKind.FIGMA_FRAME)

    assert (closed.state, closed.closed_at) == ("gone", clock.now)
    assert (again.id, again.state, again.closed_at) == (closed.id, "ready", None)


async def test_comment_is_closed_when_it_is_resolved(desk: Desk, clock: Clock) -> None:
    asked = desk.figma.say(desk.file, "Bo", "Which blue?", at=days_ago(5))
    await desk.poll()

    desk.figma.resolve(desk.file, asked)
    await desk.poll()

    (row,) = await desk.rows(ItemKind.FIGMA_COMMENT)
    assert row.closed_at == clock.now


async def test_what_is_known_stays_when_figma_cannot_be_read(desk: Desk) -> None:
    desk.figma.draw(desk.file, "Checkout", "Address step", status=READY)
    await desk.poll()
    before = await read(desk.services, lambda session: links.cursor(session, "figma", KEY))

    desk.figma.broken = 500
    with pytest.raises(TrackerError, match="Figma is not well"):
        await desk.poll()

    after = await read(desk.services, lambda session: links.cursor(session, "figma", KEY))
    assert (after.cursor, after.polled_at) == (before.cursor, before.polled_at)
    assert [row.closed_at for row in await desk.rows(ItemKind.FIGMA_FRAME)] == [None]


async def test_each_file_is_read_once_in_ten_minutes_when_the_clock_rings_each_minute(desk: Desk, clock: Clock) -> None:
    for _minute in range(25):
        await desk.ring()
        clock.leap(timedelta(minutes=1))

    assert len(await desk.jobs()) == 3


async def test_file_is_forgotten_when_the_settings_name_it_no_more(desk: Desk) -> None:
    await desk.poll()
    text = SETTINGS + FIGMA.replace(KEY, OTHER)
    desk.services.in_force.replace(load_settings(text, "liaison.yaml"), "")

    await desk.ring()

    def unit(session: WorkspaceSession) -> tuple[list[str], set[str]]:
        return [one.project for one in links.cursors(session)], frames.unread(session, (OTHER,))

    assert await read(desk.services, unit) == ([], {OTHER})
