"""Queries over people, teams and components."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select as sql_select
from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import Component, Person, Role, Team


def meet(session: WorkspaceSession, slack_user_id: str, name: str = "") -> Person:
    """Find a person by Slack id, or remember a new one."""
    person = session.exec(select(Person).where(Person.slack_user_id == slack_user_id)).first()
    if person is None:
        person = Person(slack_user_id=slack_user_id, name=name)
        session.add(person)
        session.flush()
    return person


def meet_bot(session: WorkspaceSession, slack_user_id: str, name: str) -> Person:
    """Find a program by its Slack id, or remember it; nobody tells it anything."""
    person = meet(session, slack_user_id, name)
    person.is_bot = True
    session.add(person)
    return person


def known(session: WorkspaceSession, slack_user_id: str) -> Person | None:
    """Find a person by Slack id, if we have met them."""
    return session.exec(select(Person).where(Person.slack_user_id == slack_user_id)).first()


def by_id(session: WorkspaceSession, ids: Iterable[int | None]) -> dict[int, Person]:
    """Load people by their ids."""
    wanted = {one for one in ids if one is not None}
    people = session.exec(select(Person).where(col(Person.id).in_(wanted)))
    return {person.id: person for person in people if person.id is not None}


def by_account(session: WorkspaceSession, tracker: str, key: str, email: str) -> Person | None:
    """Find whose account in a tracker this is: as was learnt, else by e-mail address."""
    for person in session.exec(select(Person).where(Person.email != "")):
        known = person.tracker_accounts.get(tracker)
        if known == key or (not known and email and person.email.casefold() == email.casefold()):
            return person
    return None


def team(session: WorkspaceSession, key: str) -> Team | None:
    """Find a team by its key."""
    return session.exec(select(Team).where(Team.key == key)).first()


def component(session: WorkspaceSession, key: str | None) -> Component | None:
    """Find a component by its key."""
    if key is None:
        return None
    return session.exec(select(Component).where(Component.key == key)).first()


def components(session: WorkspaceSession) -> list[Component]:
    """List all components by name."""
    return list(session.exec(select(Component).order_by(col(Component.name))))


def component_names(session: WorkspaceSession) -> dict[str, str]:
    """Map the key of each component to its name; faster than whole rows."""
    found = session.execute(sql_select(col(Component.key), col(Component.name)))
    return {row.key: row.name for row in found}


def teams(session: WorkspaceSession) -> list[Team]:
    """List all teams, in the order of the settings file."""
    return list(session.exec(select(Team).order_by(col(Team.id))))


def with_role(session: WorkspaceSession, role: Role) -> list[Person]:
    """List the people who do this in the team."""
    return list(session.exec(select(Person).where(Person.role == role)))


def away(session: WorkspaceSession) -> dict[str, datetime]:
    """Map the Slack id of everybody who said they are away to the moment they are back, past or not."""
    found = session.exec(select(Person).where(col(Person.away_until).is_not(None)))
    return {person.slack_user_id: person.away_until for person in found if person.away_until is not None}


def bots(session: WorkspaceSession) -> frozenset[str]:
    """List the Slack ids of programs."""
    return frozenset(session.exec(select(Person.slack_user_id).where(col(Person.is_bot))))


def names(session: WorkspaceSession) -> dict[str, str]:
    """Map the Slack id of everybody whose name we know to that name."""
    found = session.exec(select(Person).where(Person.name != ""))
    return {person.slack_user_id: person.name for person in found}
