"""A press on a card or a form of it: which report it is for, who asks for what, and showing a form."""

from bot.triage import lookup
from bot.triage.cards import Card
from bot.triage.decisions import Order
from handlers.slack.feature import Request
from handlers.views import decision_forms, triage_card
from handlers.views.blocks import Block
from storage.models import Via


def report_id(request: Request) -> int:
    """Read which report a press or a submission is for.

    Raises:
        UserError: it names none.
    """
    if "actions" in request.body:
        return triage_card.pressed(request.body["actions"][0])
    return decision_forms.report_id(request.body["view"])


def order(request: Request) -> Order:
    """Make the order that a press or a submission gives."""
    via = Via.BUTTON if "actions" in request.body else Via.MODAL
    return Order(report_id(request), request.user_id, via, request.key)


async def card(request: Request) -> Card:
    """Read the card of the report a press is for, if the person may see it."""
    return await lookup.card_for_person(request.services, report_id(request), request.user_id)


async def show(request: Request, view: Block) -> None:
    """Open a form, then acknowledge."""
    await request.outbox.call("views.open", trigger_id=request.trigger_id, view=view)
    await request.ack()
