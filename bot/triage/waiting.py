"""What time does to reports: snoozed ones wake, unanswered questions are warned about and closed."""

from datetime import date, datetime, timedelta

from bot.errors import UserError
from bot.routing.working_time import calendar_of, start_of_day
from bot.services import Services
from bot.triage import jobs
from bot.triage.decisions import SYSTEM_USER, Change, decide_by_rule, load
from bot.triage.hits import wake_up
from bot.triage.jobs import JobKind
from bot.triage.states import Action
from bot.triage.workflow import close_as
from storage import people, record, reports
from storage.database import WorkspaceSession
from storage.models import Report, ReportState, Resolution, Severity

# A report that stops work or the main thing is never closed for silence.
_NEVER_CLOSED = {Severity.S1, Severity.S2}
# The warning says so. Ten days before it and these make the 14 days of silence.
CLOSE_AFTER_WARNING = timedelta(days=4)
LONGEST_SNOOZE = timedelta(days=366)


async def wake_report(services: Services, report_id: int, version: int) -> None:
    """Wake a report whose snooze ran out, if it still sleeps the same sleep."""

    def unit(session: WorkspaceSession) -> None:
        report = _unchanged(session, report_id, version, ReportState.SNOOZED)
        if report is None:
            return
        decide_by_rule(_change(session, services, report), Action.WAKE, wake_up)

    await services.database.write(services.workspace, unit)


async def close_no_answer(services: Services, report_id: int, version: int) -> None:
    """Close a report whose reporter never answered; never one rated S1 or S2."""

    def unit(session: WorkspaceSession) -> None:
        report = _unchanged(session, report_id, version, ReportState.NEEDS_INFO)
        if report is None or report.severity in _NEVER_CLOSED:
            return
        decide_by_rule(_change(session, services, report), Action.TIMEOUT, _close)

    await services.database.write(services.workspace, unit)


async def close_after_warning(services: Services, report_id: int, version: int) -> bool:
    """Say whether a report still waits for the same answer, so that its reporter is warned now.

    Then it is closed so long after the warning as the warning says, also when the warning comes late.
    """

    def unit(session: WorkspaceSession) -> bool:
        report = _unchanged(session, report_id, version, ReportState.NEEDS_INFO)
        if report is None or report.severity in _NEVER_CLOSED:
            return False
        when = services.now() + CLOSE_AFTER_WARNING
        jobs.look_again(session, JobKind.CLOSE_NO_ANSWER, report, version=version, when=when)
        return True

    return await services.database.write(services.workspace, unit)


async def morning(services: Services, report_id: int, day: date) -> datetime:
    """Give when the team of a report begins to work on a day, or on the next one it works.

    Raises:
        UserError: there is no such report, or the day is too far ahead.
    """

    def unit(session: WorkspaceSession) -> datetime:
        report = load(session, report_id)
        if day > (services.now() + LONGEST_SNOOZE).date():
            raise UserError("Choose a date within a year. After that, file it again with `/bug` if it is still there.")
        return start_of_day(calendar_of(services.settings, report.team_key), day)

    return await services.database.read(services.workspace, unit)


def _unchanged(session: WorkspaceSession, report_id: int, version: int, state: ReportState) -> Report | None:
    report = reports.get(session, report_id)
    if report is None or report.state is not state:
        return None
    asked = record.last_decision(session, report_id)
    # Joins raise the version without ending the wait; a newer decision does end it.
    return report if asked is not None and asked.facts.get("version") == version else None


def _change(session: WorkspaceSession, services: Services, report: Report) -> Change:
    return Change(session, services, report, people.meet(session, SYSTEM_USER, "Liaison"))


def _close(change: Change) -> None:
    close_as(change, Resolution.NO_ANSWER)
