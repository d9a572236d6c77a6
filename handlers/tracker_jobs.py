"""The jobs that talk to trackers: file, bring in line, comment, read anew, ask what changed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.triage import comments_in, comments_out, files, filing, frame_issues, outward, polling, sync, tracker_health
from bot.triage.jobs import JobKind
from bot.triage.tracker_health import Place
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.outbox import PACE, Draft
from handlers.views import file_news, tracker_news
from integrations.trackers.base import TrackerError
from storage import links
from storage.models import AuditEvent
from storage.queue import GiveUp, NotYet, RetryLater

# How soon a job looks again whether its tracker has time for it; much longer than it then waits for its turn.
BUSY = timedelta(seconds=5)
# Whether the tracker was asked.
_Work = Callable[[Task], Awaitable[bool]]


def _asking(work: _Work) -> Callable[[Task], Awaitable[None]]:
    """Have a job wait and try again as long as its tracker is not well; what is refused for good is given up."""

    async def run(task: Task) -> None:
        expected = await _place(task)
        if expected is None:
            await _ask(work, task)
            return
        async with task.services.trackers.turn(expected.tracker) as is_our_turn:
            if not is_our_turn:
                raise NotYet(BUSY)
            await _ask(work, task)

    return run


async def _ask(work: _Work, task: Task) -> None:
    kind, is_first = task.job.kind, not task.job.may_have_run
    try:
        was_asked = await work(task)
    except TrackerError as failure:
        place, wait = await _place(task), None
        if place is not None:
            wait = await tracker_health.note_failure(task.services, place, failure, kind=kind, is_news=is_first)
        if failure.retryable or failure.may_have_happened:
            raise RetryLater(wait or failure.retry_after or tracker_health.PATIENCE) from failure
        raise GiveUp(str(failure)) from failure
    place = await _place(task) if was_asked else None
    if place is not None:
        await tracker_health.note_success(task.services, place, kind=kind)


async def _file(task: Task) -> bool:
    return await filing.file_issue(task.services, int(task.payload["report_id"]))


async def _file_frame(task: Task) -> bool:
    return await frame_issues.file_issue(task.services, int(task.payload["link_id"]))


async def _sync(task: Task) -> bool:
    """Bring an issue in line; what people changed there meanwhile is seen first, so that the newest wins."""
    report_id = int(task.payload["report_id"])
    await _file(task)
    link_id = await outward.is_behind(task.services, report_id)
    if link_id is not None:
        await sync.refresh(task.services, link_id)
    return await outward.sync_issue(task.services, report_id)


async def _close_extras(task: Task) -> bool:
    await filing.close_extras(task.services, int(task.payload["link_id"]))
    return True


async def _send(task: Task) -> bool:
    return await comments_out.send(task.services, int(task.payload["comment_id"]), may_have_run=task.job.may_have_run)


async def _delete(task: Task) -> bool:
    link = await task.services.database.read(
        task.services.workspace, lambda session: links.get(session, int(task.payload["link_id"]))
    )
    if link is not None:
        tracker = task.services.trackers.get(link.tracker, link.project)
        await tracker.delete_comment(link.external_id, str(task.payload["external_id"]))
    return link is not None


async def _copy_file(task: Task) -> bool:
    try:
        return await files.copy(task.services, int(task.payload["file_id"]), task.outbox.file)
    except files.NotGiven as refusal:
        raise GiveUp(str(refusal)) from refusal


async def _tell_file(task: Task) -> None:
    """Tell whoever put a file there that it was not copied, and why."""
    file_id = int(task.payload["file_id"])
    untold = await files.untold(task.services, file_id)
    if untold is None:
        return
    draft = Draft(*file_news.not_copied(untold), marker=f"liaison:file:{file_id}")
    await task.outbox.tell(str(task.payload["slack_user_id"]), draft, may_have_been_posted=task.job.may_have_run)


async def _refresh(task: Task) -> bool:
    await sync.refresh(task.services, int(task.payload["link_id"]))
    return True


async def _poll(task: Task) -> None:
    """Ask a project once; a failure is kept, and the next minute asks again."""
    place = Place(str(task.payload["tracker"]), str(task.payload["project"]))
    try:
        async with task.services.trackers.turn(place.tracker) as is_our_turn:
            if not is_our_turn:
                raise NotYet(BUSY)
            await polling.poll(task.services, place)
    except TrackerError as failure:
        await tracker_health.note_failure(task.services, place, failure, kind=task.job.kind)
        return
    await tracker_health.note_success(task.services, place, kind=task.job.kind)


async def _show(task: Task) -> None:
    """Show a tracker's comment in the card's thread: posted, changed or taken away."""
    comment = await comments_in.shown(task.services, int(task.payload["comment_id"]))
    if comment is None:
        return
    draft = Draft(*tracker_news.comment(comment), f"liaison:comment:{comment.comment_id}", comment.thread_ts)
    ts = comment.ts
    if comment.deleted:
        await _take_away(task, comment)
    elif ts:
        await task.outbox.update(comment.channel, ts, draft)
    else:
        ts = await task.outbox.post(comment.channel, draft, may_have_been_posted=task.job.may_have_run)
    await comments_in.mark_shown(task.services, comment, ts)


async def _take_away(task: Task, comment: comments_in.Shown) -> None:
    try:
        await task.outbox.call("chat.delete", channel=comment.channel, ts=comment.ts)
    except GiveUp as refusal:
        if str(refusal) != "message_not_found":
            raise


async def _tell(task: Task) -> None:
    """Tell an administrator that a tracker does not answer, or does again."""
    event_id = int(task.payload["event_id"])
    event = await task.services.database.read(
        task.services.workspace, lambda session: session.get(AuditEvent, event_id)
    )
    if event is None:
        raise GiveUp("what it is about is forgotten")
    draw = tracker_news.down if event.action == links.DOWN else tracker_news.back
    draft = Draft(*draw(event.after), marker=f"liaison:tracker:{event_id}")
    await task.outbox.tell(str(task.payload["slack_user_id"]), draft, may_have_been_posted=task.job.may_have_run)


async def _place(task: Task) -> Place | None:
    return await task.services.database.read(
        task.services.workspace, lambda session: tracker_health.place_of(session, task.services, task.payload)
    )


FEATURE = Feature(
    name="tracker_jobs",
    jobs={
        JobKind.FILE_ISSUE: JobSpec(_asking(_file)),
        JobKind.FILE_FRAME: JobSpec(_asking(_file_frame)),
        JobKind.SYNC_ISSUE: JobSpec(_asking(_sync)),
        JobKind.CLOSE_EXTRAS: JobSpec(_asking(_close_extras)),
        JobKind.SEND_COMMENT: JobSpec(_asking(_send)),
        JobKind.DELETE_COMMENT: JobSpec(_asking(_delete)),
        JobKind.COPY_FILE: JobSpec(_asking(_copy_file)),
        JobKind.TELL_FILE: JobSpec(_tell_file),
        JobKind.REFRESH_ISSUE: JobSpec(_asking(_refresh)),
        JobKind.POLL_TRACKER: JobSpec(_poll),
        JobKind.SHOW_COMMENT: JobSpec(_show, PACE),
        JobKind.TELL_TRACKER: JobSpec(_tell),
    },
)
