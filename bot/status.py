"""What is wrong, in words, and what to do about it: for `liaison status`, `/liaison status` and health."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, func, select

from bot.status_digests import Pause, digest_problems, read_pauses, read_sources, stale_sources
from bot.status_trackers import ProjectStatus, read_projects
from storage import people, record, reports
from storage.database import WorkspaceSession
from storage.models import Job, JobState, ReportState

STUCK_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Status:
    """How the installation is. `problems` are sentences with what to do; empty means all is well.

    `settings` says which settings are in force; empty when none were ever. `projects` are those in trackers, and what
    digests read besides; `paused` are digests.
    """

    reports: dict[ReportState, int]
    waiting: int
    dead: tuple[tuple[int, str, str], ...]
    problems: tuple[str, ...]
    settings: str = ""
    projects: tuple[ProjectStatus, ...] = ()
    paused: tuple[Pause, ...] = ()


def read_status(session: WorkspaceSession, now: datetime, audiences: Collection[str] | None = None) -> Status:
    """Read the state of reports, queue, trackers, digests and teams.

    `audiences` are those of the settings; None where they are not at hand, then all that ever were are told of.
    """
    sources = read_sources(session)
    projects = (*read_projects(session), *sources)
    waiting = session.exec(select(func.count()).select_from(Job).where(Job.state == JobState.READY)).one()
    late = session.exec(
        select(func.count()).select_from(Job).where(Job.state == JobState.READY, Job.run_at < now - STUCK_AFTER)
    ).one()
    dead = session.exec(select(Job).where(Job.state == JobState.DEAD).order_by(col(Job.id)).limit(20)).all()
    problems = [_dead(job) for job in dead]
    if late:
        problems.append(f"{late} jobs are late by more than five minutes. Is `liaison run` running?")
    problems += [_failing(one) for one in projects if one.failing_since]
    problems += [*stale_sources(sources, now), *digest_problems(session, now, audiences, _FIXES)]
    problems += [*_settings_problems(session), *_team_problems(session)]
    return Status(
        reports=reports.count_by_state(session),
        waiting=waiting,
        dead=tuple((job.id or 0, job.kind, job.error) for job in dead),
        problems=tuple(problems),
        settings=_settings(session),
        projects=projects,
        paused=read_pauses(session, now, audiences),
    )


def _dead(job: Job) -> str:
    fix = _FIXES.get(job.error, "Mend the cause")
    return f"Job {job.id} ({job.kind.replace('_', ' ')}) gave up: {job.error}. {fix}, then `liaison queue retry`."


def _failing(project: ProjectStatus) -> str:
    since = f"{project.failing_since:%d %b %Y %H:%M} UTC"
    return f"{project.name} fails since {since}: {project.error}"


def _settings(session: WorkspaceSession) -> str:
    in_force = next((one for one in record.settings_events(session) if one.action == record.IN_FORCE), None)
    if in_force is None:
        return ""
    return f"{in_force.after['file']}, {in_force.after['summary']}, since {in_force.at:%d %b %Y %H:%M} UTC"


def _settings_problems(session: WorkspaceSession) -> list[str]:
    last = next(iter(record.settings_events(session)), None)
    if last is None or last.action != record.REFUSED:
        return []
    first = next(iter(last.after["problems"]), "")
    since = f"{last.at:%d %b %Y %H:%M} UTC"
    said = f"A newer {last.after['file']} is refused since {since}; the former settings stay in force."
    return [f"{said} Mend it, first {first}. It is read again by itself."]


def _team_problems(session: WorkspaceSession) -> list[str]:
    found = []
    for team in people.teams(session):
        if not team.channel_id or team.channel_id.startswith("#"):
            channel = team.channel_id or "no channel"
            found.append(f"Team {team.name}: {channel} is not found. Create it, or name another in the settings.")
        elif not team.members:
            found.append(f"Team {team.name} has nobody who may decide. Invite Liaison to its channel.")
    return [*found, *_stranded(session)]


def _stranded(session: WorkspaceSession) -> list[str]:
    """Name the teams that open reports still belong to, and that are no longer in the settings."""
    known = [team.key for team in people.teams(session)]
    counts = reports.count_open_by_team(session)
    return [
        f"{count} open reports belong to the team {key}, which is no longer in the settings: put it back, or have an"
        " administrator move them with *Wrong team…* on their cards."
        for key, count in counts.items()
        if key not in known
    ]


_FIXES = {
    "not_in_channel": "Invite the bot: `/invite @Liaison` in that channel",
    "channel_not_found": "The channel is gone or hidden: name another in the settings file",
    "is_archived": "The channel is archived: name another in the settings file",
    "invalid_auth": "The bot token is refused: set a new SLACK_BOT_TOKEN",
    "token_revoked": "The bot token was revoked: install the app again and set SLACK_BOT_TOKEN",
    "account_inactive": "The app was removed from the workspace: install it again",
    "missing_scope": "The app lacks a scope: install it again from `liaison manifest`",
}
