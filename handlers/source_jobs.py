"""The job that reads a source that is no tracker, such as a file in Figma."""

from bot.digests import source_polling
from bot.digests.jobs import DigestJob
from bot.triage import frame_issues, tracker_health
from bot.triage.tracker_health import Place
from handlers.slack.feature import Feature, JobSpec, Task
from integrations.trackers.base import TrackerError


async def poll(task: Task) -> None:
    """Read a project once; a failure is kept and told, and the next turn reads again."""
    place = Place(str(task.payload["source"]), str(task.payload["project"]))
    try:
        await source_polling.poll(task.services, place.tracker, place.project)
    except TrackerError as failure:
        await tracker_health.note_failure(task.services, place, failure, kind=task.job.kind)
        return
    await tracker_health.note_success(task.services, place, kind=task.job.kind)
    await _adopt(task, place.project)


async def _adopt(task: Task, file_key: str) -> None:
    try:
        await frame_issues.adopt(task.services, file_key)
    except TrackerError:
        # It is the tracker that is not well, which its own poll keeps and tells; the next turn goes on.
        return


FEATURE = Feature(name="source_jobs", jobs={DigestJob.POLL_SOURCE: JobSpec(poll)})
