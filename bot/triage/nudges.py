"""Nudges: the team hears once when a promise is nearly due; past due its lead does, then at most three times more.

A job looks at the promise when its next nudge is due, and makes one for the nudge after. So what a stopped process
missed comes as one nudge, not as many. Each job says for which due time and stage it was made; where that is no longer
so, it does nothing.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.routing.terms import Stage, Terms, terms_of
from bot.routing.working_time import add_working, next_working
from bot.services import Services
from bot.triage import jobs, permissions
from bot.triage.away import is_away
from bot.triage.cards import Card, read_card
from bot.triage.jobs import JobKind
from storage import people, record, reports
from storage.database import WorkspaceSession
from storage.models import AuditEvent, Report, ReportState, Via
from storage.queue import NewJob, defer

log = structlog.get_logger(__name__)

# How many working days after the nudge before each reminder comes.
WAITS = {Stage.ESCALATED: 1, Stage.FIRST_REMINDER: 2, Stage.SECOND_REMINDER: 4}
# Stands for the card's thread, where a person's id is asked for.
THREAD = ""


@dataclass(frozen=True)
class Nudge:
    """What a nudge says: of which report, how far it has come, and whom it mentions in the thread."""

    card: Card
    due_at: datetime
    stage: Stage
    mentions: str


@dataclass(frozen=True)
class Made:
    """For which report, due time and stage a job was made."""

    report_id: int
    due_at: datetime
    stage: Stage


def watch(session: WorkspaceSession, services: Services, report: Report) -> None:
    """Have the promise of a report looked at when its next nudge is due, if there is one to come."""
    terms = terms_of(services.settings, report)
    if report.due_at is None or terms is None:
        return
    when = _next(terms, report, report.due_at, services.now())
    if when is not None:
        key = f"promise:{report.id}:{report.version}:{report.nudges}:{when.isoformat()}"
        defer(session, NewJob(JobKind.CHECK_PROMISE, _payload(report), unique_key=key, run_at=when))


async def check(services: Services, made: Made) -> None:
    """Nudge for a promise if it is time, and have it looked at again; do nothing if it is another by now."""
    await services.database.write(services.workspace, lambda session: _check(session, services, made))


async def keep_told(services: Services, made: Made, *, channel: str, ts: str) -> None:
    """Write down where a nudge stands, so that its words can be taken out when the report becomes private."""
    now = services.now()

    def unit(session: WorkspaceSession) -> None:
        told = AuditEvent(
            at=now, via=Via.SCHEDULE, subject_type=record.REPORT, subject_id=made.report_id, action=record.NUDGED
        )
        told.after = {"channel": channel, "ts": ts}
        session.add(told)
        report = reports.get(session, made.report_id)
        if report is not None and report.private:
            # Perhaps it became so while we posted.
            jobs.mask(session, report, f"{channel}:{ts}")

    await services.database.write(services.workspace, unit)


async def read_nudge(services: Services, made: Made) -> Nudge | None:
    """Read what a nudge is to say; None when there is nothing to say any more."""

    def unit(session: WorkspaceSession) -> Nudge | None:
        report = _standing(session, made)
        if report is None:
            return None
        owner = people.by_id(session, (report.owner_id,)).get(report.owner_id or 0)
        is_here = owner is not None and not owner.is_bot and not is_away(owner, services.now())
        mentions = owner.slack_user_id if owner is not None and is_here and not report.private else ""
        return Nudge(read_card(session, report), made.due_at, made.stage, mentions)

    return await services.database.read(services.workspace, unit)


def _check(session: WorkspaceSession, services: Services, made: Made) -> None:
    report = _standing(session, made)
    terms = terms_of(services.settings, report) if report else None
    if report is None or terms is None:
        return
    now = services.now()
    is_overdue = now >= made.due_at
    if is_overdue and report.nudges < Stage.OVERDUE:
        _show_overdue(session, report)
    if (is_overdue or report.nudges == Stage.QUIET) and _opens(terms, report, now) <= now:
        report.nudges += 1
        _send(session, services, report)
    session.add(report)
    watch(session, services, report)


def _standing(session: WorkspaceSession, made: Made) -> Report | None:
    """Load a report if it still waits for triage with the same promise at the same stage."""
    report = reports.get(session, made.report_id)
    if report is None or report.state is not ReportState.NEW:
        return None
    return report if (report.due_at, report.nudges) == (made.due_at, made.stage) else None


def _next(terms: Terms, report: Report, due_at: datetime, now: datetime) -> datetime | None:
    stage = Stage(report.nudges)
    if stage is Stage.QUIET:
        ahead = terms.between(now, due_at) - terms.quarter
        return terms.may_nudge(terms.ends(now, ahead) if ahead.total_seconds() > 0 else now)
    if stage is Stage.ACT_SOON:
        return due_at
    if stage is Stage.OVERDUE:
        return terms.may_nudge(now)
    if stage not in WAITS:
        return None
    waited = add_working(terms.calendar, now, terms.calendar.day_length * WAITS[stage])
    return next_working(terms.calendar, waited)


def _opens(terms: Terms, report: Report, now: datetime) -> datetime:
    """Give from when on the next nudge may be sent; reminders come in working hours, whatever was promised."""
    return next_working(terms.calendar, now) if report.nudges >= Stage.ESCALATED else terms.may_nudge(now)


def _show_overdue(session: WorkspaceSession, report: Report) -> None:
    report.nudges = Stage.OVERDUE
    report.version += 1
    session.add(report)
    jobs.redraw(session, report)


def _send(session: WorkspaceSession, services: Services, report: Report) -> None:
    log.info("nudge", report=report.key, stage=Stage(report.nudges).name)
    hearers = [THREAD] if report.nudges == Stage.ACT_SOON else _hearers(session, services, report)
    for slack_user_id in hearers:
        lane = f"dm:{slack_user_id}" if slack_user_id else jobs.card_lane(_channel(session, report))
        key = f"nudge:{report.id}:{report.version}:{report.nudges}:{slack_user_id}"
        payload = {**_payload(report), "slack_user_id": slack_user_id}
        defer(session, NewJob(JobKind.NUDGE, payload, lane, key, services.now()))


def _hearers(session: WorkspaceSession, services: Services, report: Report) -> list[str]:
    """Name who hears of a broken promise: the team's lead, else the admins, else the card's thread.

    Of a private report only those hear who may open it.
    """
    settings = services.settings
    team = settings.teams.get(report.team_key)
    lead = [team.lead] if team is not None and team.lead else []
    for asked in (lead, list(settings.roles.admin)):
        seeing = [one for one in asked if permissions.may_see(session, settings, people.meet(session, one), report)]
        if seeing:
            return seeing
    return [THREAD]


def _channel(session: WorkspaceSession, report: Report) -> str:
    team = people.team(session, report.team_key)
    return report.card_channel or (team.channel_id if team else "")


def _payload(report: Report) -> dict[str, object]:
    assert report.due_at is not None
    return {"report_id": report.id, "due_at": report.due_at.isoformat(), "stage": int(report.nudges)}
