"""The issues a project has already become known reports: found by search and digests, without cards or messages.

Each page is one transaction with the cursor behind it, so that an import which is killed goes on where it was, and
nothing is there twice.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from bot import text
from bot.errors import PermissionRefused, UserError
from bot.services import Services
from bot.triage import jobs, outward
from bot.triage.decisions import SYSTEM_USER
from bot.triage.intake import BODY_LIMIT
from integrations.markup import markdown
from integrations.trackers.base import Issue, IssuePage
from storage import links, people, record, reports, search
from storage.database import WorkspaceSession
from storage.models import (
    AuditEvent,
    Component,
    ImportRun,
    ImportState,
    IssueLink,
    IssueState,
    Report,
    ReportState,
    Resolution,
    Source,
    Via,
)

_STATES = {
    IssueState.OPEN: (ReportState.ACCEPTED, None),
    IssueState.DOING: (ReportState.IN_PROGRESS, None),
    IssueState.DONE: (ReportState.CLOSED, Resolution.FIXED),
    IssueState.DROPPED: (ReportState.CLOSED, Resolution.WILL_NOT_FIX),
}


@dataclass(frozen=True)
class Progress:
    """How far an import came. `total` is 0 if the tracker does not say; `known` were there before."""

    run_id: int
    tracker: str
    project: str
    state: ImportState
    done: int
    known: int
    total: int
    started_at: datetime
    ended_at: datetime | None
    error: str
    channel: str
    ts: str


async def begin(services: Services, by: str, tracker: str, project: str) -> Progress:
    """Begin to import the issues of a project, or go on with what was stopped.

    Raises:
        UserError: the settings name no such project, or its tracker is not set up.
        PermissionRefused: the person is no administrator.
    """

    def unit(session: WorkspaceSession) -> Progress:
        _require_admin(session, services, by)
        kind = services.trackers.kind(tracker)
        if kind is None or tracker == "local":
            raise UserError(f"No tracker called “{tracker}” is set up here. `liaison check` says which are.")
        if _component(session, services, tracker, project) is None:
            raise UserError(
                f"No component's issues go to {project} in {kind.title}. Name it in the settings file first:"
                f" `tracker: {{{tracker}: {project}}}`."
            )
        run = links.last_import(session, tracker, project)
        if run is None or run.state is ImportState.DONE:
            person = people.meet(session, by)
            run = ImportRun(tracker=tracker, project=project, by_id=person.id or 0, started_at=services.now())
        return _go_on(session, services, run)

    return await services.database.write(services.workspace, unit)


async def resume(services: Services, by: str, run_id: int) -> Progress:
    """Go on with an import that was stopped or refused."""

    def unit(session: WorkspaceSession) -> Progress:
        _require_admin(session, services, by)
        return _go_on(session, services, _load(session, run_id))

    return await services.database.write(services.workspace, unit)


async def stop(services: Services, by: str, run_id: int) -> Progress:
    """Stop an import after the page it reads; it can go on later."""

    def unit(session: WorkspaceSession) -> Progress:
        _require_admin(session, services, by)
        run = _load(session, run_id)
        if run.state is ImportState.RUNNING:
            run.state = ImportState.STOPPED
            session.add(run)
        return _progress(services, run)

    return await services.database.write(services.workspace, unit)


async def read_page(services: Services, run_id: int) -> Progress | None:
    """Import the next page; None if there is nothing (more) to do.

    Raises:
        TrackerError: the tracker cannot be read; the next try goes on from the same page.
    """
    run = await services.database.read(services.workspace, lambda session: links.import_run(session, run_id))
    if run is None or run.state is not ImportState.RUNNING:
        return None
    page = await services.trackers.get(run.tracker, run.project).list_issues(run.cursor)
    before = run.cursor
    return await services.database.write(
        services.workspace, lambda session: _keep_page(session, services, run_id, before, page)
    )


async def fail(services: Services, run_id: int, error: str) -> Progress:
    """Keep that the tracker refused an import for good; it can go on once that is mended."""

    def unit(session: WorkspaceSession) -> Progress:
        run = _load(session, run_id)
        run.state, run.error = ImportState.FAILED, error
        session.add(run)
        return _progress(services, run)

    return await services.database.write(services.workspace, unit)


async def remember_message(services: Services, run_id: int, channel: str, ts: str) -> None:
    """Keep where the progress is shown."""

    def unit(session: WorkspaceSession) -> None:
        run = _load(session, run_id)
        run.channel, run.ts = channel, ts
        session.add(run)

    await services.database.write(services.workspace, unit)


async def all_runs(services: Services) -> list[Progress]:
    """List the imports, the newest first."""

    def unit(session: WorkspaceSession) -> list[Progress]:
        return [_progress(services, run) for run in links.import_runs(session)]

    return await services.database.read(services.workspace, unit)


def _require_admin(session: WorkspaceSession, services: Services, by: str) -> None:
    admins = services.settings.roles.admin
    if by not in admins:
        names = [people.meet(session, one).name or one for one in admins]
        ask = f"Ask {' or '.join(names)}." if names else "Name administrators in the settings file (roles: admin)."
        raise PermissionRefused(f"Only an administrator may import issues. {ask}")


def _load(session: WorkspaceSession, run_id: int) -> ImportRun:
    run = links.import_run(session, run_id)
    if run is None:
        raise UserError("That import is not here any more. Begin a new one with `/liaison import`.")
    return run


def _go_on(session: WorkspaceSession, services: Services, run: ImportRun) -> Progress:
    if run.state is not ImportState.RUNNING or run.id is None:
        run.state, run.error = ImportState.RUNNING, ""
        session.add(run)
        session.flush()
        jobs.import_page(session, run.id or 0, secrets.token_hex(8))
    return _progress(services, run)


def _keep_page(session: WorkspaceSession, services: Services, run_id: int, before: str, page: IssuePage) -> Progress:
    run = _load(session, run_id)
    if run.cursor != before:
        # Read twice; the other one was kept.
        return _progress(services, run)
    known = links.by_external(session, run.tracker, run.project, [issue.external_id for issue in page.issues])
    component = _component(session, services, run.tracker, run.project)
    for issue in (one for one in page.issues if not one.restricted):
        if issue.external_id in known or links.by_marker(session, issue.markers):
            run.known += 1
        else:
            _keep_issue(session, services, run, component, issue)
            run.done += 1
    run.cursor, run.total = page.cursor, max(run.total, page.total)
    if not page.cursor:
        run.state, run.ended_at = ImportState.DONE, services.now()
    elif run.state is ImportState.RUNNING:
        jobs.import_page(session, run_id, hashlib.sha256(page.cursor.encode()).hexdigest())
    session.add(run)
    return _progress(services, run)


def _keep_issue(
    session: WorkspaceSession, services: Services, run: ImportRun, component: Component | None, issue: Issue
) -> None:
    report = _report(session, services, run, component, issue)
    session.add(report)
    session.flush()
    search.index(session, report)
    link = IssueLink(
        subject_type=record.REPORT,
        subject_id=report.id or 0,
        tracker=run.tracker,
        project=run.project,
        marker=secrets.token_urlsafe(24),
        intended_at=services.now(),
    )
    outward.remember(link, replace(issue, project=run.project), services.now())
    session.add(link)
    session.add(
        AuditEvent(
            at=services.now(),
            actor_id=run.by_id,
            via=Via.API,
            subject_type=record.REPORT,
            subject_id=report.id or 0,
            action="import",
            after={"state": report.state, "issue": issue.key},
        )
    )


def _report(
    session: WorkspaceSession, services: Services, run: ImportRun, component: Component | None, issue: Issue
) -> Report:
    author = outward.person_of(session, services, run.tracker, issue.author)
    owner = outward.person_of(session, services, run.tracker, issue.assignee) if issue.assignee else None
    reporter = author or people.meet_bot(session, SYSTEM_USER, "Liaison")
    state, resolution = _STATES[issue.state]
    return Report(
        number=reports.next_number(session),
        title=text.clean_title(issue.title) or issue.key,
        what=text.clean(markdown.write(issue.body), limit=BODY_LIMIT).text,
        url="",
        source=Source.ADAPTER,
        permalink=issue.url,
        reporter_id=reporter.id or 0,
        team_key=component.team_key if component else next(iter(services.settings.teams)),
        component_key=component.key if component else None,
        route_reason=f"imported from {services.trackers.title(run.tracker)}",
        labels=[],
        owner_id=owner.id if owner else None,
        state=state,
        resolution=resolution,
        created_at=issue.created_at,
        top_at=issue.updated_at,
        closed_at=issue.updated_at if state is ReportState.CLOSED else None,
    )


def _component(session: WorkspaceSession, services: Services, tracker: str, project: str) -> Component | None:
    """Find the component whose issues go to a project; any of several."""
    for key in services.settings.components:
        named, target = services.settings.target_of(key)
        if named == tracker and re.fullmatch(re.escape(target), project, re.IGNORECASE):
            return people.component(session, key)
    return None


def _progress(services: Services, run: ImportRun) -> Progress:
    return Progress(
        run_id=run.id or 0,
        tracker=services.trackers.title(run.tracker),
        project=run.project,
        state=run.state,
        done=run.done,
        known=run.known,
        total=run.total,
        started_at=run.started_at,
        ended_at=run.ended_at,
        error=run.error,
        channel=run.channel,
        ts=run.ts,
    )
