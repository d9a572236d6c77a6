"""The promise of a report: by when its team has decided on it, from the moment it comes to triage.

The clock runs while the report waits for triage. It stops while it waits for its reporter or is snoozed: then
`promise_left_s` keeps what is left. A decision ends the promise; what comes back to triage after one gets a
new one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.routing.terms import Stage, Terms, terms_of
from bot.services import Services
from bot.triage import nudges
from bot.triage.states import Action
from storage import record
from storage.database import WorkspaceSession
from storage.models import Decision, Report, ReportState

_WAITING = frozenset({ReportState.NEEDS_INFO, ReportState.SNOOZED})
# Where a decision is still awaited.
OPEN = frozenset({ReportState.NEW, *_WAITING})
_STOPS = frozenset({Action.ASK, Action.SNOOZE})
_GOES_ON = frozenset({Action.ANSWER, Action.WAKE})


@dataclass(frozen=True)
class _Run:
    """A time in which the clock ran; one that still runs has no end."""

    start: datetime
    end: datetime | None = None


def begin(session: WorkspaceSession, services: Services, report: Report) -> None:
    """Promise a decision on a report that has just come in."""
    _promise_from(session, services, report, report.created_at)


def follow(session: WorkspaceSession, services: Services, report: Report, was: ReportState) -> None:
    """Stop, go on with, end or renew the promise of a report after a decision that led here from `was`."""
    if report.state is ReportState.NEW and report.promise_left_s is not None:
        _go_on(session, services, report)
    elif report.state is ReportState.NEW:
        _promise_from(session, services, report, services.now())
    elif report.state in _WAITING:
        if was is ReportState.NEW:
            _stop(services, report)
    else:
        report.due_at = report.promise_left_s = None
        report.nudges = Stage.QUIET


def change_terms(session: WorkspaceSession, services: Services, report: Report) -> None:
    """Make the promise anew for another severity or team, counted from when the report came to triage.

    A quarter of it is left in any case: nobody could have kept what was not promised yet.
    """
    if report.state not in OPEN:
        return
    report.nudges = Stage.QUIET
    report.due_at = report.promise_left_s = None
    terms = terms_of(services.settings, report)
    runs = _runs(session, report)
    if terms is None or not runs:
        return
    now = services.now()
    left = max(terms.quarter, terms.length - _used(terms, runs, now))
    if report.state is ReportState.NEW:
        report.due_at = terms.ends(now, left)
        nudges.watch(session, services, report)
    else:
        report.promise_left_s = int(left.total_seconds())


def is_in_time(report: Report, now: datetime) -> bool | None:
    """Say whether a decision now keeps the promise as it stands; None where nothing is promised."""
    if report.due_at is not None:
        return now <= report.due_at
    # While the clock stands still it is kept if it was when that began.
    return report.promise_left_s > 0 if report.promise_left_s is not None else None


def _promise_from(session: WorkspaceSession, services: Services, report: Report, start: datetime) -> None:
    terms = terms_of(services.settings, report)
    report.nudges = Stage.QUIET
    report.due_at = terms.ends(start, terms.length) if terms else None
    nudges.watch(session, services, report)


def _stop(services: Services, report: Report) -> None:
    terms = terms_of(services.settings, report)
    if terms is not None and report.due_at is not None:
        report.promise_left_s = int(terms.between(services.now(), report.due_at).total_seconds())
    report.due_at = None


def _go_on(session: WorkspaceSession, services: Services, report: Report) -> None:
    terms = terms_of(services.settings, report)
    left = timedelta(seconds=report.promise_left_s or 0)
    report.due_at = terms.ends(services.now(), left) if terms else None
    report.promise_left_s = None
    nudges.watch(session, services, report)


def _runs(session: WorkspaceSession, report: Report) -> list[_Run]:
    """Read from the decisions when the clock ran since the promise began; empty where none is open."""
    assert report.id is not None
    runs = [_Run(report.created_at)]
    for decision in reversed(record.decisions(session, report.id)):
        runs = _after(runs, decision)
    return runs


def _after(runs: list[_Run], decision: Decision) -> list[_Run]:
    action = Action(decision.kind)
    if action in _STOPS:
        return [*runs[:-1], _Run(runs[-1].start, decision.at)] if runs else []
    if action in _GOES_ON:
        return [*runs, _Run(decision.at)]
    return [_Run(decision.at)] if action is Action.UNDO else []


def _used(terms: Terms, runs: list[_Run], now: datetime) -> timedelta:
    return sum((terms.between(run.start, run.end or now) for run in runs), timedelta())
