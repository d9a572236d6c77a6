"""The words link and unlink: a report and an issue that is there already."""

from bot.errors import UserError
from bot.triage import linking, lookup
from bot.triage.decisions import Order
from handlers.slack.feature import Feature, Request, Word, WordCall
from handlers.views import linked
from storage.models import Via


async def link(call: WordCall) -> None:
    """Give a report the issue at an address."""
    request = call.request
    key, _, address = call.words.strip().partition(" ")
    url = address.strip().strip("<>").partition("|")[0]
    if not url:
        raise UserError(
            "Say which report and which issue: `/liaison link BUG-142 https://github.com/acme/web/issues/7`."
        )
    order = await _order(request, key)
    # The tracker may take longer than Slack waits.
    await request.ack()
    await request.say(*linked.linked(await linking.link(request.services, order, url)))


async def unlink(call: WordCall) -> None:
    """Let a report go its own way."""
    request = call.request
    order = await _order(request, call.words)
    before = await lookup.card_by_key(request.services, call.words, request.reader)
    await linking.unlink(request.services, order)
    await request.say(*linked.unlinked(before))


async def _order(request: Request, key: str) -> Order:
    card = await lookup.card_by_key(request.services, key, request.reader)
    return Order(card.line.report_id, request.user_id, Via.COMMAND, request.key)


FEATURE = Feature(
    name="link words",
    words=(
        Word("link", "link BUG-142 address", "gives a report an issue that is there already", link),
        Word("unlink", "unlink BUG-142", "lets a report go its own way; the issue stays", unlink),
    ),
)
