"""How many people met a report: counted together with those of its duplicates; enough of them, or an S1, wake it."""

from bot.duplicates import follow_to_root
from bot.errors import UserError
from bot.triage import jobs, permissions
from bot.triage.decisions import Change, decide_by_rule
from bot.triage.states import Action
from storage import reports
from storage.models import FollowReason, Report, ReportState, Severity


def find_original(change: Change, number: int) -> Report:
    """Find what a report is a duplicate of: the first of a chain.

    Raises:
        UserError: there is none, or not for this person, or it is the report itself, or a private one which the
            followers of a public report would hear of.
    """
    report = change.report
    named = reports.by_number(change.session, number)
    original = follow_to_root(change.session, named) if named else None
    settings = change.services.settings
    if original is None or not permissions.may_see(change.session, settings, change.person, original):
        raise UserError(f"There is no BUG-{number}. Look for it with `/bug find words`.")
    if original.id == report.id:
        raise UserError(f"{report.key} cannot be a duplicate of itself.")
    if original.private and not report.private:
        raise UserError(f"{original.key} is private. Make {report.key} private first, since its followers move along.")
    return original


def merge(change: Change, original: Report) -> None:
    """Move the followers and hits of a report to its original."""
    report = change.report
    assert report.id is not None
    for follower in reports.followers(change.session, report.id):
        reports.follow(change.session, original, follower.person_id, FollowReason.ME_TOO)
    original.hits += report.hits
    original.version += 1
    change.session.add(original)
    report.duplicate_of_id = original.id
    jobs.redraw(change.session, original)
    wake_if_due(change, original)


def wake_if_due(change: Change, report: Report) -> None:
    """Wake a snoozed report that enough people have met by now."""
    if report.state is ReportState.SNOOZED and report.wake_at_hits is not None and report.hits >= report.wake_at_hits:
        decide_by_rule(Change(change.session, change.services, report, change.person), Action.WAKE, wake_up)


def wake_if_worst(change: Change) -> None:
    """Wake a snoozed report that is rated as the worst there is."""
    report = change.report
    if report.state is ReportState.SNOOZED and report.severity is Severity.S1:
        decide_by_rule(Change(change.session, change.services, report, change.person), Action.WAKE, wake_up)


def wake_up(change: Change) -> None:
    """Put a snoozed report back on top of the list."""
    change.report.snooze_until = change.report.wake_at_hits = None
    change.report.top_at = change.services.now()
