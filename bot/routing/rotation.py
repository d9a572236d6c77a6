"""Whose turn it is: one of the team's people, and why; never one who is away, a bot, or has enough already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime
from zoneinfo import ZoneInfo

from bot.routing.settings import Pick, Settings, Team

MOST_NAMED = 4
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
    return Picked(None, f"nobody of {team.name or team_key} is free: {_some(skipped)}")


def week_of(team: Team, settings: Settings, now: datetime) -> int:
    """Count the weeks of a team, which begin on Monday in its own zone."""
    return (now.astimezone(_zone(settings, team)).date() - _FIRST_WEEK).days // 7


def zone_of(settings: Settings, team_key: str) -> ZoneInfo:
    """Give the time zone of a team."""
    return _zone(settings, settings.teams[team_key])


def _zone(settings: Settings, team: Team) -> ZoneInfo:
    return ZoneInfo((team.working_hours or settings.working_hours).tz)


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
        return _away(settings, team, until)
    capacity = capacity_of(settings, team, person)
    if capacity is not None and crew.open_reports.get(person, 0) >= capacity:
        return _full(crew.open_reports.get(person, 0), capacity)
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
    return f"{said} ({_some(skipped)})" if skipped else said


def _away(settings: Settings, team: Team, until: datetime) -> str:
    # The last year there is stands for no end, and no other zone can tell it.
    return "is away" if until.year == MAXYEAR else f"is away until {until.astimezone(_zone(settings, team)):%a %d %b}"


def _full(count: int, capacity: int) -> str:
    if not capacity:
        return "takes no reports"
    return f"has {count} open report{'s' * (count != 1)} already"


def _some(skipped: list[str]) -> str:
    """Name a few of those who were skipped."""
    more = len(skipped) - MOST_NAMED
    return ", ".join([*skipped[:MOST_NAMED], *([f"{more} more"] if more > 0 else [])])
