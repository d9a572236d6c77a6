"""`/liaison who`: the team of a part, of a path or by name; its people, whose turn it is, who is away, who has room."""

import difflib
from dataclasses import dataclass
from datetime import datetime

from bot.errors import UserError
from bot.routing import rotation
from bot.routing.owned_paths import owned_file
from bot.routing.settings import Settings
from bot.services import Services
from bot.triage import ownership
from bot.triage.away import zone_of
from bot.triage.cards import Who, who
from storage import people
from storage.database import WorkspaceSession
from storage.models import Person


@dataclass(frozen=True)
class MemberLine:
    """One of a team's people; `capacity` is how many open reports they get at most, None is no limit."""

    who: Who
    away_until: datetime | None
    zone: str
    open_reports: int
    capacity: int | None


@dataclass(frozen=True)
class TeamAnswer:
    """Who has a part of the product. `turn` says whose turn it is now and why; empty where nobody is assigned."""

    component: str
    team: str
    channel: str
    lead: Who | None
    members: tuple[MemberLine, ...]
    turn: str


async def find_team(services: Services, asked: str) -> TeamAnswer:
    """Say who has a component, a team's parts, or a file.

    Raises:
        UserError: there is no such component, team or owned file; says which there are.
    """
    settings = services.settings
    component_key, team_key = _find(settings, asked.strip())

    def unit(session: WorkspaceSession) -> TeamAnswer:
        team, kept = settings.teams[team_key], people.team(session, team_key)
        component = people.component(session, component_key)
        return TeamAnswer(
            component=component.name if component else "",
            team=kept.name if kept else team_key,
            channel=kept.channel_id if kept else team.channel,
            lead=who(people.meet(session, team.lead)) if team.lead else None,
            members=tuple(_members(session, services, team_key, kept.members if kept else [])),
            turn=ownership.pick_owner(session, services, team_key).why,
        )

    return await services.database.write(services.workspace, unit)


def _members(
    session: WorkspaceSession, services: Services, team_key: str, slack_user_ids: list[str]
) -> list[MemberLine]:
    crew, team = ownership.read_crew(session), services.settings.teams[team_key]
    met = [people.meet(session, one) for one in slack_user_ids]
    return [
        MemberLine(
            _named(person),
            until if (until := person.away_until) and until > services.now() else None,
            zone_of(person).key,
            crew.open_reports.get(person.slack_user_id, 0),
            rotation.capacity_of(services.settings, team, person.slack_user_id),
        )
        for person in met
        if not person.is_bot
    ]


def _find(settings: Settings, asked: str) -> tuple[str | None, str]:
    """Find (component, team) by key or name, or by a file that a component owns."""
    wanted = asked.casefold()
    for key, component in settings.components.items():
        if wanted in {key.casefold(), component.name.casefold()} - {""}:
            return key, component.owner
    for key, team in settings.teams.items():
        if wanted in {key.casefold(), team.name.casefold()} - {""}:
            return None, key
    owned = owned_file(settings, asked)
    if owned is None:
        raise UserError(_unknown(settings, asked))
    return owned.component, owned.team


def _unknown(settings: Settings, asked: str) -> str:
    known = [*settings.components, *settings.teams]
    listed = ", ".join(dict.fromkeys(known))
    if not asked:
        return f"Say which part, team or file: {listed}."
    near = difflib.get_close_matches(asked.lower(), known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {listed}."
    return f"No part, team or owned file is called “{asked[:80]}”. {hint}"


def _named(person: Person) -> Who:
    found = who(person)
    assert found is not None
    return found
