"""What `liaison status` knows of digests: what they are made from, which are paused, and which did not come."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.command_line import upkeep
from bot.digests import audiences
from bot.digests.jobs import DigestJob
from bot.routing import mirror
from bot.routing.load import load_settings
from bot.services import Services
from bot.status import Status, read_status
from bot.status_digests import Pause
from bot.status_trackers import ProjectStatus
from storage import links
from storage.database import WorkspaceSession
from storage.models import Audience, DigestRun, RunState, Slot
from storage.queue import NewJob, defer
from tests.conftest import SETTINGS, Clock, read

FILE = "aBcD1234efGH5678"
REFUSED = "Figma refused the token (403). Make a new one and set FIGMA_TOKEN."


@pytest.fixture
async def services(services: Services) -> Services:
    """Two digests, and a team of people so that nothing else is wrong."""
    settings = load_settings(
        SETTINGS + "audiences: {qa: {channel: C0QA, daily: '08:30'}, care: {channel: C0CARE, daily: '08:30',"
        " sections: [new_bugs]}}",
        "liaison.yaml",
    )
    services.in_force.replace(settings, "")
    await services.database.write(services.workspace, lambda session: mirror.keep_settings(session, settings))
    await keep(services, *(Audience(key=key, known_since=services.now()) for key in ("qa", "care")))
    return services


async def keep(services: Services, *rows: Any) -> None:
    await services.database.write(services.workspace, lambda session: session.add_all(rows))


async def figma(services: Services, **facts: object) -> None:
    def unit(session: WorkspaceSession) -> None:
        cursor = links.cursor(session, "figma", FILE)
        cursor.sqlmodel_update(facts)
        session.add(cursor)

    await services.database.write(services.workspace, unit)


async def change(services: Services, key: str, **facts: object) -> None:
    def unit(session: WorkspaceSession) -> None:
        row = audiences.row_of(session, key)
        assert row is not None
        session.add(row.sqlmodel_update(facts))

    await services.database.write(services.workspace, unit)


def run(at: datetime, state: RunState, error: str = "", **more: Any) -> DigestRun:
    return DigestRun(
        audience_key=more.pop("audience_key", "qa"),
        slot=Slot.DAILY,
        period=f"{at.date()}",
        due_at=at,
        state=state,
        error=error,
        **more,
    )


async def status(services: Services) -> Status:
    return await read(services, lambda session: read_status(session, services.now(), services.settings.audiences))


async def wrong(services: Services) -> list[str]:
    """Give what is wrong with digests."""
    return [one for one in (await status(services)).problems if "digest" in one or "figma" in one]


async def test_figma_is_listed_before_and_after_its_first_reading(services: Services, clock: Clock) -> None:
    payload = {"source": "figma", "project": FILE}
    job = NewJob(DigestJob.POLL_SOURCE, payload, f"poll:figma:{FILE}")
    await services.database.write(services.workspace, lambda session: defer(session, job))
    before = (await status(services)).projects

    await figma(services, polled_at=clock())

    assert before == (ProjectStatus("figma", FILE, None, None, "", None),)
    assert (await status(services)).projects == (ProjectStatus("figma", FILE, clock(), None, "", None),)
    assert await wrong(services) == []


async def test_figma_that_cannot_be_read_is_a_problem_with_what_to_do(services: Services, clock: Clock) -> None:
    await figma(services, polled_at=clock(), failing_since=clock(), error=REFUSED)

    assert await wrong(services) == [f"figma {FILE} fails since 23 Nov 2026 09:00 UTC: {REFUSED}"]


async def test_figma_that_was_not_read_for_an_hour_is_a_problem(services: Services, clock: Clock) -> None:
    await figma(services, polled_at=clock())
    clock.leap(timedelta(minutes=59))
    well = await wrong(services)
    clock.leap(timedelta(minutes=1))

    assert well == []
    [problem] = await wrong(services)
    assert problem.startswith(f"figma {FILE} was not read since 23 Nov 2026 09:00 UTC, so digests leave out what comes")
    assert problem.endswith(" Is `liaison run` running?")


async def test_digest_is_named_when_its_last_run_failed_or_was_refused(services: Services, clock: Clock) -> None:
    await keep(services, run(clock(), RunState.FAILED, "KeyError: 'x'", attempts=1))
    await keep(services, run(clock(), RunState.ABANDONED, "is_archived", audience_key="care"))

    failed, refused = await wrong(services)
    assert (
        failed
        == "The QA digest of 23 Nov 2026 09:00 UTC could not be collected: KeyError: 'x'. It is tried again by itself."
    )
    assert refused == (
        "The Care digest of 23 Nov 2026 09:00 UTC could not be posted: is_archived. The channel is archived: name"
        " another in the settings file, then `/liaison digest care now` posts it."
    )


@pytest.mark.parametrize(
    "later",
    [
        pytest.param((RunState.POSTED, ""), id="posted"),
        pytest.param((RunState.SKIPPED, ""), id="nothing new"),
        pytest.param((RunState.ABANDONED, ""), id="left out for the next came soon"),
    ],
)
async def test_digest_is_not_named_once_a_later_run_of_it_is_well(
    services: Services, clock: Clock, later: tuple[RunState, str]
) -> None:
    await keep(services, run(clock() - timedelta(days=1), RunState.ABANDONED, "is_archived"), run(clock(), *later))

    assert await wrong(services) == []


async def test_digest_is_not_named_when_the_settings_name_it_no_more_or_it_is_long_ago(
    services: Services, clock: Clock
) -> None:
    await keep(services, Audience(key="old", known_since=clock()))
    await keep(services, run(clock(), RunState.FAILED, "x", audience_key="old"))
    await keep(services, run(clock() - timedelta(days=15), RunState.ABANDONED, "is_archived"))

    assert await wrong(services) == []


async def test_digest_is_named_while_it_is_paused(services: Services, clock: Clock) -> None:
    until = clock() + timedelta(days=1)
    await change(services, "qa", paused=True)
    await change(services, "care", paused=True, paused_until=until)
    at_first = (await status(services)).paused
    clock.leap(timedelta(days=1))

    assert at_first == (Pause("qa", None), Pause("care", until))
    assert (await status(services)).paused == (Pause("qa", None),)


async def test_command_line_tells_the_same(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    await figma(services, polled_at=now)
    await change(services, "qa", paused=True)
    await keep(services, run(now, RunState.FAILED, "KeyError: 'x'", audience_key="care"))

    code = await asyncio.to_thread(upkeep.status, services.database.url.render_as_string(hide_password=False))

    said = " ".join(capsys.readouterr().out.split())
    assert code == 1
    assert (
        f"figma {FILE} last read {now:%d %b %Y %H:%M} UTC note The QA digest paused, /liaison digest NAME resume"
        in said
    )
    assert f"The Care digest of {now:%d %b %Y %H:%M} UTC could not be collected" in said
