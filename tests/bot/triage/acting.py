"""The people of the tests of the rules, and what they do first."""

from typing import Any

from sqlmodel import col, select

from bot.services import Services
from bot.triage import workflow
from bot.triage.decisions import Order
from storage import people, record, reports
from storage.models import Job, Resolution, Role, Severity, Via
from tests.conftest import read, report

BO, FINN, EVE, DEV, ANA, ADMIN = "U0BO", "U0FINN", "U0EVE", "U0DEV", "U0ANA", "U0ADA"


def order(report_id: int, by: str = BO, key: str | None = None) -> Order:
    return Order(report_id, by, Via.BUTTON, key)


async def filed(services: Services, title: str = "Checkout button is dead", **more: Any) -> int:
    return (await report(services, title, **more)).report_id


async def accepted(services: Services, title: str = "Checkout button is dead", **more: Any) -> int:
    report_id = await filed(services, title, **more)
    await workflow.accept(services, order(report_id), severity=Severity.S3, component_key="checkout")
    return report_id


async def fixed(services: Services, **more: Any) -> int:
    report_id = await accepted(services, **more)
    await workflow.fix(services, order(report_id), build="2.4.1", how_to_check="Press it")
    return report_id


async def declined(services: Services, by: str = BO) -> int:
    report_id = await filed(services)
    await workflow.decline(services, order(report_id, by), resolution=Resolution.NOT_A_BUG, reason="As designed")
    return report_id


async def audit(services: Services, report_id: int) -> list[str]:
    events = await read(services, lambda session: record.timeline(session, report_id))
    return [event.action for event in events]


async def jobs_of(services: Services, kind: str) -> list[Job]:
    return await read(services, lambda one: list(one.exec(select(Job).where(Job.kind == kind).order_by(col(Job.id)))))


async def make_tester(services: Services, slack_user_id: str) -> None:
    def unit(session: Any) -> None:
        person = people.meet(session, slack_user_id)
        person.role = Role.QA
        session.add(person)

    await services.database.write(services.workspace, unit)


async def followers(services: Services, report_id: int) -> list[str]:
    def unit(session: Any) -> list[str]:
        found = reports.followers(session, report_id)
        persons = people.by_id(session, (one.person_id for one in found))
        return [persons[one.person_id].slack_user_id for one in found]

    return await read(services, unit)
