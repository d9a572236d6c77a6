"""`/liaison away`: say until when somebody is not there, so that reports go to others."""

import re

from bot.triage.away import AwayOrder, read_absence, set_away
from handlers.slack.feature import Feature, Word, WordCall
from handlers.slack.people import learn
from handlers.views import whose

_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


async def away(call: WordCall) -> None:
    """Say until when the person who asks, or somebody they name, is away; without a day, tell how it is."""
    request = call.request
    named = _PERSON.search(call.words)
    whom = named.group(1) if named else request.user_id
    until = _PERSON.sub(" ", call.words).strip()
    if until:
        # Their zone may have changed since we met: people who are away travel.
        await learn(request, whom)
        found = await set_away(request.services, AwayOrder(request.user_id, whom, until))
    else:
        found = await read_absence(request.services, whom)
    await request.say(*whose.absence(found, is_self=whom == request.user_id and not request.is_public))


FEATURE = Feature(
    name="away",
    words=(Word("away", "away until mon", "says until when you are away; `away back` ends it", away),),
)
