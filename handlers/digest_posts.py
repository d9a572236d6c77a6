"""The jobs that bring digests into channels: exactly once, drawn anew when something changes, never silently dead."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.exc import OperationalError

from bot.digests import marks, runs
from bot.digests.audiences import reader, title
from bot.digests.facts import Digest, Mark
from bot.digests.jobs import DigestJob
from bot.digests.runs import Ready
from bot.digests.slots import following, timetable_of
from bot.digests.words import moment
from bot.services import Services
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.outbox import BAD_BLOCKS, PACE, Draft, SlackDown
from handlers.views import digest as view
from handlers.views import digest_news
from storage import digests
from storage.database import WorkspaceSession
from storage.models import DigestRun, Slot
from storage.queue import GiveUp, RetryLater

log = structlog.get_logger(__name__)

# The database is held by somebody, or Slack does not answer: soon again, for people wait at a known time.
AGAIN = timedelta(seconds=10)
# A digest of last week is not pressed any more.
PRESSED_FOR = timedelta(days=14)
# After so long a digest that was due is missed.
MISSED_AFTER = timedelta(minutes=30)
# What is wrong with our own access, and not with the channel: all waits until it is mended.
_ACCESS = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked"})


async def post(task: Task) -> None:
    """Collect a digest and post it, or take up where an earlier try ended."""
    run_id = int(task.payload["run_id"])
    try:
        ready = await runs.prepare(task.services, run_id)
    except OperationalError as busy:
        raise RetryLater(AGAIN) from busy
    # The boundary of a digest: whatever a section fails with is kept with the run, tried again, and told.
    except Exception as failure:
        log.exception("digest_failed", run=run_id)
        await runs.fail(task.services, run_id, f"{type(failure).__name__}: {failure}"[:300])
        return
    if ready is not None:
        await _send(task, ready)


async def _send(task: Task, ready: Ready) -> None:
    services, charts = task.services, await _takes_charts(task.services)
    try:
        ts = await _post(task, ready, charts=charts)
    except SlackDown as silence:
        await runs.lose(services, ready.run_id, str(silence))
        raise RetryLater(AGAIN) from silence
    except RetryLater:
        await runs.wait(services, ready.run_id)
        raise
    except GiveUp as refusal:
        if str(refusal) in _ACCESS:
            await runs.wait(services, ready.run_id)
            raise RetryLater(timedelta(minutes=1)) from refusal
        await runs.give_up(services, ready.run_id, str(refusal))
        return
    await runs.stand(services, ready.run_id, ts)


async def _post(task: Task, ready: Ready, *, charts: bool) -> str:
    """Post it, with charts where Slack takes them; where it does not, that is remembered."""
    draft = await _draft(ready, charts=charts)
    try:
        return await task.outbox.post(ready.channel, draft, may_have_been_posted=ready.must_look)
    except GiveUp as refusal:
        if not charts or str(refusal) not in BAD_BLOCKS:
            raise
    await task.services.database.write(task.services.workspace, _learn_refusal)
    return await task.outbox.post(ready.channel, await _draft(ready, charts=False), may_have_been_posted=False)


async def post_thread(task: Task) -> None:
    """Post what did not fit into the digest into its thread, a message a job."""
    services, part = task.services, int(task.payload.get("part", 0))
    run = await _run(task)
    if run is None or run.snapshot.get("heartbeat"):
        return
    posted = runs.read(run)
    told = await services.database.read(services.workspace, lambda session: marks.as_it_may_be_told(session, posted))
    messages = await _thread(posted, told, charts=await _takes_charts(services))
    if part >= len(messages):
        return
    draft = _below(run, part, messages[part])
    ts = await task.outbox.post(run.channel_id, draft, may_have_been_posted=task.job.may_have_run)
    await runs.stand_below(services, run.id or 0, part, ts, is_last=part + 1 == len(messages))


async def redraw(task: Task) -> None:
    """Show in the digests that were posted lately what became of one of their lines."""
    services, subject = task.services, str(task.payload["subject"])
    since = services.now() - PRESSED_FOR

    def unit(session: WorkspaceSession) -> list[tuple[DigestRun, Digest, dict[str, Mark]]]:
        found = []
        for run in digests.posted_since(session, since):
            digest = None if run.snapshot.get("heartbeat") else runs.read(run)
            if digest is not None and marks.shows(digest, subject):
                digest = marks.as_it_may_be_told(session, digest)
                found.append((run, digest, marks.marks(session, digest)))
        return found

    charts = await _takes_charts(services)
    for run, digest, done in await services.database.read(services.workspace, unit):
        drawn, posted = await asyncio.to_thread(view.draw, digest, done, charts=charts), runs.read(run)
        await _update(task, run, run.ts, Draft(drawn.text, drawn.blocks, f"liaison:digest:{run.id}"))
        if digest != posted:
            below = await _thread(posted, digest, charts=charts, count=len(run.thread))
            for part, (ts, message) in enumerate(zip(run.thread, below, strict=False)):
                await _update(task, run, ts, _below(run, part, message))


async def tell(task: Task) -> None:
    """Tell a digest's owner that it could not be posted."""
    run = await _run(task)
    if run is None:
        return
    due = await _shown(task.services, run)
    said, blocks = digest_news.failed(title(run.audience_key), run.channel_id, run.error, due, run.id or 0)
    draft = Draft(said, blocks, f"liaison:digest_failed:{run.id}:{run.channel_id}")
    await task.outbox.tell(str(task.payload["slack_user_id"]), draft, may_have_been_posted=task.job.may_have_run)


async def watch(task: Task) -> None:
    """Have Slack say so itself if the next digest does not come, instead of what it was to say before."""
    services, key = task.services, str(task.payload["audience"])
    found = await services.database.read(
        services.workspace, lambda session: reader(session, services.settings, key, services.now())
    )
    coming = following(timetable_of(services.settings, found), services.now()) if found else None
    owner = next(iter(runs.owners(services.settings, key)), "")
    if found is None or coming is None or not owner:
        return
    await _forget_watch(task, key)
    try:
        channel = await task.outbox.direct_channel(owner)
        words = digest_news.gone(title(key), coming.due_at, found.zone)
        at = int((coming.due_at + MISSED_AFTER).timestamp())
        answer = await task.outbox.call("chat.scheduleMessage", channel=channel, post_at=at, text=words)
    except GiveUp as refusal:
        # Not every server can; then the health page is what is left.
        log.warning("digest_not_watched", audience=key, error=str(refusal))
        return
    scheduled = str(answer.get("scheduled_message_id", ""))
    await services.database.write(
        services.workspace, lambda session: digests.keep_watch(session, key, channel, scheduled)
    )


async def _forget_watch(task: Task, key: str) -> None:
    services = task.services
    channel, known = await services.database.read(services.workspace, lambda session: digests.watch(session, key))
    if not known:
        return
    try:
        await task.outbox.call("chat.deleteScheduledMessage", channel=channel, scheduled_message_id=known)
    except GiveUp as refusal:
        log.info("watch_not_deleted", audience=key, error=str(refusal))


async def _draft(ready: Ready, *, charts: bool) -> Draft:
    if ready.is_heartbeat:
        said, blocks = view.draw_heartbeat(ready.digest)
        return Draft(said, blocks, ready.marker)
    # To draw a full one takes as long as ten answers to people: not on the loop that gives them.
    drawn = await asyncio.to_thread(view.draw, ready.digest, charts=charts)
    return Draft(drawn.text, drawn.blocks, ready.marker, is_strict=charts)


async def _thread(posted: Digest, told: Digest, *, charts: bool, count: int = 0) -> tuple[view.Message, ...]:
    return await asyncio.to_thread(view.draw_thread, posted, told, charts=charts, count=count)


def _below(run: DigestRun, part: int, message: view.Message) -> Draft:
    return Draft(message.text, message.blocks, f"liaison:digest:{run.id}:{part}", thread_ts=run.ts)


async def _update(task: Task, run: DigestRun, ts: str, draft: Draft) -> None:
    try:
        await task.outbox.update(run.channel_id, ts, draft)
    except GiveUp as refusal:
        # Somebody deleted it, or the channel is gone: there is nothing to be kept true.
        log.warning("digest_not_redrawn", run=run.id, error=str(refusal))


def _learn_refusal(session: WorkspaceSession) -> None:
    digests.learn(session, digests.CHARTS, digests.REFUSED)


async def _takes_charts(services: Services) -> bool:
    known = await services.database.read(services.workspace, lambda session: digests.fact(session, digests.CHARTS))
    return known != digests.REFUSED


async def _run(task: Task) -> DigestRun | None:
    run_id = int(task.payload["run_id"])
    return await task.services.database.read(task.services.workspace, lambda session: digests.get(session, run_id))


async def _shown(services: Services, run: DigestRun) -> str:
    found = await services.database.read(
        services.workspace, lambda session: reader(session, services.settings, run.audience_key, services.now())
    )
    if run.slot is Slot.ASKED or found is None:
        return "just now"
    return moment(run.due_at, found.zone)


FEATURE = Feature(
    name="digest_posts",
    jobs={
        DigestJob.POST_DIGEST: JobSpec(post, PACE),
        DigestJob.POST_DIGEST_THREAD: JobSpec(post_thread, PACE),
        DigestJob.REDRAW_DIGESTS: JobSpec(redraw),
        DigestJob.TELL_DIGEST: JobSpec(tell),
        DigestJob.WATCH_DIGEST: JobSpec(watch),
    },
)
