"""A report gets an issue that is there already, or lets go of the one it has; the issue itself stays as it is."""

import secrets

from bot.errors import UserError
from bot.services import Services
from bot.triage import jobs, outward, permissions, sync
from bot.triage.cards import Card, read_card
from bot.triage.decisions import Change, Order, facts_of, keep_audit, load
from bot.triage.states import Right
from integrations.trackers.base import Issue, TrackerError
from storage import links, people, record, reports
from storage.database import WorkspaceSession
from storage.models import IssueLink, Report


async def link(services: Services, order: Order, url: str) -> Card:
    """Give a report the issue at an address; what is said there and in the thread goes both ways from now on.

    Raises:
        UserError: there is no such issue, or one of the two belongs to another already.
        PermissionRefused: the person does not decide on this report.
    """
    await services.database.write(services.workspace, lambda session: _allowed(session, services, order))
    found = services.trackers.read_url(url)
    if found is None:
        raise UserError(_no_address(services))
    kind, address = found
    try:
        # A link to Redmine does not name the project.
        project = address.project or next(iter(services.settings.projects_of(kind.name)), "")
        issue = await services.trackers.get(kind.name, project).get_issue(address.external_id)
    except TrackerError as failure:
        raise UserError(f"{kind.title} did not show that issue: {failure}") from failure
    if issue is None:
        raise UserError(f"{kind.title} has no such issue, or Liaison may not see it. Check the link.")
    if issue.restricted:
        raise UserError(f"{issue.key} may be seen by some people of its project only, so it is not shown in Slack.")
    return await services.database.write(
        services.workspace, lambda session: _link(session, services, order, kind.name, issue)
    )


async def unlink(services: Services, order: Order) -> Card:
    """Let a report go its own way; its issue stays in the tracker, and no other one is made.

    Raises:
        UserError: it has no issue in a tracker.
        PermissionRefused: the person does not decide on this report.
    """

    def unit(session: WorkspaceSession) -> Card:
        report = _allowed(session, services, order)
        known = links.outside(session, report)
        if known is None:
            raise UserError(f"{report.key} has no issue in a tracker. `/liaison link {report.key} URL` gives it one.")
        before = {**facts_of(report), "issue": known.key}
        links.let_go(session, known)
        _keep(session, services, order, report, "unlink", before)
        return read_card(session, report)

    return await services.database.write(services.workspace, unit)


def _allowed(session: WorkspaceSession, services: Services, order: Order) -> Report:
    report = load(session, order.report_id)
    person = people.meet(session, order.by)
    permissions.require(session, services.settings, person, report, Right.TRIAGER)
    if report.private:
        raise UserError(
            f"{report.key} is private, so it stays in Liaison. Show it to everybody first (More… on its card)."
        )
    return report


def _link(session: WorkspaceSession, services: Services, order: Order, tracker: str, issue: Issue) -> Card:
    report = _allowed(session, services, order)
    if record.find_request(session, order.request_key) is not None:
        return read_card(session, report)
    _require_free(session, report, tracker, issue)
    made = IssueLink(
        subject_type=record.REPORT,
        subject_id=report.id or 0,
        tracker=tracker,
        project=issue.project,
        marker=secrets.token_urlsafe(24),
        # What was said there before is not told again.
        intended_at=services.now(),
    )
    outward.remember(made, issue, services.now())
    session.add(made)
    session.flush()
    _keep(session, services, order, report, "link", facts_of(report))
    sync.follow_state(session, services, made, report)
    return read_card(session, report)


def _require_free(session: WorkspaceSession, report: Report, tracker: str, issue: Issue) -> None:
    known = links.outside(session, report)
    if known is not None and known.external_id:
        raise UserError(f"{report.key} has {known.key} already. `/liaison unlink {report.key}` lets go of it.")
    if known is not None:
        # What was to be filed needs no issue of its own any more.
        links.let_go(session, known)
    other = links.by_external(session, tracker, issue.project, [issue.external_id]).get(issue.external_id)
    owner = reports.get(session, other.subject_id) if other is not None else None
    if owner is not None:
        name = "another report" if owner.private else owner.key
        raise UserError(f"{issue.key} belongs to {name} already. Mark one as a duplicate of the other instead.")


def _keep(
    session: WorkspaceSession,
    services: Services,
    order: Order,
    report: Report,
    action: str,
    before: dict[str, object],
) -> None:
    report.version += 1
    session.add(report)
    session.flush()
    keep_audit(Change(session, services, report, people.meet(session, order.by)), order, action, before)
    jobs.redraw_for(session, report, str(report.version))


def _no_address(services: Services) -> str:
    titles = [kind.title for kind in services.trackers.kinds() if kind.name != "local"]
    if not titles:
        return "No tracker is set up here yet. Ask whoever runs Liaison; docs/trackers.md says how."
    return f"That is no link to an issue in {' or '.join(titles)}. Copy the address of the issue from your browser."
