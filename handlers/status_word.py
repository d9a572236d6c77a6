"""`/liaison status`: what is wrong, and what to do."""

from bot.status import read_status
from handlers.slack.feature import Feature, Word, WordCall
from handlers.views import text, words
from handlers.views.blocks import section

# Together under the 3,000 characters of a section.
MOST_PROBLEMS = 8
PROBLEM_LIMIT = 300


async def status(call: WordCall) -> None:
    """Say how the installation is."""
    services = call.request.services
    found = await services.database.read(services.workspace, lambda session: read_status(session, services.now()))
    counts = " · ".join(f"{words.STATES[state]} {count}" for state, count in found.reports.items()) or "none yet"
    settings = text.inline(found.settings or "none yet", PROBLEM_LIMIT)
    lines = [f"*Settings in force:* {settings}", f"*Reports:* {counts}", f"*Jobs waiting:* {found.waiting}"]
    shown = found.problems[:MOST_PROBLEMS]
    lines += [f"⚠️ {text.inline(problem, PROBLEM_LIMIT)}" for problem in shown] or ["✅ All is well."]
    if len(found.problems) > len(shown):
        lines.append(f"… and {len(found.problems) - len(shown)} more: `liaison status` lists them all.")
    said = "\n".join(lines)
    await call.request.say(said, [section(said)])


FEATURE = Feature(name="status", words=(Word("status", "status", "says what is wrong and what to do", status),))
