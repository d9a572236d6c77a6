"""How the rules of the settings file do: how often each decided, and how often a person knew better."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.routing.settings import Outcome, Settings
from storage import reports
from storage.database import WorkspaceSession

COUNTED = timedelta(days=28)
# A rule that was corrected more often than this among its last ten is to be looked at.
LAST = 10
MOST_CORRECTED = 3


@dataclass(frozen=True)
class RuleLine:
    """A rule as everybody may see it; of one that makes reports private nothing is counted."""

    number: int
    name: str
    leads_to: str
    private: bool
    hits: int
    corrected: int
    is_often_wrong: bool


def read_rules(session: WorkspaceSession, settings: Settings, now: datetime) -> list[RuleLine]:
    """List the rules in their order, with what they did in the last 28 days."""
    counts = reports.count_routed(session, now - COUNTED)
    found = []
    for number, route in enumerate(settings.routes, start=1):
        is_private = route.set.private
        hits, corrected = (0, 0) if is_private else counts.get(route.name, (0, 0))
        is_wrong = not is_private and is_often_wrong(session, route.name)
        found.append(
            RuleLine(number, route.name, _leads_to(settings, route.set), is_private, hits, corrected, is_wrong)
        )
    return found


def is_often_wrong(session: WorkspaceSession, rule: str) -> bool:
    """Say whether more than three of the last ten reports of a rule were moved to another team or component."""
    return sum(reports.last_routed(session, rule, limit=LAST)) > MOST_CORRECTED


def _leads_to(settings: Settings, outcome: Outcome) -> str:
    if outcome.component == "as-given":
        return "what its reporter chose"
    if outcome.component == "by-path":
        return "who owns the file it names"
    component = settings.components.get(outcome.component or "")
    team_key = outcome.team or (component.owner if component else "")
    team = settings.teams.get(team_key)
    names = [component.name or str(outcome.component)] if component else []
    names += [f"team {team.name or team_key}"] if team else []
    return ", ".join(names) or "nobody yet"
