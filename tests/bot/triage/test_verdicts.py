"""A likely duplicate is one, or is not: who may say so, what it teaches, and what takes it back."""

import asyncio

import pytest
from sqlmodel import col, select

from bot.errors import Conflict, PermissionRefused, UserError
from bot.triage import editing, lookup, verdicts, workflow
from bot.triage.decisions import Order
from storage.models import AuditEvent, DuplicateVerdict, Job, ReportState, Via
from tests.conftest import kept, read, report

TITLES = ("Basket is empty after reload", "Basket empty after a reload", "After reload the basket is empty")


def order(report_id=1, by="U0BO", key=None):
    return Order(report_id, by, Via.BUTTON, key)


async def three(services):
    for title in TITLES:
        await report(services, title)


async def candidates(services, report_id):
    card = await lookup.card_for_channel(services, report_id)
    return {one.key for one in card.duplicates}


async def actions(services, report_id):
    events = select(AuditEvent.action).where(AuditEvent.subject_id == report_id).order_by(col(AuditEvent.id))
    return list(await read(services, lambda session: session.exec(events).all()))


async def test_pair_is_never_shown_again_on_either_card_when_refused(services):
    await three(services)
    before = await candidates(services, 1), await candidates(services, 2)

    await verdicts.refuse(services, order(1), other_id=2)

    assert before == ({"BUG-2", "BUG-3"}, {"BUG-1", "BUG-3"})
    assert await candidates(services, 1) == {"BUG-3"}
    assert await candidates(services, 2) == {"BUG-3"}
    assert await candidates(services, 3) == {"BUG-1", "BUG-2"}


async def test_both_cards_are_drawn_anew_and_both_timelines_say_so_when_refused(services):
    await three(services)
    redraws = select(Job.unique_key).where(Job.kind == "redraw_card")

    await verdicts.refuse(services, order(1), other_id=2)

    assert sorted(await read(services, lambda session: session.exec(redraws).all())) == ["redraw:1:2", "redraw:2:2"]
    assert await actions(services, 1) == ["file", "not_same"]
    assert await actions(services, 2) == ["file", "not_same"]


async def test_same_press_twice_is_one_verdict(services):
    await three(services)

    for _ in range(2):
        await verdicts.refuse(services, order(1, key="press"), other_id=2)

    assert await actions(services, 1) == ["file", "not_same"]


async def test_one_is_told_who_was_faster_when_two_refuse_at_once(services):
    await three(services)

    results = await asyncio.gather(
        verdicts.refuse(services, order(1), other_id=2),
        verdicts.refuse(services, order(2, by="U0FINN"), other_id=1),
        return_exceptions=True,
    )

    refusals = [str(result) for result in results if isinstance(result, Conflict)]
    assert len(refusals) == 1
    assert "said before that BUG-2 and BUG-1 are not the same" in refusals[0]
    assert len(await read(services, lambda session: session.exec(select(DuplicateVerdict)).all())) == 1


async def test_report_is_not_closed_for_one_that_somebody_just_refused(services):
    await three(services)
    await verdicts.refuse(services, order(1), other_id=2)

    with pytest.raises(Conflict, match="U0BO said before"):
        await workflow.mark_duplicate(services, order(2, by="U0FINN"), of_number=1, unless_refused=True)

    assert (await kept(services, 2)).state is ReportState.NEW


async def test_refusal_is_a_conflict_when_the_report_is_decided_on(services):
    await three(services)
    await workflow.mark_duplicate(services, order(2), of_number=1, unless_refused=True)

    with pytest.raises(Conflict, match="decided on already"):
        await verdicts.refuse(services, order(2), other_id=3)


async def test_nobody_but_a_triager_says_so(services):
    await three(services)

    with pytest.raises(PermissionRefused, match="Only Checkout may decide"):
        await verdicts.refuse(services, order(1, by="U0EVE"), other_id=2)

    assert await actions(services, 1) == ["file", "refused:not_same"]
    assert await candidates(services, 1) == {"BUG-2", "BUG-3"}


async def test_private_report_is_not_there_for_who_may_not_see_it(services):
    await three(services)
    await report(services, TITLES[0], source_channel="C0ELSEWHERE", component_key="search")
    await editing.set_private(services, order(4, by="U0ANA"), private=True)

    with pytest.raises(UserError, match="not here any more"):
        await verdicts.refuse(services, order(1, by="U0FINN"), other_id=4)


async def test_report_is_no_pair_with_itself(services):
    await three(services)

    with pytest.raises(UserError, match="not here any more"):
        await verdicts.refuse(services, order(1), other_id=1)


async def test_decision_by_the_menu_overrules_a_refusal_and_undo_takes_the_teaching_back(services):
    await three(services)
    await verdicts.refuse(services, order(1), other_id=2)
    await workflow.mark_duplicate(services, order(1), of_number=2)
    closed = await candidates(services, 3)

    await workflow.undo(services, order(1))

    assert closed == {"BUG-2"}
    assert await candidates(services, 3) == {"BUG-1", "BUG-2"}
    assert await candidates(services, 1) == {"BUG-2", "BUG-3"}
    assert await read(services, lambda session: session.exec(select(DuplicateVerdict)).all()) == []
