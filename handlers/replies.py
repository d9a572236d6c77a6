"""What people write to the bot or in a card's thread: an answer to a question returns the report to triage."""

from typing import Any

from bot.errors import UserError
from bot.triage import replies, workflow
from bot.triage.decisions import Order
from handlers.slack.feature import Feature, Task
from handlers.slack.outbox import Draft
from handlers.views.blocks import section
from storage.models import Via

WHICH = "Which report is this about? {keys} wait for your answer: press *Answer…* on its question."
NOTHING_ASKED = "No question waits for you. Type `/bug` to report something, or `/liaison help` for the rest."


async def message(task: Task, event: dict[str, Any]) -> None:
    """Take a message that answers a question; say so when it cannot be told which."""
    words, user = str(event.get("text") or ""), str(event.get("user") or "")
    if not user:
        return
    if event.get("channel_type") == "im":
        await _direct(task, event, user, words)
        return
    report_id = await replies.find_question_in_thread(
        task.services, str(event["channel"]), str(event["thread_ts"]), user
    )
    if report_id is not None:
        await _answer(task, report_id, user, words)


async def _direct(task: Task, event: dict[str, Any], user: str, words: str) -> None:
    waiting = await replies.find_questions(task.services, user)
    if len(waiting) == 1:
        await _answer(task, waiting[0][0], user, words)
        said = f"Thank you. {waiting[0][1]} is back with the team, with your answer."
    elif waiting:
        said = WHICH.format(keys=" and ".join(key for _, key in waiting))
    else:
        said = NOTHING_ASKED
    draft = Draft(said, [section(said)], f"liaison:reply:{task.payload['event_id']}")
    await task.outbox.post(str(event["channel"]), draft, may_have_been_posted=task.job.may_have_run)


async def _answer(task: Task, report_id: int, user: str, words: str) -> None:
    order = Order(report_id, user, Via.MESSAGE, f"event:{task.payload['event_id']}")
    try:
        await workflow.answer(task.services, order, words=words)
    except UserError:
        # The report was decided meanwhile: the message stands in the thread, and nobody waits for it.
        return


FEATURE = Feature(name="replies", events={"message": message})
