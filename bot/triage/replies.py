"""Finding the report a reporter's message answers."""

from bot.services import Services
from storage import people, reports
from storage.database import WorkspaceSession
from storage.models import Report, ReportState


async def find_question_in_thread(services: Services, channel: str, thread_ts: str, slack_user_id: str) -> int | None:
    """Find the report whose card or message this thread is on and whose reporter is asked; gives its id."""

    def unit(session: WorkspaceSession) -> int | None:
        report = reports.by_card(session, channel, thread_ts) or reports.by_message(session, channel, thread_ts)
        return report.id if report and _asked(session, report, slack_user_id) else None

    return await services.database.write(services.workspace, unit)


async def find_questions(services: Services, slack_user_id: str) -> list[tuple[int, str]]:
    """List the reports of a person that wait for their answer, as (id, key)."""

    def unit(session: WorkspaceSession) -> list[tuple[int, str]]:
        person = people.meet(session, slack_user_id)
        assert person.id is not None
        mine = reports.reported_by(session, person.id, limit=50)
        return [(one.id or 0, one.key) for one in mine if _asked(session, one, slack_user_id)]

    return await services.database.write(services.workspace, unit)


def _asked(session: WorkspaceSession, report: Report, slack_user_id: str) -> bool:
    person = people.meet(session, slack_user_id)
    return report.state is ReportState.NEEDS_INFO and report.reporter_id == person.id
