"""Who may do what. Fails closed: where it is not known who may, nobody may, and the refusal says so."""

from bot.errors import PermissionRefused
from bot.routing.settings import Settings
from bot.triage.states import Right
from storage import people
from storage.database import WorkspaceSession
from storage.models import Person, Report, Role


def require(session: WorkspaceSession, settings: Settings, person: Person, report: Report, right: Right) -> None:
    """Raise PermissionRefused, naming who may, unless a person has a right on a report."""
    if right is Right.ANYONE and not report.private:
        return
    if right in {Right.REPORTER, Right.TESTER} and report.reporter_id == person.id:
        return
    if right is Right.TESTER and person.role is Role.QA and not report.private:
        return
    if not is_triager(session, settings, person, report.team_key):
        raise PermissionRefused(_refusal(session, settings, report))


def may_see(session: WorkspaceSession, settings: Settings, person: Person, report: Report) -> bool:
    """Say whether a person may see a report: everybody, unless it is private."""
    if not report.private or report.reporter_id == person.id:
        return True
    return is_triager(session, settings, person, report.team_key)


def is_triager(session: WorkspaceSession, settings: Settings, person: Person, team_key: str) -> bool:
    """Say whether a person may decide on the reports of a team."""
    if person.slack_user_id in {*settings.roles.triage, *settings.roles.admin}:
        return True
    team = people.team(session, team_key)
    return team is not None and person.slack_user_id in team.members


def _refusal(session: WorkspaceSession, settings: Settings, report: Report) -> str:
    team = people.team(session, report.team_key)
    if team is None or not (team.members or settings.roles.triage or settings.roles.admin):
        return (
            f"Nobody may decide on {report.key} yet: its team has no people."
            " Ask whoever runs Liaison to list them in the settings file, or to invite Liaison to the channel."
        )
    named = _names(session, [*team.members, *settings.roles.triage])
    return f"Only {team.name} may decide on {report.key}: {named}. Ask one of them, or write in the card's thread."


def _names(session: WorkspaceSession, slack_user_ids: list[str]) -> str:
    names = [people.meet(session, one).name or one for one in dict.fromkeys(slack_user_ids)]
    if len(names) > 5:
        return ", ".join(names[:5]) + f" and {len(names) - 5} more"
    return " or ".join(names)
