"""A report's issue in its tracker, made exactly once.

The intent is written down before the tracker is asked. When an answer is lost, the tracker is searched for the
unguessable marker before it is asked again; what comes to light too late is closed as a duplicate of the first.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.services import Services
from bot.triage import files, issue_text, jobs, outward
from bot.triage.cards import Card, read_card
from integrations.trackers.base import Issue, IssueDraft, Tracker, TrackerError
from storage import links, people, record, reports
from storage.database import WorkspaceSession
from storage.models import AuditEvent, IssueLink, Report, Via
from storage.queue import RetryLater

LOCAL = "local"
# A request that was given up on may still reach the tracker; after this long it will not any more.
SETTLE = timedelta(seconds=30)
# The issue names the address of the card, so the card is posted first; but it is not waited for longer than this.
CARD_TAKES_AT_MOST = timedelta(minutes=1)
# When an issue is looked for that landed later than that all the same.
LOOKS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))


@dataclass(frozen=True)
class Intent:
    """What is to be filed; `unknown_since` is set when an earlier try may have made the issue."""

    link_id: int
    tracker: str
    project: str
    draft: IssueDraft
    unknown_since: datetime | None


async def file_issue(services: Services, report_id: int) -> bool:
    """Make the issue of a report, unless it has one; return whether its tracker was asked.

    Raises:
        TrackerError: the tracker did not do it; the link keeps why, and what must be looked for.
        RetryLater: an earlier try may still land.
    """
    intent = await services.database.write(services.workspace, lambda session: _intend(session, services, report_id))
    if intent is None:
        return False
    issue = await make_issue(services, intent)
    await services.database.write(services.workspace, lambda session: _linked(session, services, intent, issue))
    return True


async def make_issue(services: Services, intent: Intent) -> Issue:
    """Make an issue, or find the one that an earlier try made.

    Raises:
        TrackerError, RetryLater: as `file_issue`.
    """
    try:
        tracker = services.trackers.get(intent.tracker, intent.project)
        return await _find(services, tracker, intent) or await _create(services, tracker, intent)
    except TrackerError as failure:
        words = str(failure)
        await services.database.write(
            services.workspace, lambda session: outward.keep_problem(session, intent.link_id, words)
        )
        raise


def file_unfiled(session: WorkspaceSession, now: datetime) -> None:
    """Have the issues made of reports whose card could not be posted: they are not waited for any longer."""
    for report in reports.without_issue(session, created_before=now - CARD_TAKES_AT_MOST):
        jobs.file_issue(session, report, "late")


async def close_extras(services: Services, link_id: int) -> None:
    """Close whatever else carries a link's marker as a duplicate of its issue; both are linked."""
    link = await services.database.read(services.workspace, lambda session: session.get(IssueLink, link_id))
    if link is None or not link.external_id:
        return
    tracker = services.trackers.get(link.tracker, link.project)
    found = await tracker.find_by_marker(link.marker)
    original = next((issue for issue in found if issue.external_id == link.external_id), None)
    for extra in found:
        if original is not None and extra is not original and not outward.is_over(extra.state):
            await tracker.close_as_duplicate(extra.external_id, original)
            await services.database.write(services.workspace, partial(_note_extra, services, link, extra))


def _intend(session: WorkspaceSession, services: Services, report_id: int) -> Intent | None:
    report = reports.get(session, report_id)
    if report is None:
        return None
    link = reports.issue(session, report_id)
    tracker, project = target(services, report)
    if link is not None and tracker != LOCAL and links.was_let_go(session, report_id):
        return None
    if link is None or (link.tracker == LOCAL and tracker != LOCAL):
        link = _new_link(session, report, tracker, project)
    if link.external_id:
        return None
    card = read_card(session, report)
    assert link.id is not None
    draft = _draft(session, services, report, link, card)
    return Intent(link.id, link.tracker, link.project, draft, unknown_since(link))


def target(services: Services, report: Report) -> tuple[str, str]:
    """Say in which project of which tracker a report's issue belongs; what is private stays in Liaison."""
    if report.private:
        return LOCAL, ""
    return services.settings.target_of(report.component_key)


def _new_link(session: WorkspaceSession, report: Report, tracker: str, project: str) -> IssueLink:
    assert report.id is not None
    link = IssueLink(
        subject_type=record.REPORT,
        subject_id=report.id,
        tracker=tracker,
        project=project,
        marker=secrets.token_urlsafe(24),
        title=report.title,
    )
    session.add(link)
    session.flush()
    return link


def unknown_since(link: IssueLink) -> datetime | None:
    """Say since when the issue of a link may have been made without our knowing; None if that is not so."""
    return link.intended_at if not link.settled else None


def _draft(session: WorkspaceSession, services: Services, report: Report, link: IssueLink, card: Card) -> IssueDraft:
    owner = people.by_id(session, (report.owner_id,)).get(report.owner_id or 0)
    return IssueDraft(
        marker=link.marker,
        # The built-in tracker has no keys of its own.
        title=f"{report.key} {report.title}" if link.tracker == LOCAL else report.title,
        body=issue_text.describe(card, link.marker),
        labels=outward.labels_of(services, report),
        assignee=outward.account_of(services, owner, link.tracker),
    )


async def _find(services: Services, tracker: Tracker, intent: Intent) -> Issue | None:
    """Look for what an earlier try may have made; wait as long as it may still land."""
    if intent.unknown_since is None:
        return None
    found = await tracker.find_by_marker(intent.draft.marker)
    if found:
        return found[0]
    left = intent.unknown_since + SETTLE - services.now()
    if left > timedelta():
        raise RetryLater(left)
    return None


async def _create(services: Services, tracker: Tracker, intent: Intent) -> Issue:
    """Ask once; from the moment before until the answer the outcome counts as unknown."""
    await services.database.write(
        services.workspace, lambda session: _mark_unknown(session, intent.link_id, services.now())
    )
    try:
        return await tracker.create_issue(intent.draft)
    except TrackerError as failure:
        if not failure.may_have_happened and intent.unknown_since is None:
            await services.database.write(services.workspace, lambda session: _mark_known(session, intent.link_id))
        raise


def _mark_unknown(session: WorkspaceSession, link_id: int, now: datetime) -> None:
    link = session.get_one(IssueLink, link_id)
    link.intended_at, link.settled = now, False
    session.add(link)


def _mark_known(session: WorkspaceSession, link_id: int) -> None:
    link = session.get_one(IssueLink, link_id)
    link.settled = True
    session.add(link)


def _linked(session: WorkspaceSession, services: Services, intent: Intent, issue: Issue) -> None:
    link = session.get_one(IssueLink, intent.link_id)
    report = reports.get(session, link.subject_id)
    assert report is not None
    outward.remember(link, issue, services.now())
    link.our_labels = list(intent.draft.labels)
    link.intended_at = link.intended_at or services.now()
    link.settled, link.error = True, ""
    session.add(link)
    if link.tracker == LOCAL:
        return
    _keep_audit(session, services, link, "file_issue", {"issue": issue.key, "url": issue.url, "tracker": link.tracker})
    jobs.redraw_for(session, report, f"filed:{link.id}")
    jobs.sync_issue(session, report, f"filed:{link.id}")
    files.copy_of_report(session, services, link, report)
    jobs.send_comments(session, link)
    if intent.unknown_since is not None:
        for wait in LOOKS:
            jobs.close_extras(session, link, services.now() + wait)


def _note_extra(services: Services, link: IssueLink, extra: Issue, session: WorkspaceSession) -> None:
    _keep_audit(session, services, link, "close_extra", {"issue": extra.key, "url": extra.url})


def _keep_audit(
    session: WorkspaceSession, services: Services, link: IssueLink, action: str, after: dict[str, str]
) -> None:
    session.add(
        AuditEvent(
            at=services.now(),
            via=Via.SYNC,
            subject_type=link.subject_type,
            subject_id=link.subject_id,
            action=action,
            after=after,
        )
    )
