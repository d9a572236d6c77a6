"""A digest as a message: within Slack's limits however much there is to tell, the rest in its thread; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from bot.digests import wording, words
from bot.digests.facts import Digest, Facts, Mark
from bot.text import clean
from handlers.views import digest_charts, digest_lines, digest_words, text
from handlers.views.blocks import Block, context, header, section
from handlers.views.digest_acts import (
    BROKEN,
    DIGEST_ANNOUNCE_DROP,
    DIGEST_ANNOUNCE_EDIT,
    DIGEST_ANNOUNCE_USE,
    DIGEST_CREATE_ISSUES,
    DIGEST_TAKE,
    DIGEST_TRIAGE,
    DIGEST_VERIFY,
    UNTESTABLE,
    WORKS,
    pressed,
    pressed_value,
    verdict,
)
from handlers.views.digest_layout import Layout
from handlers.views.digest_sections import PARAGRAPH_LIMIT, write_whole

__all__ = [
    "BROKEN",
    "DIGEST_ANNOUNCE_DROP",
    "DIGEST_ANNOUNCE_EDIT",
    "DIGEST_ANNOUNCE_USE",
    "DIGEST_CREATE_ISSUES",
    "DIGEST_TAKE",
    "DIGEST_TRIAGE",
    "DIGEST_VERIFY",
    "UNTESTABLE",
    "WORKS",
    "Drawn",
    "Message",
    "draw",
    "draw_heartbeat",
    "pressed",
    "pressed_value",
    "preview_note",
    "verdict",
]

_MOST_MESSAGES = 8
_GIST_LIMIT = 800
_WARNING_LIMIT = 250
_MOST_WARNINGS = 4
_NO_MORE = "What stood here is told above, or is private now."
_NO_MARKS: Mapping[str, Mark] = {}


@dataclass(frozen=True)
class Message:
    """One message in the thread of a digest."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True)
class Drawn:
    """A digest as it is posted: what a notification says, the blocks, and what did not fit, for the thread.

    The thread is drawn when it is asked for: it is most of the work, and comes after the digest.
    """

    text: str
    blocks: list[Block]
    draw_below: Callable[[], Iterable[Message]]

    @cached_property
    def thread(self) -> tuple[Message, ...]:
        """Give the messages below."""
        return tuple(self.draw_below())


def draw(digest: Digest, marks: Mapping[str, Mark] = _NO_MARKS, *, charts: bool) -> Drawn:
    """Draw a digest in at most 20 blocks and 6,000 characters of JSON.

    Where there is more, details go first, those of the least urgent section before others; then items, which the
    thread tells whole. `marks` says by subject what became of an item since.
    """
    layout = _layout(digest, marks, charts=charts)
    levels = layout.levels()
    below = partial(_thread, digest, layout.left_out(levels), charts=bool(layout.charts))
    return Drawn(_gist(digest), layout.blocks(levels), below)


def draw_thread(posted: Digest, told: Digest, *, charts: bool, count: int = 0) -> tuple[Message, ...]:
    """Draw the thread of a posted digest with what may still be told of it, and as many messages as stand there."""
    layout = _layout(posted, _NO_MARKS, charts=charts)
    names = {facts.section for facts in layout.left_out(layout.levels())}
    left_out = [facts for facts in told.facts if facts.section in names]
    anew = list(_thread(told, left_out, charts=bool(layout.charts)))
    said = digest_lines.inline(posted.title, _GIST_LIMIT) or text.NOTHING
    return (*anew, *[Message(said, [context(_NO_MORE)])] * (count - len(anew)))


def draw_heartbeat(digest: Digest) -> tuple[str, list[Block]]:
    """Draw the one line that nothing is new; gives (text, blocks)."""
    said = digest_lines.inline(wording.heartbeat(digest), _GIST_LIMIT)
    warned = [section(one) for one in _warnings(digest)]
    late = [context(digest_lines.inline(digest_words.footer(digest)[0], _WARNING_LIMIT))] if digest.is_late else []
    return said, [*warned, section(said), *late]


def preview_note(drawn: Drawn) -> str:
    """Say below a preview what it is, and that there is no thread yet for what it leaves to one."""
    lacking = " What is to be in the thread is posted with it." if drawn.thread else ""
    return f"A preview, as of now: nothing was posted, and the next digest does not change by it.{lacking}"


def _layout(digest: Digest, marks: Mapping[str, Mark], *, charts: bool) -> Layout:
    return Layout(digest, marks, _frame(digest), digest_charts.draw_charts(digest) if charts else [])


def _frame(digest: Digest) -> tuple[list[Block], list[Block]]:
    """Draw what stands before and after the sections."""
    warned = _warnings(digest)
    return [header(clean(digest.title).text), *([section("\n".join(warned))] if warned else [])], [
        context(_footer(digest))
    ]


def _footer(digest: Digest) -> str:
    parts = [digest_lines.inline(part, _WARNING_LIMIT) for part in digest_words.footer(digest)]
    command = digest_lines.inline(digest_words.how_to_change(digest), 100).replace("`", "'")
    return " · ".join([*parts, f"`{command}` to change"])


def _warnings(digest: Digest) -> list[str]:
    return [digest_lines.inline(one, _WARNING_LIMIT) for one in digest_words.warnings(digest)[:_MOST_WARNINGS]]


def _gist(digest: Digest) -> str:
    return (
        digest_lines.inline(digest.gist, _GIST_LIMIT) or digest_lines.inline(digest.title, _GIST_LIMIT) or text.NOTHING
    )


def _thread(digest: Digest, left_out: Iterable[Facts], *, charts: bool) -> Iterator[Message]:
    """Yield the messages that tell whole what was shortened, and the table of the weeks where Slack draws it."""
    table = digest_charts.draw_table(digest) if charts else None
    if table is not None:
        figures = " · ".join(f"{one.label} {one.value}" for facts in digest.facts for one in facts.figures)
        yield Message(digest_lines.inline(f"{digest.title}: {figures}", _GIST_LIMIT), [table])
    pages = list(_pages(line for facts in left_out for line in write_whole(facts)))
    said = digest_lines.inline(digest.title, _GIST_LIMIT) or text.NOTHING
    for place, page in enumerate(pages[:_MOST_MESSAGES], start=1):
        rest = sum(one.count("\n") + 1 for one in pages[_MOST_MESSAGES:]) if place == _MOST_MESSAGES else 0
        more = [context(f"… and {words.count(rest, 'more line')}: too much for one thread")] if rest else []
        yield Message(f"{said}: the whole list", [section(page), *more])


def _pages(lines: Iterable[str]) -> Iterator[str]:
    """Put lines together as long as they are one paragraph of one message."""
    page: list[str] = []
    for line in lines:
        if page and text.length("\n".join([*page, line])) > PARAGRAPH_LIMIT:
            yield "\n".join(page)
            page = []
        page.append(line)
    if page:
        yield "\n".join(page)
