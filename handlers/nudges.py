"""Nudge for the promises of reports: the team in the card's thread, then its lead."""

from datetime import datetime

import structlog

from bot.routing.terms import Stage
from bot.triage import nudges
from bot.triage.jobs import JobKind
from bot.triage.nudges import THREAD, Made, Nudge
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.outbox import PACE, Draft
from handlers.views import nudges as views
from storage.queue import GiveUp

log = structlog.get_logger(__name__)


async def check(task: Task) -> None:
    """Look whether it is time to nudge."""
    await nudges.check(task.services, _made(task))


async def nudge(task: Task) -> None:
    """Post a nudge, once, if there is still something to say; in the thread where its hearer has no messages."""
    found = await nudges.read_nudge(task.services, _made(task))
    if found is None:
        return
    hearer = str(task.payload["slack_user_id"])
    if hearer == THREAD:
        await _post(task, found)
        return
    try:
        channel = await task.outbox.direct_channel(hearer)
        ts = await task.outbox.post(channel, _draft(found), may_have_been_posted=task.job.may_have_run)
        await nudges.keep_told(task.services, _made(task), channel=channel, ts=ts)
    except GiveUp as refusal:
        log.warning("nudge_not_told", report=found.card.line.key, error=str(refusal))
        # An earlier try may have come this far.
        await _post(task, found)


async def _post(task: Task, found: Nudge) -> None:
    card = found.card
    if not card.card_ts:
        log.warning("nudge_without_card", report=card.line.key)
        return
    draft = _draft(found, card.card_ts)
    await task.outbox.post(card.card_channel, draft, may_have_been_posted=task.job.may_have_run)


def _draft(found: Nudge, thread_ts: str = "") -> Draft:
    is_soon = found.stage is Stage.ACT_SOON
    said, blocks = views.act_soon(found) if is_soon else views.overdue(found, with_title=not thread_ts)
    marker = f"liaison:nudge:{found.card.line.report_id}:{int(found.due_at.timestamp())}:{found.stage.value}"
    return Draft(said, blocks, marker, thread_ts)


def _made(task: Task) -> Made:
    due_at = datetime.fromisoformat(str(task.payload["due_at"]))
    return Made(int(task.payload["report_id"]), due_at, Stage(int(task.payload["stage"])))


FEATURE = Feature(
    name="nudges",
    jobs={JobKind.CHECK_PROMISE: JobSpec(check), JobKind.NUDGE: JobSpec(nudge, PACE)},
)
