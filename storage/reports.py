"""Queries over reports and their followers."""

from datetime import datetime

from sqlalchemy import case, or_
from sqlmodel import col, func, select

from storage.database import WorkspaceSession
from storage.models import Counter, Follower, FollowReason, IssueLink, Report, ReportState

OPEN = tuple(state for state in ReportState if state is not ReportState.CLOSED)
UNDECIDED = (ReportState.NEW,)
# More than come in while a card cannot be posted.
_NEWEST = 200


def next_number(session: WorkspaceSession) -> int:
    """Take the number of the next report, starting at 1."""
    counter = session.exec(select(Counter).where(Counter.name == "report").with_for_update()).first()
    if counter is None:
        counter = Counter(name="report")
    counter.value += 1
    session.add(counter)
    session.flush()
    return counter.value


def get(session: WorkspaceSession, report_id: int) -> Report | None:
    """Find a report by its id and hold it against other writers."""
    return session.exec(select(Report).where(Report.id == report_id).with_for_update()).first()


def get_many(session: WorkspaceSession, report_ids: list[int]) -> list[Report]:
    """Find reports by their ids, in the order given."""
    found = {report.id: report for report in session.exec(select(Report).where(col(Report.id).in_(report_ids)))}
    return [found[report_id] for report_id in report_ids if report_id in found]


def by_number(session: WorkspaceSession, number: int) -> Report | None:
    """Find a report by the number in its key."""
    return session.exec(select(Report).where(Report.number == number)).first()


def by_message(session: WorkspaceSession, channel: str, ts: str) -> Report | None:
    """Find the report made from a message."""
    statement = select(Report).where(Report.source_channel == channel, Report.source_ts == ts)
    return session.exec(statement.order_by(col(Report.id))).first()


def by_card(session: WorkspaceSession, channel: str, ts: str) -> Report | None:
    """Find the report whose card is this message."""
    return session.exec(select(Report).where(Report.card_channel == channel, Report.card_ts == ts)).first()


def followers(session: WorkspaceSession, report_id: int) -> list[Follower]:
    """List who follows a report, in the order they came."""
    statement = select(Follower).where(Follower.report_id == report_id)
    return list(session.exec(statement.order_by(col(Follower.id))))


def follow(session: WorkspaceSession, report: Report, person_id: int, why: FollowReason) -> bool:
    """Let a person follow a report; return whether they did not yet."""
    known = select(Follower).where(Follower.report_id == report.id, Follower.person_id == person_id)
    if session.exec(known).first() is not None:
        return False
    assert report.id is not None
    session.add(Follower(report_id=report.id, person_id=person_id, why=why))
    session.flush()
    return True


def issue(session: WorkspaceSession, report_id: int) -> IssueLink | None:
    """Find the issue a report has: the one in a tracker outside, else the built-in one."""
    statement = select(IssueLink).where(IssueLink.subject_type == "report", IssueLink.subject_id == report_id)
    return session.exec(statement.order_by(col(IssueLink.tracker) == "local", col(IssueLink.id))).first()


def without_issue(session: WorkspaceSession, *, created_before: datetime) -> list[Report]:
    """List those of the newest reports that nobody began to file."""
    newest = session.exec(select(Report).order_by(col(Report.id).desc()).limit(_NEWEST)).all()
    linked = select(IssueLink.subject_id).where(
        IssueLink.subject_type == "report", col(IssueLink.subject_id).in_([report.id for report in newest])
    )
    known = set(session.exec(linked))
    return [report for report in newest if report.id not in known and report.created_at < created_before]


def in_states(
    session: WorkspaceSession, states: tuple[ReportState, ...], *, limit: int = 20, offset: int = 0
) -> list[Report]:
    """List reports in any of `states`: what is due first, then what came (back) last."""
    by_urgency = (col(Report.due_at).asc().nulls_last(), col(Report.top_at).desc())
    statement = select(Report).where(col(Report.state).in_(states)).order_by(*by_urgency)
    return list(session.exec(statement.offset(offset).limit(limit)))


def reported_by(session: WorkspaceSession, person_id: int, *, limit: int = 10) -> list[Report]:
    """List what a person reported or follows, newest first."""
    follows = select(Follower.id).where(Follower.report_id == Report.id, Follower.person_id == person_id).exists()
    statement = select(Report).where(or_(follows, col(Report.reporter_id) == person_id))
    return list(session.exec(statement.order_by(col(Report.top_at).desc()).limit(limit)))


def owned_by(session: WorkspaceSession, person_id: int, *, limit: int = 20) -> list[Report]:
    """List open reports that a person owns, newest first."""
    statement = select(Report).where(Report.owner_id == person_id, col(Report.state).in_(OPEN))
    return list(session.exec(statement.order_by(col(Report.top_at).desc()).limit(limit)))


def count_by_state(session: WorkspaceSession) -> dict[ReportState, int]:
    """Count reports in each state that has any."""
    rows = session.exec(select(Report.state, func.count()).group_by(Report.state))
    return {ReportState(state): count for state, count in rows}


def count_open_by_team(session: WorkspaceSession) -> dict[str, int]:
    """Count the open reports of each team that has any."""
    open_ones = select(Report.team_key, func.count()).where(col(Report.state).in_(OPEN)).group_by(Report.team_key)
    return dict(session.exec(open_ones).all())


def count_open_by_owner(session: WorkspaceSession) -> dict[int, int]:
    """Count the open reports of each person that owns any."""
    owned = select(Report.owner_id, func.count()).where(col(Report.state).in_(OPEN)).group_by(col(Report.owner_id))
    return {owner: count for owner, count in session.exec(owned) if owner is not None}


def count_routed(session: WorkspaceSession, since: datetime) -> dict[str, tuple[int, int]]:
    """Count, for each rule, the reports it decided on since then, and those that a person then moved.

    Private ones are left out: that there are any is nobody's business.
    """
    corrected = func.sum(case((col(Report.route_corrected), 1), else_=0))
    counted = select(Report.route_rule, func.count(), corrected).where(
        col(Report.private).is_(False), Report.created_at >= since, Report.route_rule != ""
    )
    return {rule: (hits, int(moved or 0)) for rule, hits, moved in session.exec(counted.group_by(Report.route_rule))}


def last_routed(session: WorkspaceSession, rule: str, *, limit: int) -> list[bool]:
    """Say of the last reports that a rule decided on whether a person then moved them, newest first."""
    decided = select(Report.route_corrected).where(Report.route_rule == rule, col(Report.private).is_(False))
    return list(session.exec(decided.order_by(col(Report.id).desc()).limit(limit)))
