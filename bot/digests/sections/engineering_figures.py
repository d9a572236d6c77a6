"""The week of those who build, in figures."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.digests import measures, words
from bot.digests.base import WINDOW, Scope
from bot.digests.facts import Facts, Figure, Rank
from bot.digests.measures import Compared
from bot.routing.working_sums import sums_over
from bot.routing.working_time import calendar_of
from storage import deliveries, figures, figures_times
from storage.database import WorkspaceSession
from storage.figures_times import Span
from storage.models import Slot

_DAYS = WINDOW.days
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Section:
    """Triage promise, time to triage, what waits for it, net flow, backlog age, cycle time and duplicates."""

    name: str = "engineering_figures"
    about: str = "Engineering, in figures"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read the figures of the week and of the 28 days until now."""
        triage, cycle = _triage_times(session, scope), _cycle_times(session, scope)
        found = (
            _promise(session, scope),
            measures.median_of("Time to triage", triage, with_p90=True),
            measures.waiting("Untriaged", scope.now, figures.untriaged(session)),
            _net_flow(session, scope),
            measures.backlog_age(figures.backlog_ages(session, scope.now, (0.5, 0.9))),
            measures.median_of("Cycle time", cycle),
            _duplicates(session, scope),
        )
        lead = (*measures.unusual(found), *measures.changed(triage), *measures.changed(cycle))
        return Facts(self.name, Rank.FIGURES, self.about, lead=lead, figures=found, is_news=False)


def _promise(session: WorkspaceSession, scope: Scope) -> Figure:
    """Count those decided in time among them and those that wait too long already; without a promise, none."""
    kept, decided = figures_times.promises(session, scope.back(_DAYS), scope.now)
    whole = decided + figures.count(session, *figures.overdue(scope.now))
    value = words.share(kept, whole) if whole else "nothing promised"
    return Figure("Triage promise kept", "Triage promise kept (28 d)", value, kept, whole)


def _triage_times(session: WorkspaceSession, scope: Scope) -> Compared:
    now = figures_times.triage_times(session, scope.back(_DAYS), scope.now)
    before = figures_times.triage_times(session, scope.back(2 * _DAYS), scope.back(_DAYS))
    return Compared(
        "reports wait {how} for triage", "working h", _working_hours(scope, now), _working_hours(scope, before)
    )


def _working_hours(scope: Scope, taken: list[Span]) -> list[float]:
    """Count how long each took in the hours of its team."""
    teams: dict[str, list[Span]] = {}
    for one in taken:
        teams.setdefault(one.team_key, []).append(one)
    hours: list[float] = []
    for team_key, spans in teams.items():
        pairs = [(one.started_at, one.ended_at) for one in spans]
        worked = sums_over(calendar_of(scope.settings, team_key), pairs)
        hours += [worked.between(*pair) / _HOUR for pair in pairs]
    return hours


def _cycle_times(session: WorkspaceSession, scope: Scope) -> Compared:
    now = figures_times.cycle_times(session, scope.back(_DAYS), scope.now)
    before = figures_times.cycle_times(session, scope.back(2 * _DAYS), scope.back(_DAYS))
    return Compared("a fix takes {how}", "days", [one.days for one in now], [one.days for one in before])


def _net_flow(session: WorkspaceSession, scope: Scope) -> Figure:
    bounds = scope.nine_weeks()
    new, closed = figures.count_new(session, bounds), figures.count_closed(session, bounds)
    flow = [came - went for came, went in zip(new, closed, strict=True)]
    return Figure(
        "Net flow",
        "Net flow, new − closed",
        f"{flow[-1]:+d}",
        raw=flow[-1],
        series=tuple(float(one) for one in flow[1:]),
        against=f"{new[-1]} new, {closed[-1]} closed",
        is_unusual=words.is_unusual(flow[-1], flow[:-1]),
    )


def _duplicates(session: WorkspaceSession, scope: Scope) -> Figure:
    decided = deliveries.count_decided(session, scope.back(_DAYS), scope.now)
    value = words.share(decided.duplicates, decided.total) if decided.total else "nothing triaged"
    return Figure("Duplicate rate", "Duplicates (28 d)", value, decided.duplicates, decided.total)


SECTION = Section()
