"""How it goes with each project of a tracker: when it was last read, what fails, and what waits for it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from bot.triage.jobs import ISSUE_LANE
from storage import links, people
from storage.database import WorkspaceSession
from storage.models import Component, IssueLink, Job, JobState, Report

LOCAL = "local"
# As many ids as fit into one statement on every database.
_AT_ONCE = 500
_Place = tuple[str, str]


@dataclass(frozen=True)
class ProjectStatus:
    """A project that is asked for changes. `waiting` counts the jobs that wait to say something to it, None: it is
    only read.

    `read_at` is None before it was read the first time; `failing_since` and `error` say what fails, if anything does.
    """

    tracker: str
    project: str
    read_at: datetime | None
    failing_since: datetime | None
    error: str
    waiting: int | None

    @property
    def name(self) -> str:
        """Give what the settings file calls it."""
        return f"{self.tracker} {self.project}"


def read_projects(session: WorkspaceSession) -> tuple[ProjectStatus, ...]:
    """List the projects that components name or something here has an issue in, by tracker and name."""
    targets = {component.key: _target(component) for component in people.components(session)}
    places = {place for place in targets.values() if place} | links.projects(session)
    waiting = _waiting(session, targets)
    found = []
    for tracker, project in sorted(places):
        cursor = links.cursor(session, tracker, project)
        since = cursor.failing_since
        error = cursor.error if since else ""
        found.append(ProjectStatus(tracker, project, cursor.polled_at, since, error, waiting[tracker, project]))
    return tuple(found)


def _target(component: Component) -> _Place | None:
    named = next(iter(component.tracker.items()), (LOCAL, ""))
    return named if named[0] != LOCAL else None


def _waiting(session: WorkspaceSession, targets: dict[str, _Place | None]) -> Counter[_Place]:
    """Count the jobs by the project that the issue of their report is in, or belongs in while it has none."""
    lanes = select(Job.lane, func.count()).where(Job.state == JobState.READY, col(Job.lane).startswith(ISSUE_LANE))
    counts = {
        int((lane or "").removeprefix(ISSUE_LANE)): count for lane, count in session.exec(lanes.group_by(Job.lane))
    }
    found: Counter[_Place] = Counter()
    report_ids = sorted(counts)
    for start in range(0, len(report_ids), _AT_ONCE):
        for report_id, place in _places(session, report_ids[start : start + _AT_ONCE], targets).items():
            found[place] += counts[report_id]
    return found


def _places(session: WorkspaceSession, report_ids: list[int], targets: dict[str, _Place | None]) -> dict[int, _Place]:
    meant = select(Report.id, Report.component_key).where(col(Report.id).in_(report_ids), ~col(Report.private))
    linked = select(IssueLink.subject_id, IssueLink.tracker, IssueLink.project).where(
        IssueLink.subject_type == "report", IssueLink.tracker != LOCAL, col(IssueLink.subject_id).in_(report_ids)
    )
    wanted = {report_id or 0: targets.get(component or "") for report_id, component in session.exec(meant)}
    found = {report_id: place for report_id, place in wanted.items() if place is not None}
    return found | {report_id: (tracker, project) for report_id, tracker, project in session.exec(linked)}
