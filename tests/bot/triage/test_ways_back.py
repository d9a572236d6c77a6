"""Checking, sending back, reopening, undoing and withdrawing, over a real database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.errors import UserError
from bot.services import Services
from bot.triage import intake, workflow
from storage.models import Decision, ReportState, Resolution
from tests.bot.triage.acting import (
    ADMIN,
    BO,
    DEV,
    EVE,
    FINN,
    declined,
    filed,
    fixed,
    make_tester,
    order,
)
from tests.conftest import Clock, kept, read


@pytest.mark.parametrize(
    ("action", "resolution"),
    [(workflow.verify, Resolution.FIXED), (workflow.skip, Resolution.FIXED_NOT_VERIFIED)],
)
@pytest.mark.parametrize("by", [EVE, DEV, BO])
async def test_fix_is_closed_when_somebody_who_may_checked_it(
    services: Services, action: Any, resolution: Resolution, by: str
) -> None:
    await make_tester(services, DEV)
    report_id = await fixed(services)

    await action(services, order(report_id, by))

    found = await kept(services, report_id)
    assert (found.state, found.resolution) == (ReportState.CLOSED, resolution)
    assert (found.verified_at is not None) == (resolution is Resolution.FIXED)


async def test_fix_comes_back_to_its_owner_when_it_is_still_broken(services: Services) -> None:
    report_id = await fixed(services)

    card = await workflow.fail(services, order(report_id, EVE), note="Still dead in Safari")

    assert (card.line.state, card.came_back) == (ReportState.IN_PROGRESS, 1)


@pytest.mark.parametrize(("days", "is_open"), [(30, True), (31, False)])
async def test_closed_report_is_reopened_when_thirty_days_have_not_passed(
    services: Services, clock: Clock, days: int, is_open: bool
) -> None:
    report_id = await declined(services)
    clock.leap(timedelta(days=days))

    if is_open:
        card = await workflow.reopen(services, order(report_id, DEV), note="It is back")
        assert (card.line.state, card.line.resolution, card.came_back) == (ReportState.ACCEPTED, None, 1)
    else:
        with pytest.raises(UserError, match="more than 30 days ago"):
            await workflow.reopen(services, order(report_id, DEV), note="It is back")


@pytest.mark.parametrize(
    ("by", "minutes", "is_open"),
    [(BO, 10, True), (BO, 11, False), (FINN, 1, False), (ADMIN, 1, True), (ADMIN, 10_000, True)],
)
async def test_closing_is_undone_when_it_was_ones_own_and_recent(
    services: Services, clock: Clock, by: str, minutes: int, is_open: bool
) -> None:
    report_id = await declined(services)
    clock.leap(timedelta(minutes=minutes))

    if is_open:
        card = await workflow.undo(services, order(report_id, by))
        assert (card.line.state, card.line.resolution) == (ReportState.NEW, None)
    else:
        with pytest.raises(UserError, match="Only who closed it"):
            await workflow.undo(services, order(report_id, by))


async def test_undo_is_kept_beside_what_it_undid(services: Services) -> None:
    report_id = await declined(services)
    await workflow.undo(services, order(report_id))

    def unit(session: Any) -> list[tuple[int, str, int | None]]:
        return [(one.id, one.kind, one.undone_by_id) for one in session.exec(select(Decision))]

    assert await read(services, unit) == [(1, "decline", 2), (2, "undo", None)]


async def test_reporter_undoes_their_own_when_they_said_works_by_mistake(services: Services) -> None:
    report_id = await fixed(services)
    await workflow.verify(services, order(report_id, EVE))

    card = await workflow.undo(services, order(report_id, EVE))

    assert card.line.state is ReportState.NEW


async def test_report_is_withdrawn_when_its_reporter_asks_before_triage(services: Services) -> None:
    report_id = await filed(services)

    card = await workflow.withdraw(services, order(report_id, EVE))

    assert (card.line.state, card.line.resolution) == (ReportState.CLOSED, Resolution.WITHDRAWN)


async def test_message_is_withdrawn_only_when_ten_minutes_have_not_passed(services: Services, clock: Clock) -> None:
    early, late = await filed(services, "One"), await filed(services, "Two")
    clock.leap(timedelta(minutes=10))
    await intake.withdraw_message(services, order(early, EVE))
    clock.leap(timedelta(seconds=1))
    await intake.withdraw_message(services, order(late, EVE))

    assert [(await kept(services, one)).state for one in (early, late)] == [ReportState.CLOSED, ReportState.NEW]
