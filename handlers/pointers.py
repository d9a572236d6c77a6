"""Tell of a report where its card does not stand: other channels, its owner; and hide that when it is private."""

from typing import Any

import structlog

from bot.triage import jobs, lookup
from bot.triage.cards import Card
from bot.triage.jobs import JobKind
from handlers.slack.channels import is_shared
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.outbox import PACE, Draft
from handlers.views import pointers
from storage import record, reports
from storage.database import WorkspaceSession
from storage.models import AuditEvent, Via
from storage.queue import GiveUp

log = structlog.get_logger(__name__)

# A thread longer than this holds more decisions than a report has.
THREAD_LIMIT = 200
# What a decision left in a card's thread carries; see `handlers.notices`.
NOTE_MARKER = "liaison:note:"


async def notify(task: Task) -> None:
    """Post one line about a new report in a channel that a rule names; never of a private one."""
    card, channel = await _card(task), str(task.payload["channel"])
    if card is None or card.line.private:
        return
    if await is_shared(task.outbox, channel):
        log.warning("channel_is_shared", channel=channel, report=card.line.report_id)
        return
    draft = Draft(*pointers.notified(card), marker=f"liaison:notify:{card.line.report_id}:{channel}")
    await _post(task, draft, record.NOTIFIED)


async def point(task: Task) -> None:
    """Show the channel of a report's new team where its card stands."""
    card = await _card(task)
    if card is None or not card.card_ts:
        return
    marker = f"liaison:point:{card.line.report_id}:{task.job.unique_key}"
    await _post(task, Draft(*pointers.moved(card), marker=marker), record.POINTED)


async def tell_owner(task: Task) -> None:
    """Tell somebody that a report is theirs, if it still is."""
    slack_user_id = str(task.payload["slack_user_id"])
    card = await lookup.card_to_tell(task.services, int(task.payload["report_id"]), slack_user_id)
    if card is None or card.line.owner is None or card.line.owner.slack_user_id != slack_user_id:
        return
    draft = Draft(*pointers.owned(card), marker=f"liaison:{task.job.unique_key}")
    await task.outbox.tell(slack_user_id, draft, may_have_been_posted=task.job.may_have_run)


async def mask(task: Task) -> None:
    """Take the words of a report that is private by now out of all that was posted of it before."""
    card = await _card(task)
    if card is None or not card.line.private:
        return
    report_id = card.line.report_id
    notices = await task.services.database.read(
        task.services.workspace, lambda session: record.notices(session, report_id)
    )
    for event in notices:
        await _mask(task, card, str(event.after["channel"]), str(event.after["ts"]))
    if card.card_ts:
        for ts in await _notes(task, card):
            await _mask(task, card, card.card_channel, ts)


async def _card(task: Task) -> Card | None:
    return await lookup.card_for_channel(task.services, int(task.payload["report_id"]))


async def _post(task: Task, draft: Draft, action: str) -> None:
    """Post a line in the channel of the job and write down where it stands."""
    channel, report_id = str(task.payload["channel"]), int(task.payload["report_id"])
    ts = await task.outbox.post(channel, draft, may_have_been_posted=task.job.may_have_run)
    now = task.services.now()

    def unit(session: WorkspaceSession) -> None:
        event = AuditEvent(at=now, via=Via.SCHEDULE, subject_type=record.REPORT, subject_id=report_id, action=action)
        event.after = {"channel": channel, "ts": ts}
        session.add(event)
        report = reports.get(session, report_id)
        if report is not None and report.private:
            # Perhaps it became so while we posted.
            jobs.mask(session, report, f"{channel}:{ts}")

    await task.services.database.write(task.services.workspace, unit)


async def _notes(task: Task, card: Card) -> list[str]:
    """List what we said in the thread of a card."""
    answer = await task.outbox.call(
        "conversations.replies", channel=card.card_channel, ts=card.card_ts, limit=THREAD_LIMIT
    )
    messages: list[dict[str, Any]] = answer.get("messages") or []
    return [str(message["ts"]) for message in messages if _marker(message).startswith(NOTE_MARKER)]


def _marker(message: dict[str, Any]) -> str:
    blocks = message.get("blocks") or [{}]
    return str(blocks[0].get("block_id", ""))


async def _mask(task: Task, card: Card, channel: str, ts: str) -> None:
    draft = Draft(*pointers.masked(card), marker=f"liaison:masked:{card.line.report_id}:{ts}")
    try:
        await task.outbox.update(channel, ts, draft)
    except GiveUp as refusal:
        # Deleted meanwhile, or we are no longer in that channel: the others are still to be masked.
        log.warning("not_masked", channel=channel, report=card.line.report_id, error=str(refusal))


FEATURE = Feature(
    name="pointers",
    jobs={
        JobKind.NOTIFY_CHANNEL: JobSpec(notify, PACE),
        JobKind.POINT_TO_CARD: JobSpec(point, PACE),
        JobKind.TELL_OWNER: JobSpec(tell_owner),
        JobKind.MASK_MESSAGES: JobSpec(mask),
    },
)
