"""What time does to reports: snoozed ones wake, unanswered questions are warned about and closed."""

from bot.services import Services
from bot.triage import jobs
from bot.triage.decisions import Change, Order, keep_audit, keep_decision
from bot.triage.states import Action
from storage import people, record, reports
from storage.database import WorkspaceSession
from storage.models import Report, ReportState, Resolution, Severity, Via

# A report that stops work or the main thing is never closed for silence.
_NEVER_CLOSED = {Severity.S1, Severity.S2}
SYSTEM_USER = "USLACKBOT"


async def wake_report(services: Services, report_id: int, version: int) -> None:
    """Wake a report whose snooze ran out, if it still sleeps the same sleep."""

    def unit(session: WorkspaceSession) -> None:
        report = _unchanged(session, report_id, version, ReportState.SNOOZED)
        if report is None:
            return
        report.snooze_until = report.wake_at_hits = None
        report.top_at = services.now()
        _by_time(session, services, report, Action.WAKE, ReportState.NEW)

    await services.database.write(services.workspace, unit)


async def close_no_answer(services: Services, report_id: int, version: int) -> None:
    """Close a report whose reporter never answered; never one rated S1 or S2."""

    def unit(session: WorkspaceSession) -> None:
        report = _unchanged(session, report_id, version, ReportState.NEEDS_INFO)
        if report is None or report.severity in _NEVER_CLOSED:
            return
        report.resolution, report.closed_at = Resolution.NO_ANSWER, services.now()
        _by_time(session, services, report, Action.TIMEOUT, ReportState.CLOSED)

    await services.database.write(services.workspace, unit)


async def is_still_waiting(services: Services, report_id: int, version: int) -> bool:
    """Say whether a report still waits for the same answer, so that its reporter is warned."""

    def unit(session: WorkspaceSession) -> bool:
        report = _unchanged(session, report_id, version, ReportState.NEEDS_INFO)
        return report is not None and report.severity not in _NEVER_CLOSED

    return await services.database.read(services.workspace, unit)


def _unchanged(session: WorkspaceSession, report_id: int, version: int, state: ReportState) -> Report | None:
    report = reports.get(session, report_id)
    if report is None or report.state is not state:
        return None
    asked = record.last_decision(session, report_id)
    # Joins raise the version without ending the wait; a newer decision does end it.
    return report if asked is not None and asked.facts.get("version", version) == version else None


def _by_time(
    session: WorkspaceSession, services: Services, report: Report, action: Action, target: ReportState
) -> None:
    before = {"state": report.state}
    report.state = target
    report.version += 1
    session.add(report)
    change = Change(session, services, report, people.meet(session, SYSTEM_USER, "Liaison"))
    decision = keep_decision(change, action)
    assert report.id is not None
    keep_audit(change, Order(report.id, SYSTEM_USER, Via.SCHEDULE), action, before)
    jobs.after_decision(session, report, decision)
