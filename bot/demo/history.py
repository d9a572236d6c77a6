"""Weeks of reports, written as the rules would have written them: the same rows, without the wait."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from sqlmodel import select

from bot.demo.lives import Life, Step, how_to_check
from bot.demo.workspace import PEOPLE
from bot.routing.settings import Settings
from bot.routing.terms import terms_of
from bot.triage import outward, states
from bot.triage.decisions import facts_of
from bot.triage.states import Action
from storage import people, record, reports, search
from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    Component,
    Decision,
    Follower,
    FollowReason,
    FoundIn,
    IssueLink,
    Report,
    ReportState,
    Resolution,
    Source,
    Via,
)

# The same as in the rule of the demo's settings that asks designers.
_FOR_DESIGN = ("contrast", "dark mode", "icon", "spacing")
_ROLES = {person.id: person.role for person in PEOPLE}
_FOUND_IN = {"support": FoundIn.PRODUCTION, "qa": FoundIn.STAGING}


def write(session: WorkspaceSession, settings: Settings, told: Iterable[Life]) -> None:
    """Write down what became of each, with every decision and event."""
    ids = {person.id: people.meet(session, person.id).id or 0 for person in PEOPLE}
    parts = {part.key: part for part in people.components(session)}
    for life in told:
        report = _report(session, life, ids, parts[life.bug.component])
        session.add(report)
        session.flush()
        _file(session, report, life)
        for step in life.steps:
            _decide(_Turn(session, settings, report, life, step, ids, parts))
        session.add(_issue(report))
        search.index(session, report)
    session.flush()


def _report(session: WorkspaceSession, life: Life, ids: Mapping[str, int], part: Component) -> Report:
    role = _ROLES[life.reporter]
    words = f"{life.bug.title} {life.bug.what}".lower()
    labels = ["customer-reported"] * (role == "support") + ["ux"] * any(one in words for one in _FOR_DESIGN)
    return Report(
        number=reports.next_number(session),
        title=life.bug.title,
        what=life.bug.what,
        source=Source.COMMAND,
        source_channel="C0QA" if role in _FOUND_IN else "C0WEB",
        reporter_id=ids[life.reporter],
        team_key=part.team_key,
        component_key=part.key,
        route_rule="what the reporter chose",
        labels=labels,
        found_in=_FOUND_IN.get(role, FoundIn.UNKNOWN),
        created_at=life.created_at,
        top_at=life.created_at,
    )


def _file(session: WorkspaceSession, report: Report, life: Life) -> None:
    assert report.id is not None
    session.add(Follower(report_id=report.id, person_id=report.reporter_id, why=FollowReason.REPORTER))
    filed = AuditEvent(
        at=life.created_at,
        actor_id=report.reporter_id,
        via=Via.MODAL,
        subject_type=record.REPORT,
        subject_id=report.id,
        action="file",
        after=facts_of(report),
    )
    session.add(filed)


@dataclass(frozen=True)
class _Turn:
    """A decision being written: what `bot.triage.workflow` would set of the report is set here."""

    session: WorkspaceSession
    settings: Settings
    report: Report
    life: Life
    step: Step
    ids: Mapping[str, int]
    parts: Mapping[str, Component]

    @property
    def by_id(self) -> int:
        """Say who decided."""
        return self.ids[self.step.by]


def _decide(turn: _Turn) -> None:
    report, step = turn.report, turn.step
    transition = states.find(step.action, report.state)
    assert transition is not None
    before, was_new = facts_of(report), report.state is ReportState.NEW
    kept = _kept(turn) if was_new else {}
    facts = {"was_new": was_new, **kept, **step.facts, **_RULES[step.action](turn)}
    report.first_answer_at = report.first_answer_at or step.at
    report.state = transition.target
    report.version += 1
    turn.session.add(report)
    known: dict[str, Any] = {"subject_type": record.REPORT, "subject_id": report.id, "at": step.at}
    turn.session.add(Decision(kind=step.action, by_id=turn.by_id, reason=step.reason, facts=facts, **known))
    after = facts_of(report)
    turn.session.add(
        AuditEvent(via=Via.BUTTON, action=step.action, actor_id=turn.by_id, before=before, after=after, **known)
    )


def _kept(turn: _Turn) -> dict[str, Any]:
    """Say whether a first decision kept the promise that was made when the report came in."""
    terms = terms_of(turn.settings, turn.report)
    if terms is None:
        return {}
    return {"in_time": turn.step.at <= terms.ends(turn.report.created_at, terms.length)}


def _accept(turn: _Turn) -> dict[str, Any]:
    report, bug = turn.report, turn.life.bug
    report.severity = bug.severity
    report.triaged_at = report.triaged_at or turn.step.at
    return {"severity": bug.severity, "component": turn.parts[bug.component].name}


def _take(turn: _Turn) -> dict[str, Any]:
    turn.report.owner_id = turn.by_id
    return _accept(turn)


def _start(turn: _Turn) -> dict[str, Any]:
    turn.report.started_at = turn.report.started_at or turn.step.at
    return {}


def _fix(turn: _Turn) -> dict[str, Any]:
    turn.report.fixed_in, turn.report.fixed_at = turn.step.facts["build"], turn.step.at
    turn.report.how_to_check = how_to_check(turn.life.bug)
    return {}


def _fail(turn: _Turn) -> dict[str, Any]:
    turn.report.came_back += 1
    turn.report.fixed_at = None
    return {}


def _verify(turn: _Turn) -> dict[str, Any]:
    turn.report.verified_at = turn.step.at
    return _close(turn, Resolution.FIXED)


def _skip(turn: _Turn) -> dict[str, Any]:
    return _close(turn, Resolution.FIXED_NOT_VERIFIED)


def _decline(turn: _Turn) -> dict[str, Any]:
    return _close(turn, Resolution(turn.step.facts["resolution"]))


def _repeat(turn: _Turn) -> dict[str, Any]:
    """Move who follows a report, and that they met it, to the one it repeats."""
    session, report = turn.session, turn.report
    original = session.exec(select(Report).where(Report.title == turn.life.bug.copy_of)).one()
    reports.follow(session, original, report.reporter_id, FollowReason.ME_TOO)
    original.hits += report.hits
    original.version += 1
    session.add(original)
    report.duplicate_of_id = original.id
    _close(turn, Resolution.DUPLICATE)
    return {"original": original.key, "original_state": original.state}


def _close(turn: _Turn, resolution: Resolution) -> dict[str, Any]:
    turn.report.resolution, turn.report.closed_at = resolution, turn.step.at
    return {}


_RULES: dict[Action, Callable[[_Turn], dict[str, Any]]] = {
    Action.ACCEPT: _accept,
    Action.TAKE: _take,
    Action.START: _start,
    Action.FIX: _fix,
    Action.FAIL: _fail,
    Action.VERIFY: _verify,
    Action.SKIP: _skip,
    Action.DECLINE: _decline,
    Action.DUPLICATE: _repeat,
}


def _issue(report: Report) -> IssueLink:
    """Make the issue that the built-in tracker keeps of a report."""
    marker = token_urlsafe(16)
    return IssueLink(
        subject_type=record.REPORT,
        subject_id=report.id or 0,
        tracker="local",
        marker=marker,
        external_id=marker,
        key=report.key,
        title=f"{report.key} {report.title}",
        state=outward.issue_state(report),
        intended_at=report.created_at,
        synced_at=report.created_at,
    )
