"""Queries over people, teams and components."""

from collections.abc import Iterable

from sqlmodel import col, select

from storage.database import WorkspaceSession
from storage.models import Component, Person, Team


def meet(session: WorkspaceSession, slack_user_id: str, name: str = "") -> Person:
    """Find a person by Slack id, or remember a new one."""
    person = session.exec(select(Person).where(Person.slack_user_id == slack_user_id)).first()
    if person is None:
        person = Person(slack_user_id=slack_user_id, name=name)
        session.add(person)
        session.flush()
    return person


def by_id(session: WorkspaceSession, ids: Iterable[int | None]) -> dict[int, Person]:
    """Load people by their ids."""
    wanted = {one for one in ids if one is not None}
    people = session.exec(select(Person).where(col(Person.id).in_(wanted)))
    return {person.id: person for person in people if person.id is not None}


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


def teams(session: WorkspaceSession) -> list[Team]:
    """List all teams, in the order of the settings file."""
    return list(session.exec(select(Team).order_by(col(Team.id))))


def names(session: WorkspaceSession) -> dict[str, str]:
    """Map the Slack id of everybody whose name we know to that name."""
    found = session.exec(select(Person).where(Person.name != ""))
    return {person.slack_user_id: person.name for person in found}
