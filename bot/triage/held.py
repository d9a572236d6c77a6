"""Reports whose form was sent but which wait for "is it the same?": nothing typed is lost meanwhile."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from bot.errors import UserError
from bot.services import Services
from bot.triage.intake import Intake, NewReport, report_bug
from bot.triage.jobs import JobKind
from storage import record
from storage.database import WorkspaceSession
from storage.models import HeldReport, Severity, Source, Via
from storage.queue import NewJob, defer

REMIND_AFTER = timedelta(minutes=10)
# Whoever left a second step open was reminded; after a month they will not come back to it.
KEEP = timedelta(days=30)


async def hold(services: Services, new: NewReport, form_id: str) -> None:
    """Keep a report that waits for "is it the same?", so that nothing typed is lost; the same one once."""

    def unit(session: WorkspaceSession) -> None:
        if _held(session, form_id) is not None:
            return
        now = services.now()
        session.add(HeldReport(form_id=form_id, reporter=new.reporter, content=asdict(new), created_at=now))
        payload = {"form_id": form_id, "slack_user_id": new.reporter}
        when = now + REMIND_AFTER
        defer(session, NewJob(JobKind.REMIND_HELD, payload, unique_key=f"held:{form_id}", run_at=when))

    await services.database.write(services.workspace, unit)


async def file(services: Services, form_id: str, slack_user_id: str) -> Intake:
    """File the report that waits under `form_id`, for the person who wrote it."""
    held = await services.database.read(services.workspace, lambda session: _held(session, form_id))
    if held is None or held.reporter != slack_user_id:
        raise UserError("That report does not wait any more: it is filed already, or was never sent.")
    return await report_bug(services, NewReport(**_typed(held.content)))


async def title(services: Services, form_id: str) -> str:
    """Give the title of a report that still waits; empty when it is filed or its writer joined another."""

    def unit(session: WorkspaceSession) -> str:
        held = _held(session, form_id)
        if held is None or record.find_request(session, f"form:{form_id}") is not None:
            return ""
        return str(held.content["title"])

    return await services.database.read(services.workspace, unit)


def forget_old(session: WorkspaceSession, now: datetime) -> None:
    """Delete reports that waited for an answer a month ago; what was filed from them stays."""
    old = delete(HeldReport).where(col(HeldReport.workspace) == session.workspace)
    session.connection().execute(old.where(col(HeldReport.created_at) < now - KEEP))


def _held(session: WorkspaceSession, form_id: str) -> HeldReport | None:
    return session.exec(select(HeldReport).where(HeldReport.form_id == form_id)).first()


def _typed(content: dict[str, Any]) -> dict[str, Any]:
    """Give what was held its types again."""
    severity = content["severity"]
    return content | {
        "severity": Severity(severity) if severity else None,
        "source": Source(content["source"]),
        "via": Via(content["via"]),
        "attachments": tuple(content["attachments"]),
    }
