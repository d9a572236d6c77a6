"""What was delivered, how soon and how well, in few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.digests import measures, words
from bot.digests.base import FORGES, WINDOW, Scope
from bot.digests.facts import Facts, Figure, Line, Rank
from storage import deliveries, figures
from storage.database import WorkspaceSession
from storage.deliveries import Taken
from storage.models import Severity, Slot

_DAYS = WINDOW.days
# As in `words.age`: longer than this is told in days.
_HOURS_UP_TO = 48


@dataclass(frozen=True)
class Section:
    """Releases, lead time and times to fix; what comes of a source that cannot be read is withheld."""

    name: str = "delivery_figures"
    about: str = "Delivery and quality"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read the figures of the week and of the 28 days until now."""
        failing = scope.failing(*FORGES)
        delivered = () if failing else (_releases(session, scope), _lead_time(session, scope))
        quality = (
            _time_to_fix(session, scope, Severity.S1),
            _time_to_fix(session, scope, Severity.S2),
            # Closing old bugs makes times to fix worse: this says how many there are to be closed.
            measures.backlog_age(figures.backlog_ages(session, scope.now, (0.5, 0.9))),
            _came_back(session, scope),
            _escaped(session, scope),
        )
        return Facts(
            self.name,
            Rank.FIGURES,
            self.about,
            figures=(*delivered, *quality),
            notes=tuple(_withheld(one.title, one.failing_since, scope) for one in failing),
            is_news=False,
        )


def _withheld(title: str, since: datetime | None, scope: Scope) -> Line:
    when = f" since {words.moment(since, scope.zone)}" if since else ""
    return words.words(f"Releases and lead time are not known: {title} could not be read{when}.")


def _releases(session: WorkspaceSession, scope: Scope) -> Figure:
    weeks = deliveries.count_releases(session, scope.nine_weeks())
    this_week, month = weeks[-1], sum(weeks[-_DAYS // 7 :])
    return Figure(
        "Releases",
        "Releases",
        f"{this_week} this week",
        raw=this_week,
        series=tuple(float(one) for one in weeks[1:]),
        against=f"28 d: {month}",
        is_unusual=words.is_unusual(this_week, weeks[:-1]),
        chart=True,
    )


def _lead_time(session: WorkspaceSession, scope: Scope) -> Figure:
    bounds = scope.weeks()
    taken = deliveries.lead_times(session, bounds[0], scope.now)
    return _median(
        Figure("Lead time", "Lead time, merge to release", "", series=_medians(taken, bounds), chart=True),
        _between(taken, scope.back(_DAYS), scope.now),
        _between(taken, scope.back(2 * _DAYS), scope.back(_DAYS)),
        none="nothing released in 28 d",
    )


def _time_to_fix(session: WorkspaceSession, scope: Scope, severity: Severity) -> Figure:
    found = deliveries.severest(session, severity, scope.back(2 * _DAYS), scope.now)
    none = f"none fixed in 28 d, {found.still_open} open" if found.still_open else f"no {severity} in 28 d"
    return _median(
        Figure(f"Time to fix {severity}", f"Time to fix {severity}", ""),
        _between(found.fixed, scope.back(_DAYS), scope.now),
        _between(found.fixed, scope.back(2 * _DAYS), scope.back(_DAYS)),
        none=none,
    )


def _came_back(session: WorkspaceSession, scope: Scope) -> Figure:
    back, fixed = deliveries.count_came_back(session, scope.back(_DAYS), scope.now)
    value = words.share(back, fixed) if fixed else "no fix in 28 d"
    return Figure("Came back", "Came back (28 d)", value, raw=back if fixed else None, n=fixed)


def _escaped(session: WorkspaceSession, scope: Scope) -> Figure:
    escaped, new = figures.count_escaped(session, scope.back(_DAYS), scope.now)
    value = words.share(escaped, new) if new else "no new bug in 28 d"
    return Figure("Escaped", "Escaped to production (28 d)", value, raw=escaped if new else None, n=new)


def _median(figure: Figure, now: list[Taken], before: list[Taken], *, none: str) -> Figure:
    """Fill in a figure: the median where there are enough, each by itself where there are few."""
    middle, was = words.middle(_hours(now)), words.middle(_hours(before))
    if middle is None:
        few = ", ".join(words.age(one.length) for one in now)
        return replace(figure, value=f"{len(now)} in 28 d: {few}" if now else none, n=len(now))
    is_enough = min(len(now), len(before)) >= words.FEWEST_TO_COMPARE
    # Both in the finer unit, or "46 h, was 2 d" is left to the reader to work out.
    in_hours = min(middle, middle if was is None else was) < _HOURS_UP_TO
    against = f"was {_age(was, in_hours=in_hours)} (n = {len(before)})" if was is not None and is_enough else ""
    value = f"median {_age(middle, in_hours=in_hours and is_enough)} (n = {len(now)})"
    return replace(figure, value=value, raw=middle, n=len(now), against=against)


def _medians(taken: list[Taken], bounds: tuple[datetime, ...]) -> tuple[float | None, ...]:
    return tuple(words.middle(_hours(_between(taken, start, end))) for start, end in pairwise(bounds))


def _between(taken: Sequence[Taken], start: datetime, end: datetime) -> list[Taken]:
    return [one for one in taken if start < one.ended_at <= end]


def _hours(taken: list[Taken]) -> list[float]:
    return [one.length.total_seconds() / 3600 for one in taken]


def _age(hours: float, *, in_hours: bool) -> str:
    return f"{hours:.0f} h" if in_hours else words.age(timedelta(hours=hours))


SECTION = Section()
