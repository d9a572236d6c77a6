"""A report's issue in the tracker: made exactly once, and kept in step with the decisions here."""

import secrets

from bot.services import Services
from bot.triage.cards import Card, read_card
from integrations.trackers.base import Issue, IssueDraft, Tracker
from storage import people, record, reports
from storage.database import WorkspaceSession
from storage.models import IssueLink, IssueState, Report, ReportState, Resolution

_STATES = {
    ReportState.IN_PROGRESS: IssueState.DOING,
    ReportState.FIXED: IssueState.DONE,
}
_DONE = {Resolution.FIXED, Resolution.FIXED_NOT_VERIFIED}


async def file_issue(services: Services, report_id: int) -> None:
    """Make the issue of a report, unless there is one.

    The intent is written down first; when an earlier try may have made the issue, the tracker is searched for
    the marker before it is asked again.

    Raises:
        TrackerError: the tracker did not do it; the link keeps the marker for the next try.
    """
    workspace = services.workspace
    link, card, is_new = await services.database.write(workspace, lambda session: _intend(session, services, report_id))
    if link.external_id:
        return
    tracker = services.trackers[link.tracker]
    issue = None if is_new else await tracker.find_by_marker(link.marker)
    if issue is None:
        issue = await tracker.create_issue(_draft(link.marker, card))
    found = issue
    await services.database.write(workspace, lambda session: _linked(session, services, report_id, found))


async def sync_issue(services: Services, report_id: int) -> None:
    """Bring the issue's state in the tracker to that of the report."""

    def unit(session: WorkspaceSession) -> tuple[IssueLink | None, IssueState]:
        report = reports.get(session, report_id)
        link = reports.issue(session, report_id)
        return link, issue_state(report) if report else IssueState.OPEN

    link, wanted = await services.database.read(services.workspace, unit)
    if link is None or not link.external_id or link.state is wanted:
        return
    issue = await _tracker(services, link).set_state(link.external_id, wanted)
    await services.database.write(services.workspace, lambda session: _linked(session, services, report_id, issue))


def issue_state(report: Report) -> IssueState:
    """Say which of the four states of a tracker a report is in."""
    if report.state is ReportState.CLOSED:
        return IssueState.DONE if report.resolution in _DONE else IssueState.DROPPED
    return _STATES.get(report.state, IssueState.OPEN)


def _tracker(services: Services, link: IssueLink) -> Tracker:
    return services.trackers[link.tracker]


def _intend(session: WorkspaceSession, services: Services, report_id: int) -> tuple[IssueLink, Card, bool]:
    report = reports.get(session, report_id)
    assert report is not None
    link = reports.issue(session, report_id)
    is_new = link is None
    if link is None:
        component = people.component(session, report.component_key)
        named = next(iter(component.tracker), "local") if component else "local"
        link = IssueLink(
            subject_type=record.REPORT,
            subject_id=report_id,
            tracker=named if named in services.trackers else "local",
            marker=secrets.token_urlsafe(24),
            title=report.title,
        )
        session.add(link)
        session.flush()
    return link, read_card(session, report), is_new


def _draft(marker: str, card: Card) -> IssueDraft:
    return IssueDraft(marker=marker, title=f"{card.line.key} {card.line.title}", body=card.what)


def _linked(session: WorkspaceSession, services: Services, report_id: int, issue: Issue) -> None:
    link = reports.issue(session, report_id)
    assert link is not None
    link.external_id, link.key, link.url = issue.external_id, issue.key, issue.url
    link.state, link.synced_at = issue.state, services.now()
    session.add(link)
