"""`/liaison status`: what is wrong, and what to do."""

from bot.status import read_status
from handlers.slack.feature import Feature, Word, WordCall
from handlers.views import text, words
from handlers.views.blocks import section


async def status(call: WordCall) -> None:
    """Say how the installation is."""
    services = call.request.services
    found = await services.database.read(services.workspace, lambda session: read_status(session, services.now()))
    counts = " · ".join(f"{words.STATES[state]} {count}" for state, count in found.reports.items()) or "none yet"
    lines = [f"*Reports:* {counts}", f"*Jobs waiting:* {found.waiting}"]
    lines += [f"⚠️ {text.escape(problem)}" for problem in found.problems] or ["✅ All is well."]
    said = "\n".join(lines)
    await call.request.say(said[:3000], [section(said[:3000])])


FEATURE = Feature(name="status", words=(Word("status", "status", "says what is wrong and what to do", status),))
