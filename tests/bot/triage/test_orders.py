"""One order, one effect: repeated, refused, overtaken; and the changes that are no decisions."""

from typing import Any

import pytest
from sqlmodel import select

from bot.errors import Conflict, PermissionRefused
from bot.services import Services
from bot.triage import editing, workflow
from storage import record
from storage.models import AuditEvent, Decision, Job, Report, Resolution, Via
from storage.models.people import Person
from tests.bot.triage.acting import (
    BO,
    DEV,
    EVE,
    FINN,
    accepted,
    audit,
    filed,
    order,
)
from tests.conftest import kept, read, report


async def test_request_is_one_decision_when_it_arrives_twice(services: Services) -> None:
    report_id = await filed(services)
    twice = order(report_id, key="action:1")

    cards = [await workflow.ask(services, twice, question="Which browser?") for _ in range(2)]

    assert cards[0] == cards[1]
    assert await audit(services, report_id) == ["file", "ask"]


async def test_report_is_one_when_its_form_arrives_twice(services: Services) -> None:
    both = [await report(services, "Cart is empty", request_key="form:1") for _ in range(2)]

    assert [one.is_new for one in both] == [True, False]
    assert both[0].report_id == both[1].report_id


async def test_refused_person_leaves_one_line_in_the_log_and_nothing_else(services: Services) -> None:
    report_id = await filed(services)
    before = await snapshot(services)

    with pytest.raises(PermissionRefused, match="Only Checkout may decide on BUG-1"):
        await workflow.decline(services, order(report_id, DEV), resolution=Resolution.NOT_A_BUG, reason="No")

    assert await audit(services, report_id) == ["file", "refused:decline"]
    assert await snapshot(services) == before


async def test_refused_person_leaves_one_line_in_the_log_when_it_was_no_decision(services: Services) -> None:
    report_id = await filed(services)

    with pytest.raises(PermissionRefused):
        await editing.set_private(services, order(report_id, DEV), private=True)

    assert await audit(services, report_id) == ["file", "refused:make_private"]


async def snapshot(services: Services) -> tuple[list[Any], ...]:
    """Give every report, decision and job there is."""

    def unit(session: Any) -> tuple[list[Any], ...]:
        return tuple([row.model_dump() for row in session.exec(select(table))] for table in (Report, Decision, Job))

    return await read(services, unit)


async def test_second_person_is_told_who_was_faster_when_two_decide_at_once(services: Services) -> None:
    def unit(session: Any) -> None:
        session.add(Person(slack_user_id=FINN, name="Finn Baker"))

    await services.database.write(services.workspace, unit)
    report_id = await filed(services)
    await workflow.ask(services, order(report_id, FINN), question="Which browser?")

    with pytest.raises(Conflict) as told:
        await workflow.snooze(services, order(report_id, BO), until=None, more_hits=1)

    assert str(told.value) == ("Finn Baker was faster: BUG-1 is needs info now (asked for more). Nothing was changed.")


async def test_person_is_not_told_of_somebody_faster_when_it_was_themselves(services: Services) -> None:
    report_id = await filed(services)
    await workflow.ask(services, order(report_id), question="Which browser?")

    with pytest.raises(Conflict, match=r"BUG-1 is needs info already \(asked for more by you\)"):
        await workflow.ask(services, order(report_id), question="Which browser?")


async def test_end_of_a_text_stays_when_its_beginning_is_corrected(services: Services) -> None:
    report_id = await filed(services, what="a" * 3_000 + "the end", expected="short")

    words = editing.Words(title="Cart", what="b" * 10, expected="")
    await editing.edit(services, order(report_id, EVE), words)

    found = await kept(services, report_id)
    assert (found.title, found.what, found.expected) == ("Cart", "b" * 10 + "the end", "")
    assert await audit(services, report_id) == ["file", "edit"]


async def test_long_first_line_is_kept_once_when_it_is_also_the_beginning_of_the_text(services: Services) -> None:
    whole = "word " * 100 + "\nand more"

    report_id = await filed(services, "word " * 100, what=whole)

    found = await kept(services, report_id)
    assert found.what == whole
    assert len(found.title) <= 200


async def test_audit_event_holds_before_and_after_when_a_report_is_accepted(services: Services) -> None:
    report_id = await accepted(services)

    events: list[AuditEvent] = await read(services, lambda session: record.timeline(session, report_id))

    assert (events[-1].via, events[-1].before, events[-1].after) == (
        Via.BUTTON,
        {"state": "new", "component": "checkout", "private": False},
        {"state": "accepted", "severity": "S3", "component": "checkout", "private": False},
    )
