"""`/liaison import`: make the issues a project has already known here, with a progress that can be stopped."""

from datetime import timedelta

from bot.errors import UserError
from bot.triage import importing
from bot.triage.importing import Progress
from bot.triage.jobs import JobKind
from handlers.slack.feature import Feature, JobSpec, Request, Task, Word, WordCall
from handlers.slack.outbox import PACE, Draft, Outbox
from handlers.views import import_progress
from integrations.trackers.base import TrackerError
from storage.queue import GiveUp, RetryLater

# So long is waited for a tracker that is not well, again and again.
AGAIN_AFTER = timedelta(seconds=30)
_USAGE = "Say from where: `/liaison import github acme/web`. `/liaison import` alone shows how it goes."


async def import_word(call: WordCall) -> None:
    """Begin an import, or show how the imports go."""
    request = call.request
    tracker, _, project = call.words.strip().partition(" ")
    if not tracker:
        await request.say(*import_progress.listed(await importing.all_runs(request.services)))
        return
    if not project.strip():
        raise UserError(_USAGE)
    progress = await importing.begin(request.services, request.user_id, tracker.lower(), project.strip())
    await request.ack()
    await _show_first(request, progress)


async def stop(request: Request) -> None:
    """Stop an import."""
    progress = await importing.stop(request.services, request.user_id, _run_id(request))
    await request.ack()
    await _draw(request.outbox, progress)


async def go_on(request: Request) -> None:
    """Go on with an import."""
    progress = await importing.resume(request.services, request.user_id, _run_id(request))
    await request.ack()
    await _draw(request.outbox, progress)


async def read_page(task: Task) -> None:
    """Import one page, and show how far it came."""
    run_id = int(task.payload["run_id"])
    try:
        progress = await importing.read_page(task.services, run_id)
    except TrackerError as failure:
        if failure.retryable:
            raise RetryLater(failure.retry_after or AGAIN_AFTER) from failure
        progress = await importing.fail(task.services, run_id, str(failure))
    if progress is not None:
        await _draw(task.outbox, progress)


async def _show_first(request: Request, progress: Progress) -> None:
    """Post the message that the progress is shown in, to the administrator alone."""
    channel = await request.outbox.direct_channel(request.user_id)
    draft = _draft(progress)
    ts = await request.outbox.post(channel, draft, may_have_been_posted=bool(progress.ts))
    await importing.remember_message(request.services, progress.run_id, channel, ts)
    await request.say(f"The import of {progress.project} runs; its progress is in our direct messages.")


async def _draw(outbox: Outbox, progress: Progress) -> None:
    """Draw the progress anew; that it cannot be drawn stops nothing."""
    if not progress.ts:
        return
    try:
        await outbox.update(progress.channel, progress.ts, _draft(progress))
    except (GiveUp, RetryLater):
        return


def _draft(progress: Progress) -> Draft:
    return Draft(*import_progress.draw(progress), f"liaison:import:{progress.run_id}")


def _run_id(request: Request) -> int:
    value = str(request.body["actions"][0].get("value") or "")
    if not value.isdigit():
        raise UserError("That button is too old. Use `/liaison import`.")
    return int(value)


FEATURE = Feature(
    name="imports",
    words=(Word("import", "import github acme/web", "makes existing issues known here", import_word),),
    actions={import_progress.STOP: stop, import_progress.GO_ON: go_on},
    jobs={JobKind.IMPORT_PAGE: JobSpec(read_page, PACE)},
)
