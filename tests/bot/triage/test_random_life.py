"""Three hundred random actions by random people: every effect has its one line in the log, everything else has none."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlmodel import func, select

from bot.errors import PermissionRefused, UserError
from bot.services import Services
from bot.triage import editing, intake, workflow
from bot.triage.decisions import Order
from bot.triage.moving import Target
from bot.triage.states import TRANSITIONS
from storage.models import AuditEvent, Decision, Job, Report, ReportState, Resolution, Severity, Via
from tests.conftest import Clock, read, report

PEOPLE = ("U0BO", "U0FINN", "U0ANA", "U0EVE", "U0DEV", "U0ADA", "U0NOBODY")
Act = Callable[[Services, Order, Random], Awaitable[Any]]
WAYS = {(source, line.target) for line in TRANSITIONS for source in line.sources}


def _later(services: Services, random: Random) -> Any:
    return services.now() + timedelta(days=random.randint(-1, 9))


ACTS: dict[str, Act] = {
    "accept": lambda s, o, r: workflow.accept(
        s, o, severity=r.choice((None, *Severity)), component_key=r.choice((None, "search", "checkout", "gone"))
    ),
    "take": lambda s, o, r: workflow.take(s, o, severity=Severity.S3),
    "ask": lambda s, o, r: workflow.ask(s, o, question=r.choice(("Which browser?", " "))),
    "answer": lambda s, o, r: workflow.answer(s, o, words="Safari"),
    "duplicate": lambda s, o, r: workflow.mark_duplicate(s, o, of_number=r.randint(1, 9)),
    "decline": lambda s, o, r: workflow.decline(s, o, resolution=Resolution.NOT_A_BUG, reason="As designed"),
    "snooze": lambda s, o, r: workflow.snooze(s, o, until=_later(s, r)),
    "wake": lambda s, o, r: workflow.wake(s, o),
    "start": lambda s, o, r: workflow.start(s, o),
    "stop": lambda s, o, r: workflow.stop(s, o),
    "fix": lambda s, o, r: workflow.fix(s, o, build="2.4.1", how_to_check=""),
    "verify": lambda s, o, r: workflow.verify(s, o),
    "skip": lambda s, o, r: workflow.skip(s, o),
    "fail": lambda s, o, r: workflow.fail(s, o, note="Still dead"),
    "reopen": lambda s, o, r: workflow.reopen(s, o, note="It is back"),
    "undo": lambda s, o, r: workflow.undo(s, o),
    "withdraw": lambda s, o, r: workflow.withdraw(s, o),
    "edit": lambda s, o, r: editing.edit(s, o, editing.Words("New title", "what", "")),
    "assign": lambda s, o, r: editing.assign(s, o, owner="U0FINN"),
    "move": lambda s, o, r: editing.move(s, o, Target(r.choice(("search", "gone")))),
    "make_private": lambda s, o, r: editing.set_private(s, o, private=True),
    "make_public": lambda s, o, r: editing.set_private(s, o, private=False),
}


async def state_of(services: Services) -> dict[str, Any]:
    """Give what a refused action must leave as it was, and how much of the log there is."""

    def unit(session: Any) -> dict[str, Any]:
        counts = {
            table.__name__: session.exec(select(func.count()).select_from(table)).one() for table in (Decision, Job)
        }
        rows = {row.id: row.model_dump() for row in session.exec(select(Report))}
        actions = [event.action for event in session.exec(select(AuditEvent).order_by(AuditEvent.id))]
        return {"counts": counts, "reports": rows, "log": actions}

    return await read(services, unit)


async def attempt(services: Services, act: Act, order: Order, random: Random) -> str:
    try:
        await act(services, order, random)
    except PermissionRefused:
        return "refused"
    except UserError:
        return "impossible"
    return "done"


@pytest.mark.parametrize("seed", range(3))
async def test_every_effect_has_one_line_in_the_log_when_anybody_does_anything(
    services: Services, clock: Clock, seed: int
) -> None:
    random = Random(seed)
    for number in range(6):
        await report(services, f"Report {number}", severity=random.choice((None, *Severity)), private=number == 5)
    outcomes: dict[str, int] = {}
    for step in range(100):
        clock.leap(timedelta(minutes=random.randint(0, 30)))
        name = random.choice(tuple(ACTS))
        order = Order(random.randint(1, 6), random.choice(PEOPLE), Via.BUTTON, f"action:{step}")
        before = await state_of(services)

        outcome = await attempt(services, ACTS[name], order, random)

        after = await state_of(services)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        new_lines = after["log"][len(before["log"]) :]
        if outcome == "done":
            assert new_lines == [name]
            moved = [
                (before["reports"][at]["state"], row["state"])
                for at, row in after["reports"].items()
                if row["state"] != before["reports"][at]["state"]
            ]
            assert set(moved) <= WAYS
            assert await attempt(services, ACTS[name], order, random) == "done"
            assert await state_of(services) == after
        else:
            assert new_lines == ([f"refused:{name}"] if outcome == "refused" else [])
            assert {**after, "log": before["log"]} == before
    assert min(outcomes.values()) >= 10, outcomes


async def test_joins_count_each_person_once_when_they_come_again_and_again(services: Services) -> None:
    random = Random(7)
    report_id = (await report(services, "Cart is empty")).report_id

    for step in range(40):
        order = Order(report_id, random.choice(PEOPLE), Via.MODAL, f"form:{step}")
        await intake.join(services, order)

    found = (await state_of(services))["reports"][report_id]
    assert (found["hits"], found["state"]) == (len(PEOPLE), ReportState.NEW)
    assert (await state_of(services))["log"] == ["file", *["join"] * (len(PEOPLE) - 1)]
