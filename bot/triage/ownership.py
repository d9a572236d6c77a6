"""Whose a report is: what the rules of the settings file and the rotation of the team make of it."""

import re
from dataclasses import dataclass

from bot.routing import rotation, rules
from bot.routing.rotation import Crew
from bot.routing.rules import Facts, Routing
from bot.routing.settings import Pick
from bot.services import Services
from storage import people, reports
from storage.database import WorkspaceSession
from storage.models import Person, Report, Role

_PERSON = re.compile(r"<@([UW][A-Z0-9]+)>")


@dataclass(frozen=True)
class Ownership:
    """What was decided of a report, who owns it if anybody, and why in words without mentions."""

    routing: Routing
    owner_id: int | None
    reason: str


@dataclass(frozen=True)
class Turn:
    """Whose turn it is in a team, None if nobody's, and why in words without mentions."""

    owner_id: int | None
    why: str


def decide(session: WorkspaceSession, services: Services, facts: Facts) -> Ownership:
    """Let the rules and the team's rotation say whose a report is."""
    routing = rules.route(services.settings, facts)
    if routing.owner is not None:
        owner = people.meet(session, routing.owner)
        return Ownership(routing, owner.id, rules.explain(routing, f"the rule names {owner.name or 'its owner'}"))
    turn = pick_owner(session, services, routing.team)
    return Ownership(routing, turn.owner_id, rules.explain(routing, turn.why))


def pick_owner(session: WorkspaceSession, services: Services, team_key: str) -> Turn:
    """Say whose turn it is in a team: nobody's who is away, a bot, or has enough already."""
    team = services.settings.teams.get(team_key)
    if team is None or team.pick is Pick.NONE:
        return Turn(None, "")
    picked = rotation.pick(services.settings, team_key, read_crew(session), services.now())
    owner = people.meet(session, picked.person) if picked.person else None
    return Turn(owner.id if owner else None, named(session, picked.why))


def read_crew(session: WorkspaceSession) -> Crew:
    """Read who is away until when, how many open reports each person has, and who is a bot."""
    counts = reports.count_open_by_owner(session)
    known = people.by_id(session, counts)
    return Crew(
        away_until=people.away(session),
        open_reports={person.slack_user_id: counts[key] for key, person in known.items()},
        bots=people.bots(session),
    )


def facts_of(session: WorkspaceSession, report: Report) -> Facts:
    """Give what a rule may look at of a report that is there; what its reporter chose was not kept."""
    reporter = people.by_id(session, (report.reporter_id,))[report.reporter_id]
    return Facts(
        title=report.title,
        text=text_of(report),
        url=report.url,
        channel=report.source_channel,
        reporter=reporter.slack_user_id,
        reporter_role=role_of(reporter),
        severity=report.severity,
    )


def text_of(report: Report) -> str:
    """Give all that was written of a report besides its title."""
    return "\n".join(part for part in (report.what, report.expected, report.steps) if part)


def role_of(person: Person) -> Role | None:
    """Give what a person does in the team, if they or the settings file said so."""
    return person.role if person.role_known else None


def named(session: WorkspaceSession, words: str) -> str:
    """Put names where words name people by their ids, so that nobody is notified."""

    def name(match: re.Match[str]) -> str:
        return people.meet(session, match[1]).name or match[1]

    return _PERSON.sub(name, words)
