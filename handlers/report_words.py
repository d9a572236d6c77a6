"""The words about reports: me, bugs, verify, why, who, assign."""

import re
from collections.abc import Sequence

from bot.errors import UserError
from bot.triage import editing, lookup
from bot.triage.away import read_absence
from bot.triage.cards import ReportLine
from bot.triage.decisions import Order
from bot.triage.homepage import read_home
from bot.triage.whose import find_team
from handlers.slack.feature import Feature, Request, Word, WordCall
from handlers.slack.people import learn
from handlers.views import lists, whose
from storage.models import ReportState, Via
from storage.reports import OPEN

_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


async def me(call: WordCall) -> None:
    """Show what needs the person who asks."""
    request = call.request
    page = await read_home(request.services, request.user_id)
    found = _shown(page.needs_me, request)
    if found:
        await request.say(*lists.listed(found, "Needs you"))
    else:
        await request.say(*lists.nothing("Nothing waits for you."))


async def bugs(call: WordCall) -> None:
    """List reports: new, open, mine, or those that hold some words."""
    request = call.request
    asked = call.words.lower()
    if asked in {"", "new"}:
        found = await lookup.list_reports(request.services, request.reader, (ReportState.NEW,))
        title, empty = "Waiting for triage", "Nothing waits for triage."
    elif asked == "open":
        found = await lookup.list_reports(request.services, request.reader, OPEN)
        title, empty = "Open reports", "No report is open."
    elif asked == "mine":
        found = _shown(await lookup.list_mine(request.services, request.user_id), request)
        title, empty = "Yours", "You neither reported nor own anything."
    else:
        found = await lookup.find_reports(request.services, request.reader, call.words)
        await request.say(*lists.found(found, call.words))
        return
    await request.say(*(lists.listed(found, title) if found else lists.nothing(empty)))


async def verify(call: WordCall) -> None:
    """List the fixes that wait for somebody to check them."""
    request = call.request
    found = await lookup.list_reports(request.services, request.reader, (ReportState.FIXED,))
    said = lists.listed(found, "To verify now") if found else lists.nothing("No fix waits to be verified.")
    await request.say(*said)


async def why(call: WordCall) -> None:
    """Say why a report has the component and team it has."""
    request = call.request
    card = await lookup.card_by_key(request.services, call.words, request.reader)
    await request.say(*whose.why(card))


async def who(call: WordCall) -> None:
    """Say who has a part, a team's parts or a file, and whose turn it is."""
    request = call.request
    await request.say(*whose.team(await find_team(request.services, call.words)))


async def assign(call: WordCall) -> None:
    """Make somebody the owner of a report."""
    request = call.request
    key, _, rest = call.words.partition(" ")
    person = _PERSON.search(rest)
    if person is None:
        raise UserError("Say which report and who: `/liaison assign BUG-142 @ana`.")
    card = await lookup.card_by_key(request.services, key, request.reader)
    await learn(request, person.group(1))
    order = Order(card.line.report_id, request.user_id, Via.COMMAND, request.key)
    await editing.assign(request.services, order, owner=person.group(1))
    absence = await read_absence(request.services, person.group(1))
    await request.say(*whose.assigned(card, absence))


def _shown(found: Sequence[ReportLine], request: Request) -> list[ReportLine]:
    """Leave out what not everybody who reads the answer may see."""
    return [line for line in found if not (line.private and request.is_public)]


WORDS = (
    Word("me", "me", "shows what needs you", me),
    Word("bugs", "bugs [new|open|mine|words]", "lists reports", bugs),
    Word("verify", "verify", "lists fixes to check", verify),
    Word("why", "why BUG-142", "says why a report went where it is", why),
    Word("who", "who checkout", "says who has a part, team or file, and whose turn it is", who),
    Word("assign", "assign BUG-142 @ana", "gives a report an owner", assign),
)

FEATURE = Feature(name="report words", words=WORDS)
