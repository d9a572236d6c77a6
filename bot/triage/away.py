"""Who is away until when, in their own zone; meanwhile new reports go to others."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import PermissionRefused, UserError
from bot.routing.settings import Weekday
from bot.services import Services
from bot.triage.cards import Who, who
from storage import people, reports
from storage.database import WorkspaceSession
from storage.models import AuditEvent, Person, Via

PERSON = "person"
# More is a slip of the finger.
LONGEST = timedelta(days=366)
HOW = "Say until when, such as `/liaison away until mon`, `until 2026-12-01`, `3 days`, or `back`."
_SPAN = re.compile(r"(\d{1,3}) (day|week)s?")


@dataclass(frozen=True)
class AwayOrder:
    """Who asks that whom be away until when; `until` is as it was typed."""

    by: str
    whom: str
    until: str


@dataclass(frozen=True)
class Absence:
    """Until when somebody is away, None when they are here, and how many open reports they have."""

    who: Who
    until: datetime | None
    zone: str
    open_reports: int


async def set_away(services: Services, order: AwayOrder) -> Absence:
    """Have somebody be away until a day begins for them, or be back.

    Raises:
        UserError: the day cannot be read, has passed, or is too far ahead.
        PermissionRefused: only an admin or the lead of their team may say so of somebody else.
    """

    def unit(session: WorkspaceSession) -> Absence:
        person = people.meet(session, order.whom)
        _require_right(session, services, order)
        until = _moment(order.until, services.now(), person)
        before = _shown(person.away_until)
        person.away_until = until
        session.add(person)
        by = people.meet(session, order.by)
        event = AuditEvent(
            at=services.now(),
            actor_id=by.id,
            via=Via.COMMAND,
            subject_type=PERSON,
            subject_id=_id(person),
            action="away",
        )
        event.before, event.after = {"away_until": before}, {"away_until": _shown(until)}
        session.add(event)
        return _absence(session, person, services.now())

    return await services.database.write(services.workspace, unit)


async def read_absence(services: Services, slack_user_id: str) -> Absence:
    """Say whether somebody is away."""
    now = services.now()
    return await services.database.write(
        services.workspace, lambda session: _absence(session, people.meet(session, slack_user_id), now)
    )


def is_away(person: Person, now: datetime) -> bool:
    """Say whether somebody is away now."""
    return person.away_until is not None and person.away_until > now


def zone_of(person: Person) -> ZoneInfo:
    """Give the time zone of a person; UTC where Slack names one that is not known here."""
    try:
        return ZoneInfo(person.tz or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def parse_day(words: str, today: date) -> date | None:
    """Read the day somebody is back on: a date, a weekday, `tomorrow`, `3 days`; None for `back`.

    Raises:
        UserError: it is no day, or not one to come within a year.
    """
    said = " ".join(words.lower().split()).removeprefix("until ").removeprefix("for ").removeprefix("next ")
    if said in {"back", "today", "now"}:
        return None
    day = _named_day(said, today) or _written_day(said)
    if day is None:
        raise UserError(HOW)
    if day <= today:
        raise UserError("That day has passed. " + HOW)
    if day - today > LONGEST:
        raise UserError("That is more than a year ahead. " + HOW)
    return day


def _named_day(said: str, today: date) -> date | None:
    if said == "tomorrow":
        return today + timedelta(days=1)
    span = _SPAN.fullmatch(said)
    if span:
        return today + timedelta(days=int(span[1]) * (7 if span[2] == "week" else 1))
    weekdays = [day for day in Weekday if said == day or (len(said) > 2 and _FULL[day].startswith(said))]
    if not weekdays:
        return None
    ahead = (list(Weekday).index(weekdays[0]) - today.weekday()) % 7
    return today + timedelta(days=ahead or 7)


def _written_day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _moment(words: str, now: datetime, person: Person) -> datetime | None:
    """Give the beginning of the day somebody is back on, by their own clock."""
    zone = zone_of(person)
    day = parse_day(words, now.astimezone(zone).date())
    return datetime.combine(day, time(), zone).astimezone(UTC) if day else None


def _require_right(session: WorkspaceSession, services: Services, order: AwayOrder) -> None:
    settings = services.settings
    leads = {team.lead for key, team in settings.teams.items() if order.whom in _members(session, key)}
    allowed = {order.whom, *settings.roles.admin, *(lead for lead in leads if lead)}
    if order.by in allowed:
        return
    others = sorted(allowed - {order.whom})
    names = [people.meet(session, one).name or one for one in others]
    who_may = " or ".join(["they themselves", *names])
    raise PermissionRefused(f"Only {who_may} may say so. Ask one of them.")


def _members(session: WorkspaceSession, team_key: str) -> list[str]:
    team = people.team(session, team_key)
    return team.members if team else []


def _absence(session: WorkspaceSession, person: Person, now: datetime) -> Absence:
    shown = who(person)
    assert shown is not None
    until = person.away_until if is_away(person, now) else None
    return Absence(shown, until, zone_of(person).key, reports.count_open_by_owner(session).get(_id(person), 0))


def _shown(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _id(person: Person) -> int:
    assert person.id is not None
    return person.id


_FULL = {
    Weekday.MON: "monday",
    Weekday.TUE: "tuesday",
    Weekday.WED: "wednesday",
    Weekday.THU: "thursday",
    Weekday.FRI: "friday",
    Weekday.SAT: "saturday",
    Weekday.SUN: "sunday",
}
