"""Decide on a report: every button of the card, and the small forms behind them."""

from collections.abc import Awaitable, Callable

from bot.errors import UserError
from bot.triage import lookup, waiting, workflow
from bot.triage.cards import Card, ReportLine
from bot.triage.decisions import Order, prepare
from bot.triage.states import Action
from handlers.slack import presses
from handlers.slack.feature import Feature, Request, RequestHandler
from handlers.views import confirmation, decision_forms, home, lists, submission, triage_card, wrong_team
from handlers.views.blocks import Block, notice
from storage.models import Resolution, Severity, Via


async def accept(request: Request) -> None:
    """Accept at once where severity and component are known, else ask for them."""
    card = await prepare(request.services, presses.order(request), Action.ACCEPT)
    if card.line.severity and card.line.component:
        await workflow.accept(request.services, presses.order(request), severity=None, component_key=None)
        await request.ack()
    else:
        await _ask_rating(request, card, take=False)


async def take(request: Request) -> None:
    """Make whoever pressed the owner; ask for what an accepted report needs."""
    card = await prepare(request.services, presses.order(request), Action.TAKE)
    if card.line.severity and card.line.component:
        await workflow.take(request.services, presses.order(request))
        await request.ack()
    else:
        await _ask_rating(request, card, take=True)


async def submit_accept(request: Request) -> None:
    """Accept with the severity and component chosen."""
    severity, component = _rating(request)
    await workflow.accept(request.services, presses.order(request), severity=severity, component_key=component)
    await request.ack()


async def submit_take(request: Request) -> None:
    """Accept with the severity and component chosen, and own it."""
    severity, component = _rating(request)
    await workflow.take(request.services, presses.order(request), severity=severity, component_key=component)
    await request.ack()


async def submit_ask(request: Request) -> None:
    """Send the question to the reporter."""
    await workflow.ask(request.services, presses.order(request), question=_note(request))
    await request.ack()


async def submit_answer(request: Request) -> None:
    """Take the reporter's answer."""
    await workflow.answer(request.services, presses.order(request), words=_note(request))
    await request.ack()


async def submit_duplicate(request: Request) -> None:
    """Close as a duplicate of what was chosen, or show what the words find."""
    view = request.body["view"]
    words = submission.typed(view, decision_forms.WORDS).strip()
    chosen = submission.chosen(view, decision_forms.ORIGINAL)
    number = lookup.parse_key(words) if words else None
    if words and number is None:
        card = await lookup.card_for_person(request.services, presses.report_id(request), request.user_id)
        found = await lookup.find_originals(request.services, card.line.report_id, words)
        await request.ack(response_action="update", view=decision_forms.duplicate(card, _choices(found), words))
        return
    if number is None and not chosen:
        raise UserError("Choose a report, or write its key.")
    await workflow.mark_duplicate(request.services, presses.order(request), of_number=number or int(chosen))
    await request.ack()


async def submit_snooze(request: Request) -> None:
    """Set the report aside."""
    view = request.body["view"]
    day = submission.day(view, decision_forms.UNTIL)
    hits = submission.chosen(view, decision_forms.HITS)
    until = await waiting.morning(request.services, presses.report_id(request), day) if day else None
    await workflow.snooze(request.services, presses.order(request), until=until, more_hits=int(hits) if hits else None)
    await request.ack()


async def submit_decline(request: Request) -> None:
    """Close the report without a fix."""
    chosen = submission.chosen(request.body["view"], decision_forms.RESOLUTION)
    if not chosen:
        raise UserError("Choose why it is declined.")
    await workflow.decline(
        request.services, presses.order(request), resolution=Resolution(chosen), reason=_note(request)
    )
    await request.ack()


async def submit_fix(request: Request) -> None:
    """Say where it is fixed and how to check it."""
    build = submission.typed(request.body["view"], decision_forms.BUILD)
    await workflow.fix(request.services, presses.order(request), build=build, how_to_check=_note(request))
    await request.ack()


async def submit_fail(request: Request) -> None:
    """Send the report back to its owner."""
    await workflow.fail(request.services, presses.order(request), note=_note(request))
    await request.ack()


async def submit_reopen(request: Request) -> None:
    """Open a closed report again."""
    await workflow.reopen(request.services, presses.order(request), note=_note(request))
    await request.ack()


async def choose_from_menu(request: Request) -> None:
    """Open what was chosen from the card's menu."""
    name, report_id = triage_card.menu_choice(request.body["actions"][0])
    card = await lookup.card_for_person(request.services, report_id, request.user_id)
    if name == triage_card.MENU_MORE:
        await _show_more(request, card)
    elif name == triage_card.MENU_WRONG_TEAM:
        teams = await lookup.team_choices(request.services)
        await presses.show(request, wrong_team.draw(card, await _components(request), teams))
    else:
        await _open_from_menu(request, card, name)


async def _open_from_menu(request: Request, card: Card, name: str) -> None:
    """Open the form of a decision, once it is known that the person may take it."""
    order = Order(card.line.report_id, request.user_id, Via.BUTTON)
    await prepare(request.services, order, _MENU_ACTIONS[name])
    if name == triage_card.MENU_DUPLICATE:
        found = await lookup.find_originals(request.services, card.line.report_id, "")
        await presses.show(request, decision_forms.duplicate(card, _choices(found)))
    else:
        await presses.show(request, _MENU_FORMS[name](card))


async def show(request: Request) -> None:
    """Show the whole card to whoever pressed, if they may see it."""
    card = await presses.card(request)
    if request.body.get("view"):
        view = notice(card.line.key, triage_card.draw_open(card))
        await request.outbox.call("views.open", trigger_id=request.trigger_id, view=view)
        await request.ack()
    else:
        await request.ack()
        await request.say(triage_card.summary(card), triage_card.draw_open(card))


async def _ask_rating(request: Request, card: Card, *, take: bool) -> None:
    """Ask for severity and component, with what past reports propose filled in."""
    card = await lookup.with_suggestions(request.services, card)
    await presses.show(request, decision_forms.accept(card, await _components(request), take=take))


async def _show_more(request: Request, card: Card) -> None:
    await request.ack()
    events = await lookup.timeline(request.services, card.line.report_id)
    _, blocks = lists.timeline(card.line.key, events)
    text, more = confirmation.more(card)
    await request.say(text, [*more, *blocks])


def _opens(form: Callable[[Card], Block], action: Action) -> RequestHandler:
    async def handler(request: Request) -> None:
        await presses.show(request, form(await prepare(request.services, presses.order(request), action)))

    return handler


def _decides(rule: Callable[..., Awaitable[Card]]) -> RequestHandler:
    async def handler(request: Request) -> None:
        await rule(request.services, presses.order(request))
        await request.ack()

    return handler


async def _components(request: Request) -> list[tuple[str, str]]:
    return await lookup.component_choices(request.services)


def _rating(request: Request) -> tuple[Severity | None, str | None]:
    view = request.body["view"]
    severity = decision_forms.carried(view, decision_forms.SEVERITY)
    component = decision_forms.carried(view, decision_forms.COMPONENT)
    return Severity(severity) if severity else None, component or None


def _note(request: Request) -> str:
    return submission.typed(request.body["view"], decision_forms.NOTE)


def _choices(found: list[ReportLine]) -> list[tuple[str, str]]:
    return [(line.key.removeprefix("BUG-"), f"{line.key}: {line.title}") for line in found]


_MENU_ACTIONS: dict[str, Action] = {
    triage_card.MENU_DUPLICATE: Action.DUPLICATE,
    triage_card.MENU_SNOOZE: Action.SNOOZE,
    triage_card.MENU_DECLINE: Action.DECLINE,
}
_MENU_FORMS: dict[str, Callable[[Card], Block]] = {
    triage_card.MENU_SNOOZE: decision_forms.snooze,
    triage_card.MENU_DECLINE: decision_forms.decline,
}

FEATURE = Feature(
    name="triage",
    actions={
        triage_card.ACCEPT: accept,
        triage_card.TAKE: take,
        triage_card.ASK: _opens(decision_forms.ask, Action.ASK),
        triage_card.START: _decides(workflow.start),
        triage_card.STOP: _decides(workflow.stop),
        triage_card.FIX: _opens(decision_forms.fix, Action.FIX),
        triage_card.VERIFY: _decides(workflow.verify),
        triage_card.SKIP: _decides(workflow.skip),
        triage_card.FAIL: _opens(decision_forms.fail, Action.FAIL),
        triage_card.WAKE: _decides(workflow.wake),
        triage_card.REOPEN: _opens(decision_forms.reopen, Action.REOPEN),
        triage_card.UNDO: _decides(workflow.undo),
        triage_card.MENU: choose_from_menu,
        triage_card.OPEN_PRIVATE: show,
        home.SHOW: show,
        confirmation.ANSWER: _opens(decision_forms.answer, Action.ANSWER),
    },
    views={
        decision_forms.ACCEPT: submit_accept,
        decision_forms.TAKE: submit_take,
        decision_forms.ASK: submit_ask,
        decision_forms.ANSWER: submit_answer,
        decision_forms.DUPLICATE: submit_duplicate,
        decision_forms.SNOOZE: submit_snooze,
        decision_forms.DECLINE: submit_decline,
        decision_forms.FIX: submit_fix,
        decision_forms.FAIL: submit_fail,
        decision_forms.REOPEN: submit_reopen,
    },
)
