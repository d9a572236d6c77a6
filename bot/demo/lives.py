"""What became of each report of the past: who decided what on it, when; the same at each start, but for the date."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bot.demo.past_bugs import PastBug
from bot.demo.shipping import build_for
from bot.triage.states import Action
from storage.models import Resolution, Severity

_SEED = 2026
# The last of the past: what is newer is told by the stories.
FIRST_DAYS_AGO, LAST_DAYS_AGO = 83.0, 1.6
_SATURDAY = 5
# Hours of the day in UTC.
_BEGIN, _END = 7, 17
_NEXT = {
    "checkout": "Buy something with the test card, on staging.",
    "invoices": "Make an invoice for the customer “Testing & Sons”.",
    "search": "Search for “lamp” and look at the first page.",
    "sign-in": "Sign out, and in again as test-6.",
    "web": "Look at it on a phone and on a wide screen.",
}
_TRIAGERS = {"checkout": ("U0FINN", "U0BO", "U0ANA"), "invoices": ("U0FINN", "U0BO", "U0ANA")}
_OTHERS = ("U0ANA", "U0BO", "U0CLEO")
_BUILDERS = ("U0BO", "U0BO", "U0CLEO", "U0FINN")
_FIX_DAYS = {Severity.S1: 0.2, Severity.S2: 2.5, Severity.S3: 5.0, Severity.S4: 9.0}
_REASONS = {
    Resolution.BY_DESIGN: "That is how it is meant to be, and the help page says so.",
    Resolution.CANNOT_REPRODUCE: "Tried it on three machines with the same account, and it works on all of them.",
    Resolution.WILL_NOT_FIX: "It goes away with the new template in spring.",
    Resolution.NOT_A_BUG: "The customer had an old bookmark. Support has told them.",
}
_FAILED = "It is better, and happens still on the second try."


@dataclass(frozen=True)
class Step:
    """A decision on a report: `facts` are what its row keeps beside it."""

    action: Action
    by: str
    at: datetime
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Life:
    """A report of the past, from its first word to where it stands now."""

    bug: PastBug
    reporter: str
    created_at: datetime
    steps: tuple[Step, ...]


def lives(bugs: Sequence[PastBug], now: datetime) -> list[Life]:
    """Tell what became of each, oldest first; what would come after now has not happened yet."""
    chance = Random(_SEED)  # noqa: S311 - no secret: the same story at each start
    span = (FIRST_DAYS_AGO - LAST_DAYS_AGO) / max(len(bugs) - 1, 1)
    begun: dict[str, datetime] = {}
    found = []
    for number, bug in enumerate(bugs):
        created = _at_work(now - timedelta(days=FIRST_DAYS_AGO - number * span), chance, latest=now)
        if bug.copy_of:
            created = max(created, begun[bug.copy_of] + timedelta(hours=1))
        begun[bug.title] = created
        reporter = chance.choice(("U0EVE", "U0EVE", "U0EVE", "U0DEV", "U0DEV", "U0ANA", "U0FINN"))
        steps = _steps(bug, created, chance, now)
        found.append(Life(bug, reporter, created, tuple(steps)))
    return sorted(found, key=lambda one: one.created_at)


def _steps(bug: PastBug, created: datetime, chance: Random, now: datetime) -> list[Step]:
    at, latest = created, now - timedelta(minutes=30)
    found: list[Step] = []
    for plan in _plan(bug, chance):
        at = _at_day(at + timedelta(hours=plan.hours * chance.uniform(0.5, 1.5)))
        if not found:
            # Somebody looked at once, be it on a Sunday: what waits for a decision is told by the stories.
            at = min(at, created + (latest - created) / 2)
        if at >= latest:
            break
        facts = {"build": build_for(at, now)} if plan.action is Action.FIX else plan.facts
        found.append(Step(plan.action, plan.by, at, plan.reason, facts))
    return found


@dataclass(frozen=True)
class _Plan:
    action: Action
    by: str
    hours: float
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def _plan(bug: PastBug, chance: Random) -> list[_Plan]:
    """Say what is to become of a report: about three in four are fixed, one of them in eight comes back."""
    triager = chance.choice(_TRIAGERS.get(bug.component, _OTHERS))
    triage = 0.4 if bug.severity is Severity.S1 else chance.choice((2.0, 3.0, 5.0, 8.0, 14.0))
    if bug.copy_of:
        return [_Plan(Action.DUPLICATE, triager, triage, facts={"original": bug.copy_of})]
    fate = chance.random()
    if fate < 0.12 and bug.severity in {Severity.S3, Severity.S4}:
        resolution = chance.choice(tuple(_REASONS))
        return [_Plan(Action.DECLINE, triager, triage, _REASONS[resolution], {"resolution": resolution})]
    accepted = [_Plan(Action.ACCEPT, triager, triage)]
    if fate < 0.2 and bug.severity in {Severity.S3, Severity.S4}:
        return accepted
    builder = triager if triager in _BUILDERS else chance.choice(_allowed(bug.component))
    days = _FIX_DAYS[bug.severity] * chance.uniform(0.4, 2.0)
    fix = _Plan(Action.FIX, builder, days * 20, facts={})
    worked = [_Plan(Action.TAKE, builder, 4.0), _Plan(Action.START, builder, 6.0), fix]
    check = chance.choice((9.0, 16.0, 30.0, 48.0))
    if chance.random() < 0.12:
        worked += [_Plan(Action.FAIL, "U0DEV", check, _FAILED), _Plan(Action.FIX, builder, 22.0)]
    last = Action.SKIP if chance.random() < 0.06 else Action.VERIFY
    return [*accepted, *worked, _Plan(last, "U0DEV", check)]


def _allowed(component: str) -> tuple[str, ...]:
    return ("U0BO", "U0BO", "U0FINN") if component in _TRIAGERS else ("U0BO", "U0BO", "U0CLEO")


def how_to_check(bug: PastBug) -> str:
    """Say how a fix in this part of the shop is checked."""
    return _NEXT[bug.component]


def _at_work(at: datetime, chance: Random, latest: datetime) -> datetime:
    """Give a moment of that day at which people work, or of the Monday after it."""
    shown = at.replace(hour=chance.randrange(_BEGIN, _END), minute=chance.randrange(60), second=0, microsecond=0)
    return min(_at_day(shown), latest - timedelta(days=LAST_DAYS_AGO - 0.5))


def _at_day(at: datetime) -> datetime:
    """Move what falls into a night or a weekend to the morning after it."""
    if at.hour >= _END:
        at = (at + timedelta(days=1)).replace(hour=_BEGIN)
    elif at.hour < _BEGIN:
        at = at.replace(hour=_BEGIN)
    return at + timedelta(days=7 - at.weekday()) if at.weekday() >= _SATURDAY else at
