"""Answer on the card whether a likely duplicate is one."""

from bot.triage import lookup, verdicts, workflow
from bot.triage.decisions import Order
from handlers.slack.feature import Feature, Request
from handlers.views import candidates
from storage.models import Via


async def choose(request: Request) -> None:
    """Close the report for the one it is the same as, or never show the two to each other again."""
    answer = candidates.read(request.body["actions"][0])
    order = Order(answer.report_id, request.user_id, Via.BUTTON, request.key)
    if answer.is_same:
        number = await lookup.number_of(request.services, answer.other_id)
        await workflow.mark_duplicate(request.services, order, of_number=number, unless_refused=True)
    else:
        await verdicts.refuse(request.services, order, other_id=answer.other_id)
    await request.ack()


FEATURE = Feature(name="candidates", actions=dict.fromkeys(candidates.CHOOSE, choose))
