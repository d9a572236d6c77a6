"""How it goes with digests: what they are made from besides trackers, which are paused, and which did not come."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from bot.digests import audiences, runs
from bot.digests.jobs import DigestJob
from bot.digests.source_polling import SOURCES
from bot.digests.sources import STALE_AFTER
from bot.status_trackers import ProjectStatus
from storage import digests, links
from storage.database import WorkspaceSession
from storage.models import Audience, DigestRun, Job, JobState, RunState

# A digest comes once a week at least, a week later where days are off: what was due before is nobody's problem now.
_LATELY = timedelta(days=14)

# What ends a pause.
RESUME = "/liaison digest NAME resume"


@dataclass(frozen=True)
class Pause:
    """A digest that somebody paused; without `until` for good."""

    key: str
    until: datetime | None

    @property
    def name(self) -> str:
        """Give what people call it."""
        return _name(self.key)


def read_sources(session: WorkspaceSession) -> tuple[ProjectStatus, ...]:
    """List what digests read besides trackers, also what waits to be read the first time; by source and name."""
    known = {(one.tracker, one.project): one for one in links.cursors(session) if one.tracker in SOURCES}
    found = []
    for source, project in sorted({*known, *_to_be_read(session)}):
        cursor = known.get((source, project)) or links.cursor(session, source, project)
        error = cursor.error if cursor.failing_since else ""
        found.append(ProjectStatus(source, project, cursor.polled_at, cursor.failing_since, error, None))
    return tuple(found)


def read_pauses(session: WorkspaceSession, now: datetime, named: Collection[str] | None) -> tuple[Pause, ...]:
    """List the digests that are paused now; `named` are those of the settings, None where they are not at hand."""
    paused = select(Audience).where(col(Audience.paused)).order_by(col(Audience.id))
    return tuple(
        Pause(one.key, one.paused_until)
        for one in session.exec(paused)
        if (one.paused_until is None or now < one.paused_until) and (named is None or one.key in named)
    )


def digest_problems(
    session: WorkspaceSession, now: datetime, named: Collection[str] | None, fixes: Mapping[str, str]
) -> list[str]:
    """Say which digests did not come the last time, why and what to do; `fixes` are what to do by Slack's word."""
    keys = session.exec(select(Audience.key).order_by(col(Audience.id))).all()
    lasts = [run for key in keys if named is None or key in named for run in digests.last_runs(session, key, limit=1)]
    return [_problem(run, fixes) for run in lasts if now - run.due_at <= _LATELY and _is_problem(run)]


def stale_sources(sources: Collection[ProjectStatus], now: datetime) -> list[str]:
    """Say what was not read for so long that digests do not believe it any more, though nothing is known to fail."""
    return [
        f"{one.name} was not read since {one.read_at:%d %b %Y %H:%M} UTC, so digests leave out what comes from it."
        " Is `liaison run` running?"
        for one in sources
        if one.read_at is not None and one.failing_since is None and now - one.read_at >= STALE_AFTER
    ]


def _to_be_read(session: WorkspaceSession) -> set[tuple[str, str]]:
    waiting = select(Job.payload).where(Job.kind == DigestJob.POLL_SOURCE, Job.state == JobState.READY)
    return {(str(payload["source"]), str(payload["project"])) for payload in session.exec(waiting)}


def _is_problem(run: DigestRun) -> bool:
    """Say whether somebody should know; one that was only left out since the next came soon is none."""
    return run.state is RunState.FAILED or (run.state in runs.GIVEN_UP and bool(run.error))


def _problem(run: DigestRun, fixes: Mapping[str, str]) -> str:
    begin = f"{_name(run.audience_key)} of {run.due_at:%d %b %Y %H:%M} UTC could not be"
    if run.state is RunState.FAILED:
        return f"{begin} collected: {run.error}. It is tried again by itself."
    fix = fixes.get(run.error, "Mend the cause")
    return f"{begin} posted: {run.error}. {fix}, then `/liaison digest {run.audience_key} now` posts it."


def _name(key: str) -> str:
    return f"The {audiences.title(key)} digest"
