"""The settings file, mirrored into tables, so that a rule reads teams in its own transaction."""

from sqlmodel import select

from bot.routing.settings import Settings
from storage import people
from storage.database import WorkspaceSession
from storage.models import Component, Team

# The job that reads from Slack who is in a team's channel.
SYNC_MEMBERS = "sync_members"


def keep_settings(session: WorkspaceSession, settings: Settings) -> None:
    """Write teams and components as the file has them; those no longer in it are removed."""
    for gone_team in (row for row in session.exec(select(Team)).all() if row.key not in settings.teams):
        session.delete(gone_team)
    for gone in (row for row in session.exec(select(Component)).all() if row.key not in settings.components):
        session.delete(gone)
    for key, team in settings.teams.items():
        kept = people.team(session, key) or Team(key=key, name=team.name or key)
        named = team.channel
        # A channel given by name was looked up before: keep its id until it is looked up again.
        if not named.startswith("#") or not kept.channel_id:
            kept.channel_id = named
        kept.name = team.name or key.replace("-", " ").capitalize()
        kept.open_to_channel = not team.people
        kept.members = list(team.people) or kept.members
        session.add(kept)
    for key, component in settings.components.items():
        part = people.component(session, key) or Component(key=key, name=key, team_key=component.owner)
        part.name = component.name or key.replace("-", " ").capitalize()
        part.team_key = component.owner
        part.tracker = dict([settings.target_of(key)])
        session.add(part)
    for slack_user_id, member in settings.people.items():
        if member.role is not None:
            # What the file says of somebody goes before what they said themselves.
            person = people.meet(session, slack_user_id)
            person.role, person.role_known = member.role, True
            session.add(person)


def keep_channel(session: WorkspaceSession, key: str, *, channel_id: str, members: list[str]) -> None:
    """Write what Slack says of a team's channel: its id, and who may decide."""
    team = people.team(session, key)
    if team is not None:
        team.channel_id = channel_id
        team.members = members
        session.add(team)
