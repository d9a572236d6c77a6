"""Which promises of a decision were kept, told from what was decided and when.

The clock of a promise runs while a report waits for triage, and not while it waits for its reporter or is snoozed. A
promise is held against what the report was rated when it was decided on: a team that rates it S1 after two hours has
not broken the promise of one hour, for nobody could have known of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from bot.routing.settings import Settings
from bot.routing.terms import Terms, terms_of
from storage.figures_times import DECIDED, Course, Rating

_STOPS = frozenset({"ask", "snooze"})
_GOES_ON = frozenset({"answer", "wake"})
_BEGINS = "undo"
_TermsOf = Callable[[Rating], Terms | None]


@dataclass(frozen=True)
class _Run:
    """A time in which the clock ran; one that still runs has no end."""

    start: datetime
    end: datetime | None = None


def kept(settings: Settings, courses: Iterable[Course], since: datetime) -> list[bool]:
    """Say of each promise that a decision after `since` ended whether that was in time."""
    # There are as many terms as teams and severities, and thousands of courses.
    terms = cache(lambda rating: terms_of(settings, rating))
    return [outcome for course in courses for outcome in _outcomes(terms, course, since)]


def _outcomes(terms: _TermsOf, course: Course, since: datetime) -> list[bool]:
    found: list[bool] = []
    runs = [_Run(course.created_at)]
    for step in course.steps:
        if runs and step.kind in DECIDED and step.at > since and step.rating is not None:
            outcome = _is_in_time(terms(step.rating), runs, step.at)
            found += [] if outcome is None else [outcome]
        runs = _after(runs, step.kind, step.at)
    return found


def _after(runs: list[_Run], kind: str, at: datetime) -> list[_Run]:
    if kind in _STOPS:
        return [*runs[:-1], _Run(runs[-1].start, runs[-1].end or at)] if runs else []
    if kind in _GOES_ON:
        return [*runs, _Run(at)]
    return [_Run(at)] if kind == _BEGINS else []


def _is_in_time(terms: Terms | None, runs: list[_Run], at: datetime) -> bool | None:
    """Say whether a decision came in time; None where nothing was promised."""
    if terms is None:
        return None
    left = terms.length
    for run in runs:
        # The end of a promise, and not what is used of it: one that ends at 17:00 is broken at 18:00.
        end = run.end or at
        # Nobody has worked longer than the clock ran: mostly that says it, and nothing need be counted.
        if end - run.start > left and end > terms.ends(run.start, left):
            return False
        if run is not runs[-1]:
            left -= terms.between(run.start, end)
    return True
