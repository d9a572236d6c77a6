"""`/liaison status`: what is wrong, and what to do."""

from bot.status import read_status
from handlers.slack.feature import Feature, Word, WordCall
from handlers.views import status as view


async def status(call: WordCall) -> None:
    """Say how the installation is."""
    services = call.request.services
    found = await services.database.read(
        services.workspace, lambda session: read_status(session, services.now(), services.settings.audiences)
    )
    await call.request.say(*view.draw(found))


FEATURE = Feature(name="status", words=(Word("status", "status", "says what is wrong and what to do", status),))
