"""Ask a lead for the sentence of a digest, and take it."""

from dataclasses import replace

import structlog

from bot.digests import health
from bot.digests.jobs import DigestJob
from bot.errors import UserError
from handlers.slack import presses
from handlers.slack.feature import Feature, JobSpec, Request, Task
from handlers.slack.outbox import PACE, Draft
from handlers.views import health as view
from storage.queue import GiveUp

log = structlog.get_logger(__name__)


async def ask(task: Task) -> None:
    """Ask once how things stand; that somebody cannot be asked is kept, for the digest says so."""
    word_id = int(task.payload["word_id"])
    word = await health.read(task.services, word_id)
    if word is None or word.health is not None:
        return
    said, blocks = view.ask(word)
    draft = Draft(said, blocks, _marker(word_id))
    try:
        await task.outbox.tell(word.slack_user_id, draft, may_have_been_posted=task.job.may_have_run)
    except GiveUp as refusal:
        log.warning("health_not_asked", word=word_id, error=str(refusal))
        await health.give_up(task.services, word_id, view.why_not(str(refusal)))


async def show(task: Task) -> None:
    """Show in the question's place what was answered."""
    word_id = int(task.payload["word_id"])
    word = await health.read(task.services, word_id)
    if word is None or word.health is None:
        return
    said, blocks = view.answered(word)
    draft = Draft(said, blocks, _marker(word_id))
    try:
        await task.outbox.update(str(task.payload["channel"]), str(task.payload["ts"]), draft)
    except GiveUp as refusal:
        # They deleted the question; what they said is kept all the same.
        log.info("health_not_shown", word=word_id, error=str(refusal))


async def choose(request: Request) -> None:
    """Open the form with what was pressed, and with what was said before."""
    word_id, chosen = view.pressed(request.body["actions"][0])
    word = await health.read(request.services, word_id, request.user_id)
    if word is None:
        raise UserError("This is no longer asked.")
    place = (request.channel, str((request.body.get("message") or {}).get("ts", "")))
    await presses.show(request, view.form(word, chosen, place))


async def submit(request: Request) -> None:
    """Keep what was said."""
    said = replace(view.submitted(request.body["view"]), slack_user_id=request.user_id, request_key=request.key)
    await health.answer(request.services, said)
    await request.ack()


def _marker(word_id: int) -> str:
    return f"liaison:health:{word_id}"


FEATURE = Feature(
    name="digest_health",
    actions=dict.fromkeys((*view.CHOICES, view.CHANGE), choose),
    views={view.FORM: submit},
    jobs={DigestJob.ASK_HEALTH: JobSpec(ask, PACE), DigestJob.SHOW_HEALTH: JobSpec(show)},
)
