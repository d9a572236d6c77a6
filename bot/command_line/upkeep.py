"""`liaison status` and `liaison queue`: how the installation is, and the jobs that wait for a person."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import case
from sqlmodel import col, select

from bot.command_line.database import require_newest, workspaces
from bot.command_line.screen import EXIT_PROBLEMS, refuse, say, show_rows
from bot.status import Status, read_status
from bot.status_digests import RESUME, Pause
from bot.status_trackers import ProjectStatus
from storage.database import Database, WorkspaceSession
from storage.models import Job, JobState
from storage.queue.embedded import retry_dead

T = TypeVar("T")
MOST_SHOWN = 40  # One screen.
OPEN = (JobState.DEAD, JobState.RUNNING, JobState.READY)
NOBODY = "Liaison has not met a workspace yet. `liaison run` connects it."


def status(url: str) -> int:
    """Show how every workspace is; return the exit code."""
    require_newest(url)
    now = datetime.now(UTC)
    found = _each(url, lambda session: read_status(session, now))
    if not found:
        say(NOBODY)
    for workspace, one in found.items():
        _show_status(workspace, one)
    return EXIT_PROBLEMS if any(one.problems for one in found.values()) else 0


def list_jobs(url: str) -> None:
    """Show the jobs that gave up, run and wait, those that gave up first."""
    require_newest(url)
    rows = [row for jobs in _each(url, _open_jobs).values() for row in jobs]
    if not rows:
        say("The queue is empty.")
        return
    show_rows(rows[:MOST_SHOWN], ("JOB", "STATE", "KIND", "TRIES", "DUE (UTC)", "LAST ERROR"))
    if len(rows) > MOST_SHOWN:
        say(f"and {len(rows) - MOST_SHOWN} more or further ones")


def retry(url: str, job_id: int | None) -> None:
    """Have jobs that gave up tried again, all or the one."""
    require_newest(url)
    now = datetime.now(UTC)
    count = sum(_each(url, lambda session: retry_dead(session, now, job_id), writes=True).values())
    if not count and job_id is not None:
        refuse(f"Job {job_id} has not given up. `liaison queue list` shows which have.")
    say(f"{count} job{'s' * (count != 1)} will be tried again." if count else "No job has given up.")


def _each(url: str, unit: Callable[[WorkspaceSession], T], *, writes: bool = False) -> dict[str, T]:
    """Run a unit in every workspace of the database."""

    async def run() -> dict[str, T]:
        database = Database(url)
        transaction = database.write if writes else database.read
        try:
            return {workspace: await transaction(workspace, unit) for workspace in workspaces(url)}
        finally:
            await database.close()

    return asyncio.run(run())


def _show_status(workspace: str, one: Status) -> None:
    counts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in one.reports.items())
    rows = [("", "settings", one.settings)] if one.settings else []
    rows += [("", "reports", counts or "none yet"), ("", "jobs", f"{one.waiting} waiting, {len(one.dead)} gave up")]
    rows += [("wrong" if project.error else "", project.name, _facts(project)) for project in one.projects]
    rows += [("note", pause.name, _pause(pause)) for pause in one.paused]
    rows += [("wrong", "problem", problem) for problem in one.problems] or [("ok", "problems", "none: all is well")]
    say(f"Workspace {workspace}")
    show_rows(rows)


def _facts(project: ProjectStatus) -> str:
    read = f"last read {project.read_at:%d %b %Y %H:%M} UTC" if project.read_at else "not read yet"
    if project.waiting is None:
        return read
    return f"{read}, {project.waiting} {'job waits' if project.waiting == 1 else 'jobs wait'}"


def _pause(pause: Pause) -> str:
    until = f" until {pause.until:%d %b %Y %H:%M} UTC" if pause.until else ""
    return f"paused{until}, {RESUME} ends that"


def _open_jobs(session: WorkspaceSession) -> list[tuple[str, ...]]:
    order = case({state: place for place, state in enumerate(OPEN)}, value=col(Job.state))
    jobs = session.exec(
        select(Job).where(col(Job.state).in_(OPEN)).order_by(order, col(Job.run_at)).limit(MOST_SHOWN + 1)
    )
    return [
        (str(job.id), job.state.value, job.kind, str(job.attempts), f"{job.run_at:%Y-%m-%d %H:%M}", job.error[:200])
        for job in jobs
    ]
