"""What a report's card, a list or a sentence shows: plain values, read in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.duplicates import Candidate
from bot.routing.terms import Stage
from bot.suggestions import NOTHING, Suggestions
from storage import people, record, reports
from storage.database import WorkspaceSession
from storage.models import Decision, Person, Report, ReportState, Resolution, Severity


@dataclass(frozen=True)
class Who:
    """A person, by Slack id and the name to show."""

    slack_user_id: str
    name: str


@dataclass(frozen=True)
class DecisionLine:
    """Who decided what, when, why. `facts` holds what the kind of decision needs, all of it plain text."""

    id: int
    kind: str
    by: Who | None
    at: datetime
    reason: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class ReportLine:
    """A report in a list. `due_at` is by when its team has promised to decide; None while nothing is promised."""

    report_id: int
    key: str
    title: str
    state: ReportState
    resolution: Resolution | None
    severity: Severity | None
    component: str
    owner: Who | None
    permalink: str
    created_at: datetime
    private: bool
    due_at: datetime | None = None
    is_overdue: bool = False


@dataclass(frozen=True)
class Card:
    """All that a report's card shows. `duplicates` are likely ones, best first; `issue_key` is the tracker's,
    `issue_problem` why the issue is not there, or not up to date.

    `suggestions` are from past reports, `proposed_severity` is a rule's.
    """

    line: ReportLine
    what: str
    expected: str
    url: str
    transcript: tuple[tuple[str, str], ...]
    attachments: tuple[tuple[str, str], ...]
    reporter: Who
    source_permalink: str
    team: str
    route_reason: str
    hits: int
    came_back: int
    question: str
    how_to_check: str
    fixed_in: str
    snooze_until: datetime | None
    wake_at_hits: int | None
    duplicate_of: str
    regression_of: str
    decision: DecisionLine | None
    issue_key: str
    issue_url: str
    issue_problem: str
    duplicates: tuple[Candidate, ...]
    card_channel: str
    card_ts: str
    version: int
    suggestions: Suggestions = NOTHING
    proposed_severity: Severity | None = None


def who(person: Person | None) -> Who | None:
    """Make the reference to a person that views show."""
    if person is None:
        return None
    return Who(person.slack_user_id, person.name or person.slack_user_id)


def read_lines(session: WorkspaceSession, found: list[Report]) -> list[ReportLine]:
    """Make list lines of reports, in the order given."""
    owners = people.by_id(session, (report.owner_id for report in found))
    names = {component.key: component.name for component in people.components(session)}
    return [_line(report, owners, names) for report in found]


def read_card(
    session: WorkspaceSession,
    report: Report,
    duplicates: tuple[Candidate, ...] = (),
    suggestions: Suggestions = NOTHING,
) -> Card:
    """Read what the card of a report shows now."""
    persons = people.by_id(session, (report.reporter_id, report.owner_id))
    component = people.component(session, report.component_key)
    team = people.team(session, report.team_key)
    assert report.id is not None
    decision = record.last_decision(session, report.id)
    issue = reports.issue(session, report.id)
    reporter = who(persons[report.reporter_id])
    assert reporter is not None
    return Card(
        line=_line(report, persons, {component.key: component.name} if component else {}),
        what=report.what,
        expected=report.expected,
        url=report.url,
        transcript=tuple((entry["author"], entry["text"]) for entry in report.transcript),
        attachments=tuple((entry["name"], entry["permalink"]) for entry in report.attachments),
        reporter=reporter,
        source_permalink=report.permalink,
        team=team.name if team else report.team_key,
        route_reason=report.route_reason,
        hits=report.hits,
        came_back=report.came_back,
        question=report.question,
        how_to_check=report.how_to_check,
        fixed_in=report.fixed_in,
        snooze_until=report.snooze_until,
        wake_at_hits=report.wake_at_hits,
        duplicate_of=_key(session, report.duplicate_of_id),
        regression_of=_key(session, report.regression_of_id),
        decision=read_decision(session, decision) if decision else None,
        issue_key=issue.key if issue and issue.tracker != "local" else "",
        issue_url=issue.url if issue else "",
        issue_problem=issue.error if issue else "",
        duplicates=duplicates,
        card_channel=report.card_channel,
        card_ts=report.card_ts,
        version=report.version,
        suggestions=suggestions,
        proposed_severity=report.proposed_severity,
    )


def read_decision(session: WorkspaceSession, decision: Decision) -> DecisionLine:
    """Read a decision with the name of who took it."""
    person = people.by_id(session, (decision.by_id,)).get(decision.by_id or 0)
    assert decision.id is not None
    return DecisionLine(decision.id, decision.kind, who(person), decision.at, decision.reason, decision.facts)


def _line(report: Report, persons: dict[int, Person], component_names: dict[str, str]) -> ReportLine:
    assert report.id is not None
    return ReportLine(
        report_id=report.id,
        key=report.key,
        title=report.title,
        state=report.state,
        resolution=report.resolution,
        severity=report.severity,
        component=component_names.get(report.component_key or "", report.component_key or ""),
        owner=who(persons.get(report.owner_id or 0)),
        permalink=report.card_permalink,
        created_at=report.created_at,
        private=report.private,
        due_at=report.due_at,
        is_overdue=report.due_at is not None and report.nudges >= Stage.OVERDUE,
    )


def _key(session: WorkspaceSession, report_id: int | None) -> str:
    report = reports.get(session, report_id) if report_id else None
    return report.key if report else ""
