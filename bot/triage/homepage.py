"""What App Home shows a person: what needs them, what they reported, and how reports find their team."""

from dataclasses import dataclass

from bot.services import Services
from bot.triage import permissions
from bot.triage.cards import ReportLine, read_lines
from bot.triage.rule_counts import RuleLine, read_rules
from storage import people, reports
from storage.database import WorkspaceSession
from storage.models import Person, Report, ReportState, Role


@dataclass(frozen=True)
class HomePage:
    """Both lists, most urgent first; the rules in their order. `asks_role`: nobody said what this person does."""

    needs_me: tuple[ReportLine, ...]
    reported: tuple[ReportLine, ...]
    rules: tuple[RuleLine, ...] = ()
    asks_role: bool = False


async def read_home(services: Services, slack_user_id: str) -> HomePage:
    """Read the Home of a person.

    *Needs me* holds questions to them, fixes of theirs to verify, what their team has not decided (what is due
    first), and what they own; a tester sees every fix that waits to be verified.
    """

    def unit(session: WorkspaceSession) -> HomePage:
        person = people.meet(session, slack_user_id)
        assert person.id is not None
        mine = reports.reported_by(session, person.id, limit=11)
        return HomePage(
            needs_me=tuple(read_lines(session, _needing(session, services, person, mine))),
            reported=tuple(read_lines(session, [one for one in mine if one.reporter_id == person.id])),
            rules=tuple(read_rules(session, services.settings, services.now())),
            asks_role=not person.role_known,
        )

    return await services.database.write(services.workspace, unit)


async def say_role(services: Services, slack_user_id: str, role: Role) -> None:
    """Keep what a person says they do; what the settings file says of them goes before it."""

    def unit(session: WorkspaceSession) -> None:
        person = people.meet(session, slack_user_id)
        member = services.settings.people.get(slack_user_id)
        person.role = (member.role if member else None) or role
        person.role_known = True
        session.add(person)

    await services.database.write(services.workspace, unit)


def _needing(session: WorkspaceSession, services: Services, person: Person, mine: list[Report]) -> list[Report]:
    assert person.id is not None
    asked = (ReportState.NEEDS_INFO, ReportState.FIXED)
    found = [report for report in mine if report.reporter_id == person.id and report.state in asked]
    undecided = reports.in_states(session, (ReportState.NEW,), limit=30)
    found += [one for one in undecided if permissions.is_triager(session, services.settings, person, one.team_key)]
    working = (ReportState.ACCEPTED, ReportState.IN_PROGRESS)
    owned = [one for one in reports.owned_by(session, person.id) if one.state in working]
    found += [one for one in owned if permissions.may_see(session, services.settings, person, one)]
    if person.role is Role.QA:
        to_verify = reports.in_states(session, (ReportState.FIXED,), limit=30)
        found += [one for one in to_verify if permissions.may_see(session, services.settings, person, one)]
    return list({report.id: report for report in found}.values())
