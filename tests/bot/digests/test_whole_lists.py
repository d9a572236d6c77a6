"""A list that is cut in a digest is whole in its thread, and says how many there are, in each section that has one."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.digests.base import Scope
from bot.digests.facts import Digest, Facts
from bot.digests.sections import sections
from bot.routing.load import load_settings
from bot.services import Services
from handlers.views import digest as view
from handlers.views import digest_lines
from handlers.views.blocks import Block
from storage.models import Slot
from tests.bot.digests.year import NOW, Year
from tests.conftest import SETTINGS

# One in which nothing is yet.
WORKSPACE = "T0YEAR"
BERLIN = ZoneInfo("Europe/Berlin")
SHOWN = 5
LISTS = ("hold", "needs_decision", "verify_now", "came_back", "new_bugs")
PROMOTED = (
    SETTINGS.replace("name: Checkout}\n  search", "name: Checkout, promoted: true}\n  search")
    + """
audiences:
  qa: {channel: C0QA, weekly: "mon 08:30"}
"""
)


def words(blocks: list[Block]) -> str:
    return "\n".join(block["text"]["text"] for block in blocks if "text" in block)


async def collected(services: Services) -> list[Facts]:
    """Collect the lists of a busy year; what changed is what did in four weeks."""
    settings = load_settings(PROMOTED, "liaison.yaml")
    since = NOW - timedelta(days=28)
    scope = Scope(NOW, since, Slot.WEEKLY, BERLIN, "qa", settings.audiences["qa"], settings)
    await services.database.write(WORKSPACE, Year().write)
    found = await services.database.read(
        WORKSPACE, lambda session: [sections()[name].collect(session, scope) for name in LISTS]
    )
    return [facts for facts in found if facts is not None]


async def test_each_thing_of_a_section_stands_in_the_thread_when_there_are_more_than_five(services: Services) -> None:
    lists = await collected(services)
    assert [facts.section for facts in lists if len(facts.items) > SHOWN] == list(LISTS)

    for facts in lists:
        digest = Digest("qa", Slot.WEEKLY, "QA week 47", BERLIN.key, NOW, NOW - timedelta(days=28), facts=(facts,))
        drawn = view.draw(digest, charts=False)

        count = max(facts.total, len(facts.items))
        thread = "\n".join(words(message.blocks) for message in drawn.thread)
        shown = [digest_lines.write(item.line, 300, quiet=True) for item in facts.items]
        assert f"+{count - SHOWN} more, in the thread" in words(drawn.blocks)
        assert [line for line in shown if f"• {line}" not in thread] == []
        assert (f"… and {facts.unlisted} more" in thread) == (count > len(facts.items))
