"""Whose turn it is: one of the team's people, and why; never one who is away, a bot, or has enough already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.routing.settings import Pick, Settings, Team

# The week that is counted as the first: a Monday.
_FIRST_WEEK = date(2024, 1, 1)


@dataclass(frozen=True)
class Crew:
    """How the people of a team stand, by Slack id: until when who is away, how many open reports each has."""

    away_until: Mapping[str, datetime] = field(default_factory=dict)
    open_reports: Mapping[str, int] = field(default_factory=dict)
    bots: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Picked:
    """The person, or None, and why in words; people stand in them by Slack id as `<@U0ANA>`."""

    person: str | None
    why: str


def pick(settings: Settings, team_key: str, crew: Crew, now: datetime) -> Picked:
    """Choose who gets a team's next report."""
    team = settings.teams[team_key]
    if team.pick is Pick.NONE or not team.people:
        return Picked(None, "")
    skipped: list[str] = []
    for person in _order(settings, team, crew, now):
        hindrance = _hindrance(settings, team, crew, person, now)
        if hindrance is None:
            return Picked(person, _why(team, person, skipped))
        skipped.append(f"<@{person}> {hindrance}")
    return Picked(None, f"nobody of {team.name or team_key} is free: {', '.join(skipped)}")


def week_of(team: Team, settings: Settings, now: datetime) -> int:
    """Count the weeks of a team, which begin on Monday in its own zone."""
    zone = ZoneInfo((team.working_hours or settings.working_hours).tz)
    return (now.astimezone(zone).date() - _FIRST_WEEK).days // 7


def _order(settings: Settings, team: Team, crew: Crew, now: datetime) -> list[str]:
    people = list(team.people)
    if team.pick is Pick.ROTATE_WEEKLY:
        turn = week_of(team, settings, now) % len(people)
        return people[turn:] + people[:turn]
    if team.pick is Pick.FEWEST_OPEN:
        return sorted(people, key=lambda person: crew.open_reports.get(person, 0))
    return people


def _hindrance(settings: Settings, team: Team, crew: Crew, person: str, now: datetime) -> str | None:
    """Say what keeps a person from getting one more report."""
    if person in crew.bots:
        return "is a bot"
    until = crew.away_until.get(person)
    if until is not None and until > now:
        zone = ZoneInfo((team.working_hours or settings.working_hours).tz)
        return f"is away until {until.astimezone(zone):%a %d %b}"
    capacity = capacity_of(settings, team, person)
    if capacity is not None and crew.open_reports.get(person, 0) >= capacity:
        return f"has {crew.open_reports.get(person, 0)} open reports already"
    return None


def capacity_of(settings: Settings, team: Team, person: str) -> int | None:
    """Give how many open reports a person gets at most; None is no limit."""
    own = settings.people[person].capacity if person in settings.people else None
    return team.capacity if own is None else own


def _why(team: Team, person: str, skipped: list[str]) -> str:
    said = {
        Pick.FIRST: f"<@{person}> comes first",
        Pick.ROTATE_WEEKLY: f"<@{person}> has this week's turn",
        Pick.FEWEST_OPEN: f"<@{person}> has the fewest open reports",
    }[team.pick]
    return f"{said} ({', '.join(skipped)})" if skipped else said
