"""Whose word it is what customers are told, that one of two wins, and the way back."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot.digests import announcing
from bot.digests.announcing import TAKE_BACK_WITHIN, TEXT_LIMIT, Announcement, Wish
from bot.errors import Conflict, PermissionRefused, UserError
from bot.services import Services
from storage import people
from storage.database import WorkspaceSession
from storage.models import AuditEvent, ChangeState, Decision, DigestRun, Job, ReleaseChange, Role, RunState, Slot, Via
from tests.bot.digests.shipping import changes, pull, release, told
from tests.conftest import Clock, read

ANA = Wish(1, "U0ANA", Via.BUTTON, "press-1")
TEXT = "Save a filter once."


async def drafted(services: Services, text: str = TEXT) -> None:
    """Have a change wait for a word; Ana does marketing, Finn is a product manager."""
    await told(services, release("2.14.0", 1), pull(1, 2, text, ["announce"], title="Saved filters"))

    def unit(session: WorkspaceSession) -> None:
        for slack_user_id, name, role in (("U0ANA", "Ana", Role.MARKETING), ("U0FINN", "Finn", Role.PM)):
            person = people.meet(session, slack_user_id, name)
            person.role = role
            session.add(person)
        people.meet(session, "U0BO", "Bo")

    await services.database.write(services.workspace, unit)


async def only(services: Services) -> ReleaseChange:
    (change,) = await changes(services)
    return change


async def decisions(services: Services) -> list[tuple[str, str, dict[str, Any], bool]]:
    found = await read(services, lambda session: list(session.exec(select(Decision).order_by(col(Decision.id)))))
    return [(one.kind, one.reason, one.facts, one.undone_by_id is not None) for one in found]


async def events(services: Services) -> list[tuple[str, Via, str, str]]:
    found = await read(services, lambda session: list(session.exec(select(AuditEvent).order_by(col(AuditEvent.id)))))
    return [(one.action, one.via, one.before["state"], one.after["state"]) for one in found]


async def settle(services: Services) -> None:
    await services.database.write(
        services.workspace, lambda session: announcing.settle(session, services, services.now())
    )


async def test_text_is_approved_by_whoever_used_it(services: Services, clock: Clock) -> None:
    await drafted(services)

    announced = await announcing.use(services, ANA)

    change = await only(services)
    assert announced == Announcement(1, "Saved filters", TEXT, ChangeState.APPROVED)
    assert (change.state, change.decided_at, change.version) == (ChangeState.APPROVED, clock.now, 2)
    assert await decisions(services) == [("announce", "", {"state": "approved", "text": TEXT}, False)]
    assert await events(services) == [("announce", Via.BUTTON, "drafted", "approved")]


async def test_other_words_are_kept_when_somebody_wrote_them(services: Services) -> None:
    await drafted(services, "")

    announced = await announcing.use(services, replace(ANA, via=Via.MODAL), "  Filters stay.\r\n")

    assert (announced.text, (await only(services)).announce_text) == ("Filters stay.", "Filters stay.")
    assert await events(services) == [("announce", Via.MODAL, "detected", "approved")]


@pytest.mark.parametrize(
    ("words", "said"),
    [(None, "Write what customers are told"), (" \u200b\n", "Write what"), ("x" * (TEXT_LIMIT + 1), "these are 501")],
)
async def test_nothing_is_decided_when_the_text_cannot_be(services: Services, words: str | None, said: str) -> None:
    await drafted(services, "")

    with pytest.raises(UserError, match=said):
        await announcing.use(services, ANA, words)

    assert (await only(services)).state is ChangeState.DETECTED
    assert await decisions(services) == []


async def test_change_is_kept_internal_with_the_reason(services: Services) -> None:
    await drafted(services)

    dropped = await announcing.drop(services, ANA, " Only for beta customers. ")

    assert dropped.state is ChangeState.INTERNAL
    facts = {"state": "internal", "text": TEXT}
    assert await decisions(services) == [("not_announce", "Only for beta customers.", facts, False)]


async def test_approved_text_is_announced_after_ten_minutes(services: Services, clock: Clock) -> None:
    await drafted(services)
    await announcing.use(services, ANA)
    clock.leap(TAKE_BACK_WITHIN - timedelta(seconds=1))
    await settle(services)
    before = (await only(services)).state

    clock.leap(timedelta(seconds=1))
    await settle(services)
    await settle(services)

    change = await only(services)
    assert (before, change.state) == (ChangeState.APPROVED, ChangeState.ANNOUNCED)
    assert change.decided_at == clock.now - TAKE_BACK_WITHIN
    assert await events(services) == [
        ("announce", Via.BUTTON, "drafted", "approved"),
        ("announce", Via.SCHEDULE, "approved", "announced"),
    ]


async def test_word_is_taken_back_within_ten_minutes(services: Services, clock: Clock) -> None:
    await drafted(services)
    await announcing.use(services, ANA, "Another text.")

    waiting = await announcing.take_back(services, replace(ANA, by="U0FINN", request_key="press-2"))
    clock.leap(timedelta(hours=1))
    await settle(services)

    change = await only(services)
    assert waiting == Announcement(1, "Saved filters", "Another text.", ChangeState.DRAFTED)
    assert (change.state, change.by_id, change.decided_at) == (ChangeState.DRAFTED, None, None)
    assert [(kind, undone) for kind, _, _, undone in await decisions(services)] == [
        ("announce", True),
        ("revise", False),
    ]
    assert (await announcing.use(services, replace(ANA, request_key="press-3"))).state is ChangeState.APPROVED


async def test_word_cannot_be_taken_back_once_it_is_announced(services: Services, clock: Clock) -> None:
    await drafted(services)
    await announcing.use(services, ANA)
    clock.leap(TAKE_BACK_WITHIN)
    await settle(services)

    with pytest.raises(Conflict, match="“Saved filters” is announced: that can be taken back for 10 minutes only"):
        await announcing.take_back(services, replace(ANA, request_key="press-2"))


async def test_word_is_taken_back_once_when_two_try(services: Services) -> None:
    await drafted(services)
    await announcing.use(services, ANA)
    await announcing.take_back(services, replace(ANA, request_key="press-2"))

    with pytest.raises(Conflict, match="waits for somebody's word again"):
        await announcing.take_back(services, replace(ANA, by="U0FINN", request_key="press-3"))


async def test_one_of_two_decides_when_both_press_at_once(services: Services) -> None:
    await drafted(services)
    finn = replace(ANA, by="U0FINN", request_key="press-2")

    done = await asyncio.gather(announcing.use(services, ANA), announcing.drop(services, finn), return_exceptions=True)

    (won,) = [one for one in done if isinstance(one, Announcement)]
    (lost,) = [one for one in done if isinstance(one, Conflict)]
    faster = "Ana" if won.state is ChangeState.APPROVED else "Finn"
    assert str(lost).startswith(f"{faster} decided before: “Saved filters” is ")
    assert len(await decisions(services)) == 1


async def test_same_press_twice_decides_once(services: Services) -> None:
    await drafted(services)

    twice = [await announcing.use(services, ANA), await announcing.use(services, ANA)]

    assert twice[0] == twice[1]
    assert (await only(services)).version == 2
    assert len(await decisions(services)) == 1


@pytest.mark.parametrize("act", [announcing.use, announcing.drop, announcing.read, announcing.take_back])
async def test_others_are_told_who_decides(services: Services, act: Any) -> None:
    await drafted(services)

    with pytest.raises(PermissionRefused, match=r"Only marketing, product managers and leads .* Ask Ana or Finn\."):
        await act(services, replace(ANA, by="U0BO"))

    assert (await only(services)).state is ChangeState.DRAFTED


async def test_administrator_decides_without_such_a_role(services: Services) -> None:
    await drafted(services)

    assert (await announcing.use(services, replace(ANA, by="U0ADA"))).state is ChangeState.APPROVED


async def test_change_that_is_not_known_is_refused(services: Services) -> None:
    await drafted(services)

    with pytest.raises(UserError, match="no longer known"):
        await announcing.use(services, replace(ANA, change_id=7))


async def test_digests_are_drawn_anew_after_each_step(services: Services, clock: Clock) -> None:
    await drafted(services)
    posted = DigestRun(
        audience_key="marketing", slot=Slot.RELEASE, period="release:1", due_at=clock.now, state=RunState.POSTED
    )
    await services.database.write(services.workspace, lambda session: session.add(posted))

    await announcing.use(services, ANA)
    await announcing.take_back(services, replace(ANA, request_key="press-2"))
    await announcing.drop(services, replace(ANA, request_key="press-3"))

    jobs = await read(services, lambda session: list(session.exec(select(Job).where(Job.kind == "redraw_digests"))))
    assert [job.payload for job in jobs] == [{"subject": "change:1"}] * 3
