"""Tell people what was decided, and do what time does to a report."""

import structlog

from bot.triage import lookup, waiting
from bot.triage.jobs import JobKind
from handlers.slack.feature import Feature, JobSpec, Task
from handlers.slack.outbox import PACE, Draft
from handlers.slack.people import learn_names
from handlers.views import confirmation

log = structlog.get_logger(__name__)


async def note(task: Task) -> None:
    """Say in the card's thread what was decided."""
    told = await _told(task)
    if told is None or not told.card.card_ts:
        return
    text, blocks = confirmation.note(told.card, told.decision)
    draft = Draft(text, blocks, f"liaison:note:{told.decision.id}", thread_ts=told.card.card_ts)
    await task.outbox.post(told.card.card_channel, draft, may_have_been_posted=task.job.may_have_run)


async def tell(task: Task) -> None:
    """Tell one person what was decided on a report that concerns them."""
    told = await _told(task)
    if told is None:
        return
    slack_user_id = str(task.payload["slack_user_id"])
    if await lookup.card_to_tell(task.services, told.card.line.report_id, slack_user_id) is None:
        return
    text, blocks = confirmation.decided(told.card, told.decision, slack_user_id)
    draft = Draft(text, blocks, f"liaison:tell:{told.decision.id}:{slack_user_id}")
    await task.outbox.tell(slack_user_id, draft, may_have_been_posted=task.job.may_have_run)


async def wake(task: Task) -> None:
    """Wake a report whose snooze ran out."""
    await waiting.wake_report(task.services, int(task.payload["report_id"]), int(task.payload["version"]))


async def warn(task: Task) -> None:
    """Warn a reporter that an unanswered report is closed soon."""
    report_id, version = int(task.payload["report_id"]), int(task.payload["version"])
    if not await waiting.close_after_warning(task.services, report_id, version):
        return
    card = await lookup.card_for_channel(task.services, report_id)
    if card is not None:
        draft = Draft(*confirmation.warned(card), marker=f"liaison:warn:{report_id}:{version}")
        await task.outbox.tell(card.reporter.slack_user_id, draft, may_have_been_posted=task.job.may_have_run)


async def close(task: Task) -> None:
    """Close a report whose reporter never answered."""
    await waiting.close_no_answer(task.services, int(task.payload["report_id"]), int(task.payload["version"]))


async def _told(task: Task) -> lookup.Told | None:
    """Read the decision, once the name of who took it is known."""
    decision_id = int(task.payload["decision_id"])
    told = await lookup.told(task.services, decision_id)
    if told is None:
        log.warning("decision_gone", decision=decision_id)
        return None
    await learn_names(task, [told.decision.by, told.card.line.owner])
    return await lookup.told(task.services, decision_id)


FEATURE = Feature(
    name="notices",
    jobs={
        JobKind.NOTE_DECISION: JobSpec(note, PACE),
        JobKind.TELL_DECISION: JobSpec(tell),
        JobKind.WAKE_REPORT: JobSpec(wake),
        JobKind.WARN_NO_ANSWER: JobSpec(warn),
        JobKind.CLOSE_NO_ANSWER: JobSpec(close),
    },
)
