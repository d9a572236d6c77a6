"""The week of those who test, in figures."""

from dataclasses import dataclass, field

from bot.digests import words
from bot.digests.base import WINDOW, Scope
from bot.digests.facts import Facts, Figure, Line, Rank
from bot.digests.measures import Compared, changed, median_of, unusual, waiting, weekly
from storage import deliveries, figures, figures_times, people
from storage.database import WorkspaceSession
from storage.models import Severity, Slot

_DAYS = WINDOW.days
_MOST_COMPONENTS = 3


@dataclass(frozen=True)
class Section:
    """New, verified, waiting, open, come back, escaped, and where escaped bugs came from."""

    name: str = "qa_figures"
    about: str = "Testing, in figures"
    slots: frozenset[Slot] = frozenset({Slot.WEEKLY})
    sources: frozenset[str] = field(default_factory=frozenset)

    def collect(self, session: WorkspaceSession, scope: Scope) -> Facts | None:
        """Read the figures of the week and of the 28 days until now."""
        escaped, new = figures.count_escaped(session, scope.back(_DAYS), scope.now)
        back, fixed = deliveries.count_came_back(session, scope.back(_DAYS), scope.now)
        waits = _waits(session, scope)
        found = (
            weekly("New bugs", figures.count_new(session, scope.nine_weeks()), chart=True),
            weekly("Fixed and verified", figures.count_verified(session, scope.nine_weeks()), chart=True),
            waiting("Waiting for verification", scope.now, figures.fixes_waiting(session)),
            median_of("Verification wait", waits),
            _open(session),
            waiting("Untriaged", scope.now, figures.untriaged(session)),
            Figure("Came back", "Came back (28 d)", words.share(back, fixed) if fixed else "no fix", back, fixed),
            Figure("Escaped", "Escaped to production (28 d)", words.share(escaped, new), escaped, new),
        )
        notes = (_escaped_from(session, scope, escaped),) if escaped else ()
        lead = (*unusual(found), *changed(waits))
        return Facts(self.name, Rank.FIGURES, self.about, lead=lead, figures=found, notes=notes, is_news=False)


def _open(session: WorkspaceSession) -> Figure:
    counts = figures.count_open(session)
    first, second = counts.get(Severity.S1, 0), counts.get(Severity.S2, 0)
    return Figure("Open S1 / S2", "Open S1 / S2", f"{first} / {second}", first + second)


def _waits(session: WorkspaceSession, scope: Scope) -> Compared:
    now = figures_times.verification_waits(session, scope.back(_DAYS), scope.now)
    before = figures_times.verification_waits(session, scope.back(2 * _DAYS), scope.back(_DAYS))
    days = ([one.days for one in now], [one.days for one in before])
    return Compared("fixes wait {how} for verification", "days", *days)


def _escaped_from(session: WorkspaceSession, scope: Scope, total: int) -> Line:
    found = figures.escaped_by_component(session, scope.back(_DAYS), scope.now)
    names = {part.key: part.name for part in people.components(session)}
    named = [f"{names.get(key or '', key or 'no component')} {number}" for key, number in found[:_MOST_COMPONENTS]]
    rest = sum(number for _, number in found[_MOST_COMPONENTS:])
    listed = " · ".join([*named, *([f"others {rest}"] if rest else [])])
    return words.words(words.bold("Where escaped bugs came from"), f" ({total}): {listed}")


SECTION = Section()
