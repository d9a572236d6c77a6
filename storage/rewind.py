"""A copy of the database brought back to a moment, by what the record kept: to tell what a digest would have told then.

What came later is taken out. A report gets back its state, its resolution, severity, component and owner, how many
people met it, and its times. Its words, labels and followers stay as they are now, as do settings; a report that is
private now stays private, whatever it was then.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, delete, or_, update
from sqlmodel import Session, col, select

from storage import record
from storage.models import (
    AuditEvent,
    ChangeState,
    Component,
    Decision,
    DigestRun,
    DuplicateVerdict,
    Follower,
    HealthWord,
    IssueComment,
    IssueLink,
    Job,
    Release,
    ReleaseChange,
    Report,
    ReportState,
    Resolution,
    Severity,
    SourceItem,
    SyncCursor,
)

_SET_ONCE = ("first_answer_at", "triaged_at", "started_at", "fixed_at", "verified_at", "closed_at")
_CAME_BACK = frozenset({"fail", "reopen"})
_SNOOZE = "snooze"
_JOIN = "join"
_OPEN = "open"
_MERGED = "merged"


def rewind(session: Session, moment: datetime) -> list[int]:
    """Bring all workspaces of a copy back to a moment; return the ids of the reports that were changed since.

    The promise of a report that waited for triage then (`due_at`) is not in the record: it is left empty.
    """
    session.execute(delete(Job))
    _forget_reports(session, moment)
    changed = _bring_back_reports(session, moment)
    _bring_back_decisions(session, moment)
    _bring_back_sources(session, moment)
    _bring_back_digests(session, moment)
    session.flush()
    return changed


def _forget_reports(session: Session, moment: datetime) -> None:
    """Take out the reports that came later, with all that belongs to them."""
    gone = select(Report.id).where(Report.created_at > moment)
    for table, column in ((Follower, Follower.report_id), (DuplicateVerdict, DuplicateVerdict.report_id)):
        session.execute(delete(table).where(col(column).in_(gone)))
    session.execute(delete(DuplicateVerdict).where(col(DuplicateVerdict.at) > moment))
    links = select(IssueLink.id).where(
        or_(
            and_(col(IssueLink.subject_type) == record.REPORT, col(IssueLink.subject_id).in_(gone)),
            col(IssueLink.intended_at) > moment,
        )
    )
    comments = delete(IssueComment).where(
        or_(col(IssueComment.created_at) > moment, col(IssueComment.link_id).in_(links))
    )
    session.execute(comments)
    session.execute(delete(IssueLink).where(col(IssueLink.id).in_(links)))


def _bring_back_reports(session: Session, moment: datetime) -> list[int]:
    later = _later_events(session, moment)
    _undo_counts(session, later, moment)
    changed = []
    for report_id, events in groupby(sorted(later, key=_of_report), lambda one: one.subject_id):
        first = next((event for event in events if _knows_report(event.before)), None)
        report = session.get(Report, report_id)
        if first is None or report is None or report.created_at > moment:
            continue
        _bring_back(session, report, first.before, moment)
        changed.append(report_id)
    session.execute(delete(Report).where(col(Report.created_at) > moment))
    _clear_later_times(session, moment)
    return changed


def _later_events(session: Session, moment: datetime) -> list[AuditEvent]:
    later = select(AuditEvent).where(AuditEvent.subject_type == record.REPORT, AuditEvent.at > moment)
    return list(session.exec(later.order_by(col(AuditEvent.at), col(AuditEvent.id))))


def _of_report(event: AuditEvent) -> tuple[int, datetime, int]:
    return event.subject_id, event.at, event.id or 0


def _knows_report(facts: dict[str, Any]) -> bool:
    """Say whether these are the facts of a report; other events keep other things, such as what a tracker said."""
    return "private" in facts and "state" in facts


def _bring_back(session: Session, report: Report, facts: dict[str, Any], moment: datetime) -> None:
    report.state = ReportState(facts["state"])
    report.resolution = Resolution(facts["resolution"]) if facts.get("resolution") else None
    report.severity = Severity(facts["severity"]) if facts.get("severity") else None
    report.owner_id = facts.get("owner_id")
    report.duplicate_of_id = facts.get("duplicate_of_id")
    report.private = report.private or bool(facts["private"])
    _bring_back_component(session, report, facts.get("component"))
    _bring_back_times(session, report, moment)
    report.due_at = report.promise_left_s = None
    report.snooze_until = _snoozed_until(session, report, moment) if report.state is ReportState.SNOOZED else None
    report.nudges = 0
    session.add(report)


def _bring_back_component(session: Session, report: Report, key: str | None) -> None:
    if key == report.component_key:
        return
    report.component_key = key
    known = select(Component).where(Component.workspace == report.workspace, Component.key == key)
    component = session.exec(known).first()
    report.team_key = component.team_key if component is not None else report.team_key


def _bring_back_times(session: Session, report: Report, moment: datetime) -> None:
    """Tell the times of a report anew from the states it went through until the moment."""
    earlier = select(AuditEvent).where(
        AuditEvent.subject_type == record.REPORT, AuditEvent.subject_id == report.id, AuditEvent.at <= moment
    )
    events = session.exec(earlier.order_by(col(AuditEvent.at), col(AuditEvent.id)))
    fixed = verified = closed = None
    was: str = ReportState.NEW
    for event in events:
        state = str(event.after.get("state", was))
        if state == was:
            continue
        if state == ReportState.CLOSED:
            closed = event.at
            verified = event.at if event.after.get("resolution") == Resolution.FIXED else None
        elif was == ReportState.CLOSED:
            fixed = verified = closed = None
        if state == ReportState.FIXED:
            fixed = event.at
        elif was == ReportState.FIXED and state != ReportState.CLOSED:
            fixed = None
        was = state
    report.fixed_at, report.verified_at, report.closed_at = fixed, verified, closed


def _snoozed_until(session: Session, report: Report, moment: datetime) -> datetime | None:
    snoozed = select(Decision).where(
        Decision.subject_type == record.REPORT,
        Decision.subject_id == report.id,
        Decision.kind == _SNOOZE,
        Decision.at <= moment,
    )
    last = session.exec(snoozed.order_by(col(Decision.id).desc())).first()
    until = str(last.facts.get("until", "")) if last is not None else ""
    return datetime.fromisoformat(until) if until else None


def _undo_counts(session: Session, later: Sequence[AuditEvent], moment: datetime) -> None:
    """Take back, newest first, who joined and what was merged, and how often something came back."""
    hits: dict[int, int] = {}

    def count(report_id: int) -> int:
        found = session.get(Report, report_id)
        return hits.setdefault(report_id, found.hits if found is not None else 1)

    for event in reversed(later):
        original = event.after.get("duplicate_of_id")
        if event.action == _JOIN:
            hits[event.subject_id] = count(event.subject_id) - 1
        elif original is not None and "duplicate_of_id" not in event.before:
            hits[original] = count(original) - count(event.subject_id)
    for report_id, number in hits.items():
        _change(session, report_id, hits=max(number, 1))
    later_decisions = select(Decision.subject_id).where(
        Decision.subject_type == record.REPORT, Decision.at > moment, col(Decision.kind).in_(_CAME_BACK)
    )
    for report_id in session.exec(later_decisions):
        found = session.get(Report, report_id)
        if found is not None:
            _change(session, report_id, came_back=max(found.came_back - 1, 0))


def _change(session: Session, report_id: int, **values: int) -> None:
    found = session.get(Report, report_id)
    if found is not None:
        for name, value in values.items():
            setattr(found, name, value)
        session.add(found)


def _clear_later_times(session: Session, moment: datetime) -> None:
    """Clear what had not happened yet; what the record does not know of, such as imported issues, was open then."""
    session.flush()
    closed_later = col(Report.closed_at) > moment
    session.execute(update(Report).where(closed_later).values(state=ReportState.ACCEPTED, resolution=None))
    for name in _SET_ONCE:
        column = getattr(Report, name)
        session.execute(update(Report).where(column > moment).values({name: None}))
    session.execute(update(Report).where(col(Report.top_at) > moment).values(top_at=moment))
    session.expire_all()


def _bring_back_decisions(session: Session, moment: datetime) -> None:
    later = select(Decision.id).where(Decision.at > moment)
    session.execute(update(Decision).where(col(Decision.undone_by_id).in_(later)).values(undone_by_id=None))
    session.execute(delete(Decision).where(col(Decision.at) > moment))
    session.execute(delete(AuditEvent).where(col(AuditEvent.at) > moment))


def _bring_back_sources(session: Session, moment: datetime) -> None:
    releases = select(Release.id).where(Release.published_at > moment)
    session.execute(delete(ReleaseChange).where(col(ReleaseChange.release_id).in_(releases)))
    session.execute(delete(Release).where(col(Release.published_at) > moment))
    for change in session.exec(select(ReleaseChange).where(col(ReleaseChange.decided_at) > moment)):
        change.state = ChangeState.DRAFTED if change.announce_text else ChangeState.DETECTED
        change.decided_at = change.by_id = None
        session.add(change)
    session.execute(delete(SourceItem).where(col(SourceItem.opened_at) > moment))
    _reopen(session.exec(select(SourceItem).where(col(SourceItem.closed_at) > moment)), session)
    session.execute(update(SourceItem).where(col(SourceItem.updated_at) > moment).values(updated_at=moment))
    session.execute(update(SyncCursor).where(col(SyncCursor.polled_at) > moment).values(polled_at=moment))
    began_later = col(SyncCursor.failing_since) > moment
    session.execute(update(SyncCursor).where(began_later).values(failing_since=None, error=""))


def _reopen(items: Iterable[SourceItem], session: Session) -> None:
    for item in items:
        item.closed_at = None
        item.state = _OPEN if item.state in {"closed", _MERGED} else item.state
        item.data = {name: value for name, value in item.data.items() if name != "merged_at"}
        session.add(item)


def _bring_back_digests(session: Session, moment: datetime) -> None:
    session.execute(delete(DigestRun).where(col(DigestRun.due_at) >= moment))
    session.execute(delete(HealthWord).where(col(HealthWord.asked_at) > moment))
    unanswered: dict[str, Any] = {"answered_at": None, "health": None, "text": ""}
    session.execute(update(HealthWord).where(col(HealthWord.answered_at) > moment).values(unanswered))
