"""What happens in a tracker is seen here, from a delivery or from a poll: the same after parsing.

Neither is believed in itself: both only say which issues to read anew, behind all that waits to be said to them. So
deliveries that come twice, late, out of order or never do no harm.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.services import Services
from bot.triage import comments_in, frame_issues, jobs, outward
from bot.triage.decisions import SYSTEM_USER, Change, Rule, decide_by_tracker, facts_of
from bot.triage.states import Action, Transition, follow_tracker
from bot.triage.workflow import close_as, open_again
from integrations.trackers.base import Changes, Comment, CommentGone, Issue, Item
from storage import links, people, record, reports
from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    Decision,
    IssueLink,
    ItemKind,
    Release,
    Report,
    Resolution,
    SourceItem,
    Via,
)

# Trackers give times in whole seconds.
_GRAIN = timedelta(seconds=1)
SYNC_LOST = "sync_lost"


def take_in(session: WorkspaceSession, services: Services, tracker: str, changes: Changes) -> int:
    """Have every issue read anew that something new is said of, and keep the activity; returns how many issues."""
    for item in changes.items:
        _keep_item(session, tracker, item)
    touched = 0
    for project, news in _by_project(changes).items():
        known = links.by_external(session, tracker, project, news.keys())
        for external_id, link in known.items():
            if any(_is_news(link, one) for one in news[external_id]):
                jobs.refresh_issue(session, link, _cause(news[external_id]))
                touched += 1
    frame_issues.follow(session, services, tracker, changes.issues)
    for link in links.by_marker(session, [marker for issue in changes.issues for marker in issue.markers]):
        if link.external_id and not any(issue.external_id == link.external_id for issue in changes.issues):
            jobs.close_extras(session, link, services.now())
    return touched


async def refresh(services: Services, link_id: int) -> None:
    """Read an issue and its comments, and let the report follow what somebody changed there.

    Raises:
        TrackerError: the tracker cannot be read.
    """
    link = await services.database.read(services.workspace, lambda session: links.get(session, link_id))
    if link is None or not link.external_id:
        return
    tracker = services.trackers.get(link.tracker, link.project)
    issue = await tracker.get_issue(link.external_id)
    found = await tracker.list_comments(link.external_id) if issue is not None else ()
    await services.database.write(services.workspace, lambda session: _follow(session, services, link_id, issue, found))


def _follow(
    session: WorkspaceSession, services: Services, link_id: int, issue: Issue | None, found: tuple[Comment, ...]
) -> None:
    link = links.get(session, link_id)
    report = reports.get(session, link.subject_id) if link else None
    if link is None or report is None:
        return
    if issue is None:
        _gone(session, services, link, report)
        return
    state, assignee = link.state, link.assignee_raw
    outward.remember(link, issue, services.now())
    session.add(link)
    if not report.private:
        if issue.state is not state:
            _follow_state(session, services, link, report, issue)
        if link.assignee_raw != assignee and issue.assignee is not None:
            _follow_assignee(session, services, link, report, issue)
        if not issue.restricted:
            comments_in.receive(session, services, link, found)
    outward.forget_problem(session, services, link)


def _follow_state(session: WorkspaceSession, services: Services, link: IssueLink, report: Report, issue: Issue) -> None:
    if outward.issue_state(report) is issue.state:
        return
    last = _last_by_person(session, report)
    if last is not None and last.at > issue.updated_at + _GRAIN:
        _keep_loser(session, services, report, {"state": issue.state, "issue": issue.key, "at": f"{issue.updated_at}"})
        jobs.sync_issue(session, report, f"won:{last.id}:{issue.updated_at.timestamp():.0f}")
        return
    follow_state(session, services, link, report)


def follow_state(session: WorkspaceSession, services: Services, link: IssueLink, report: Report) -> None:
    """Let a report follow the state its issue is in."""
    transition = follow_tracker(report.state, link.state)
    if transition is None:
        return
    person = people.meet(session, SYSTEM_USER, "Liaison")
    facts = {"in": services.trackers.title(link.tracker), "issue": link.key}
    change = Change(session, services, report, person, facts=facts)
    decide_by_tracker(change, transition, _rule(transition))


def _last_by_person(session: WorkspaceSession, report: Report) -> Decision | None:
    """Find the newest decision that a person took here: what time or a tracker decided overrules nobody."""
    nobody = people.meet(session, SYSTEM_USER, "Liaison")
    found = record.decisions(session, report.id or 0)
    return next((one for one in found if one.by_id not in {None, nobody.id}), None)


def _rule(transition: Transition) -> Rule:
    def rule(change: Change) -> None:
        report, now = change.report, change.services.now()
        if transition.action is Action.START:
            report.started_at = report.started_at or now
        elif transition.action is Action.FIX:
            report.fixed_at = now
        elif transition.action is Action.DECLINE:
            change.facts["resolution"] = Resolution.WILL_NOT_FIX
            close_as(change, Resolution.WILL_NOT_FIX)
        elif transition.action is Action.REOPEN:
            open_again(report)
            report.came_back += 1

    return rule


def _follow_assignee(
    session: WorkspaceSession, services: Services, link: IssueLink, report: Report, issue: Issue
) -> None:
    assert issue.assignee is not None
    person = outward.person_of(session, services, link.tracker, issue.assignee)
    if person is None or person.id == report.owner_id or person.is_bot:
        return
    changed = [one for one in record.timeline(session, report.id or 0) if "owner_id" in one.after]
    owners = [one for one in changed if one.before.get("owner_id") != one.after["owner_id"] and one.via is not Via.SYNC]
    if owners and owners[-1].at > issue.updated_at + _GRAIN:
        _keep_loser(session, services, report, {"owner_id": person.id, "issue": issue.key})
        jobs.sync_issue(session, report, f"owner:{owners[-1].id}:{issue.updated_at.timestamp():.0f}")
        return
    before = facts_of(report)
    report.owner_id = person.id
    report.version += 1
    session.add(report)
    _keep_audit(session, services, report, "assign", before)
    jobs.redraw(session, report)
    jobs.tell_owner(session, report)


def _gone(session: WorkspaceSession, services: Services, link: IssueLink, report: Report) -> None:
    """Say on the card that the issue is not there any more; the report stays."""
    words = f"{link.key} is not in {services.trackers.title(link.tracker)} any more, or we may not see it."
    if link.error != words:
        link.error = words
        session.add(link)
        jobs.redraw_for(session, report, f"gone:{link.id}:{services.now().timestamp():.0f}")


def _keep_loser(session: WorkspaceSession, services: Services, report: Report, lost: dict[str, object]) -> None:
    """Write down what the tracker said and a newer decision here overruled."""
    session.add(
        AuditEvent(
            at=services.now(),
            via=Via.SYNC,
            subject_type=record.REPORT,
            subject_id=report.id or 0,
            action=SYNC_LOST,
            before=lost,
            after=facts_of(report),
        )
    )


def _keep_audit(
    session: WorkspaceSession, services: Services, report: Report, action: str, before: dict[str, object]
) -> None:
    session.add(
        AuditEvent(
            at=services.now(),
            via=Via.SYNC,
            subject_type=record.REPORT,
            subject_id=report.id or 0,
            action=action,
            before=before,
            after=facts_of(report),
        )
    )


_News = Issue | Comment | CommentGone


def _by_project(changes: Changes) -> dict[str, dict[str, list[_News]]]:
    found: dict[str, dict[str, list[_News]]] = {}
    for issue in changes.issues:
        found.setdefault(issue.project, {}).setdefault(issue.external_id, []).append(issue)
    told: tuple[Comment | CommentGone, ...] = (*changes.comments, *changes.gone)
    for comment in told:
        found.setdefault(comment.project, {}).setdefault(comment.issue_id, []).append(comment)
    return found


def _is_news(link: IssueLink, one: _News) -> bool:
    """Say whether this may be more than our own change coming back."""
    if not isinstance(one, Issue):
        return True
    seen = link.remote_updated_at
    return seen is None or one.updated_at > seen or (one.updated_at == seen and one.state is not link.state)


def _cause(news: Iterable[_News]) -> str:
    """Name what is new so that the same news twice is one reading."""
    parts = [
        f"{one.external_id}@{one.updated_at.timestamp():.3f}{one.state if isinstance(one, Issue) else ''}"
        if not isinstance(one, CommentGone)
        else f"-{one.external_id}"
        for one in news
    ]
    return ",".join(sorted(parts))[:200]


def _keep_item(session: WorkspaceSession, tracker: str, item: Item) -> None:
    if item.kind is ItemKind.RELEASE:
        links.keep_release(session, _release(tracker, item))
    links.keep_item(
        session,
        SourceItem(
            source=tracker,
            project=item.project,
            kind=item.kind,
            external_id=item.external_id,
            parent_external_id=item.parent_external_id,
            title=item.title,
            url=item.url,
            author=item.author,
            state=item.state,
            data=dict(item.data),
            opened_at=item.opened_at,
            updated_at=item.updated_at,
            closed_at=item.closed_at,
        ),
    )


def _release(tracker: str, item: Item) -> Release:
    return Release(
        source=tracker,
        repo=item.project,
        tag=str(item.data.get("tag", item.title)),
        name=item.title,
        url=item.url,
        published_at=_time(item.data.get("published_at")) or item.opened_at,
        prerelease=bool(item.data.get("prerelease")),
    )


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None
