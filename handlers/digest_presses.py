"""The buttons and menus in digests: they act, and the line says by whom."""

from bot.triage import lookup, workflow
from bot.triage.cards import Card
from bot.triage.decisions import Order, prepare
from bot.triage.states import Action
from handlers.slack import presses
from handlers.slack.feature import Feature, Request
from handlers.views import decision_forms, triage_card
from handlers.views import digest as view
from storage.models import Via


async def verify(request: Request) -> None:
    """Say of a fix that it works, that it is still broken, or that it cannot be tested."""
    what, report_id = view.verdict(request.body["actions"][0])
    order = _order(request, report_id)
    if what == view.BROKEN:
        await presses.show(request, decision_forms.fail(await prepare(request.services, order, Action.FAIL)))
        return
    if what == view.WORKS:
        await workflow.verify(request.services, order)
    else:
        await workflow.skip(request.services, order)
    await request.ack()


async def triage(request: Request) -> None:
    """Show the report with all that can be decided on it."""
    card = await _card(request)
    await request.ack()
    await request.say(triage_card.summary(card), triage_card.draw_open(card))


async def take(request: Request) -> None:
    """Make whoever pressed the owner; ask for what an accepted report needs."""
    report_id = view.pressed(request.body["actions"][0])
    order = _order(request, report_id)
    card = await prepare(request.services, order, Action.TAKE)
    if card.line.severity and card.line.component:
        await workflow.take(request.services, order)
        await request.ack()
    else:
        card = await lookup.with_suggestions(request.services, card)
        components = await lookup.component_choices(request.services)
        await presses.show(request, decision_forms.accept(card, components, take=True))


async def _card(request: Request) -> Card:
    report_id = view.pressed(request.body["actions"][0])
    return await lookup.card_for_person(request.services, report_id, request.user_id)


def _order(request: Request, report_id: int) -> Order:
    return Order(report_id, request.user_id, Via.BUTTON, request.key)


FEATURE = Feature(
    name="digest_presses",
    actions={view.DIGEST_VERIFY: verify, view.DIGEST_TRIAGE: triage, view.DIGEST_TAKE: take},
)
