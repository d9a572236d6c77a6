"""What a report says goes to its issue: state, severity label, labels, owner."""

import secrets
from datetime import datetime

from bot.routing.accounts import named_by
from bot.services import Services
from bot.triage import issue_text, jobs
from integrations.trackers.base import Ability, Account, Issue, IssueChange, TrackerError
from storage import digests, frames, people, reports
from storage.database import WorkspaceSession
from storage.models import IssueLink, IssueState, Person, Report, ReportState, Resolution

_STATES = {ReportState.IN_PROGRESS: IssueState.DOING, ReportState.FIXED: IssueState.DONE}
_DONE = {Resolution.FIXED, Resolution.FIXED_NOT_VERIFIED}


async def is_behind(services: Services, report_id: int) -> int | None:
    """Give the link of an issue whose state or owner is to be changed, which people may have changed there as well."""
    found = await services.database.read(services.workspace, lambda session: _wanted(session, services, report_id))
    if found is None:
        return None
    link, change = found
    return link.id if change.state is not None or change.assignee is not None else None


async def sync_issue(services: Services, report_id: int) -> bool:
    """Bring the issue in the tracker to what the report says; return whether anything had to be changed there.

    Raises:
        TrackerError: the tracker did not do it.
    """
    owner = await services.database.read(
        services.workspace, lambda session: _unmapped_owner(session, services, report_id)
    )
    if owner is not None:
        await _learn_account(services, *owner)
    found = await services.database.read(services.workspace, lambda session: _wanted(session, services, report_id))
    if found is None:
        return False
    link, change = found
    tracker = services.trackers.get(link.tracker, link.project)
    link_id = link.id or 0
    try:
        issue = await tracker.update_issue(link.external_id, change)
    except TrackerError as failure:
        words = str(failure)
        await services.database.write(services.workspace, lambda session: keep_problem(session, link_id, words))
        raise
    await services.database.write(services.workspace, lambda session: _keep(session, services, link_id, change, issue))
    return True


def issue_state(report: Report) -> IssueState:
    """Say which of the four states of a tracker a report is in."""
    if report.state is ReportState.CLOSED:
        return IssueState.DONE if report.resolution in _DONE else IssueState.DROPPED
    return _STATES.get(report.state, IssueState.OPEN)


def is_over(state: IssueState) -> bool:
    """Say whether nobody needs to work on an issue any more."""
    return state in {IssueState.DONE, IssueState.DROPPED}


def labels_of(services: Services, report: Report) -> tuple[str, ...]:
    """List the labels that Liaison gives the issue of a report."""
    component = services.settings.components.get(report.component_key or "")
    labels = [*(component.labels if component else ()), *report.labels, issue_text.severity_label(report.severity)]
    return tuple(dict.fromkeys(label for label in labels if label))


def account_of(services: Services, person: Person | None, tracker: str) -> str:
    """Give a person's account in a tracker: as the settings say, or as their e-mail address told; empty if unknown."""
    if person is None:
        return ""
    member = services.settings.people.get(person.slack_user_id)
    named = member.accounts.get(tracker, "") if member else ""
    return named or person.tracker_accounts.get(tracker, "")


def person_of(session: WorkspaceSession, services: Services, tracker: str, account: Account) -> Person | None:
    """Find whose account this is: as the settings say, else by e-mail address."""
    named = named_by(services.settings, tracker, account.key)
    return people.meet(session, named) if named else people.by_account(session, tracker, account.key, account.email)


def keep_problem(session: WorkspaceSession, link_id: int, words: str) -> None:
    """Keep why an issue is not made, or not brought in line, and have the card say it."""
    link = session.get_one(IssueLink, link_id)
    if link.error != words:
        link.error = words
        session.add(link)
        _redraw(session, link)


def forget_problem(session: WorkspaceSession, services: Services, link: IssueLink) -> None:
    """Have the card say no more that an issue is not in line, unless it still is not."""
    if link.error and _wanted(session, services, link.subject_id) is None:
        link.error = ""
        session.add(link)
        _redraw(session, link)


def _redraw(session: WorkspaceSession, link: IssueLink) -> None:
    if link.subject_type == frames.FRAME:
        digests.touch(session, f"item:{link.subject_id}")
        return
    report = reports.get(session, link.subject_id)
    if report is not None:
        jobs.redraw_for(session, report, f"problem:{secrets.token_hex(4)}")


def remember(link: IssueLink, issue: Issue, now: datetime) -> None:
    """Keep how the tracker has an issue: what comes back equal is no news."""
    link.external_id, link.key, link.url, link.title = issue.external_id, issue.key, issue.url, issue.title
    link.state, link.state_raw = issue.state, issue.state_raw
    link.labels, link.assignee_raw = list(issue.labels), issue.assignee.key if issue.assignee else ""
    link.remote_updated_at, link.synced_at = issue.updated_at, now


def _unmapped_owner(session: WorkspaceSession, services: Services, report_id: int) -> tuple[IssueLink, Person] | None:
    """Give the owner whose account is to be asked for by their e-mail address."""
    report, link = reports.get(session, report_id), reports.issue(session, report_id)
    if report is None or link is None or not link.external_id or link.tracker == "local":
        return None
    owner = people.by_id(session, (report.owner_id,)).get(report.owner_id or 0)
    if owner is None or not owner.email or account_of(services, owner, link.tracker):
        return None
    return None if link.tracker in owner.tracker_accounts else (link, owner)


async def _learn_account(services: Services, link: IssueLink, owner: Person) -> None:
    """Ask the tracker who has this e-mail address; that nobody has is kept as well."""
    tracker = services.trackers.get(link.tracker, link.project)
    if Ability.ASSIGNEE not in tracker.abilities:
        return
    try:
        accounts = await tracker.find_accounts(owner.email)
    except TrackerError as failure:
        if failure.retryable:
            raise
        accounts = ()
    key = next((one.key for one in accounts if one.email.casefold() == owner.email.casefold()), "")
    owner_id = owner.id or 0

    def unit(session: WorkspaceSession) -> None:
        person = session.get_one(Person, owner_id)
        person.tracker_accounts = {**person.tracker_accounts, link.tracker: key}
        session.add(person)

    await services.database.write(services.workspace, unit)


def _wanted(session: WorkspaceSession, services: Services, report_id: int) -> tuple[IssueLink, IssueChange] | None:
    """Say what has to change in the tracker; None if nothing has, or if there is no issue yet."""
    report, link = reports.get(session, report_id), reports.issue(session, report_id)
    if report is None or link is None or not link.external_id or report.private:
        return None
    state, labels = issue_state(report), labels_of(services, report)
    owner = people.by_id(session, (report.owner_id,)).get(report.owner_id or 0)
    account = account_of(services, owner, link.tracker)
    stale = [one for one in link.our_labels if one not in labels]
    is_reassigned = bool(account) and account.casefold() != link.assignee_raw.casefold()
    change = IssueChange(
        state=state if state is not link.state else None,
        add_labels=tuple(one for one in labels if one not in link.labels and one not in link.our_labels),
        remove_labels=tuple(one for one in stale if one in link.labels),
        assignee=account if is_reassigned else None,
    )
    return None if change == IssueChange() else (link, change)


def _keep(session: WorkspaceSession, services: Services, link_id: int, change: IssueChange, issue: Issue) -> None:
    link = session.get_one(IssueLink, link_id)
    remember(link, issue, services.now())
    if link.error:
        _redraw(session, link)
    kept = [label for label in link.our_labels if label not in change.remove_labels]
    link.our_labels = [*kept, *(label for label in change.add_labels if label not in kept)]
    link.error = ""
    session.add(link)
