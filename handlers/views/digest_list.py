"""The digests there are: in App Home, and as the answer to `/liaison digest`; pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.digests import words as say
from bot.digests.overview import DigestLine
from bot.text import is_blank
from handlers.views import text
from handlers.views.blocks import Block, context, header, section

_ERROR_LIMIT = 200
_MOST = 12
_HOW = "`/liaison digest qa preview` shows it to you alone · `now`, `pause`, `resume` and `settings` do what they say"
_NONE = "There are no digests yet. Name `audiences` in the settings file, and each gets its own."


def listed(lines: Sequence[DigestLine]) -> tuple[str, list[Block]]:
    """List the digests with what can be asked of each."""
    if not lines:
        return _NONE, [section(_NONE)]
    shown = [_line(one) for one in lines[:_MOST]]
    return "\n".join(shown), [*(section(one) for one in shown), context(_HOW)]


def home(lines: Sequence[DigestLine]) -> list[Block]:
    """Draw the list for App Home; nothing where there are none."""
    if not lines:
        return []
    return [header("Digests"), section("\n".join(_line(one) for one in lines[:_MOST])), context(_HOW)]


def changed(line: DigestLine, what: str) -> tuple[str, list[Block]]:
    """Say what was changed of a digest, and how it is now."""
    said = f"{what}\n{_line(line)}"
    return said, [section(said)]


def _line(line: DigestLine) -> str:
    zone = ZoneInfo(line.zone)
    parts = [f"*{text.inline(line.title, 75)}* in {text.channel(line.channel)}", _last(line, zone), _next(line, zone)]
    said = " · ".join(part for part in parts if part)
    if not is_blank(line.problem):
        said += f"\n⚠️ The last one could not be posted: {text.inline(line.problem, _ERROR_LIMIT)}"
    return said


def _last(line: DigestLine, zone: ZoneInfo) -> str:
    if line.last_posted is None:
        return "not posted yet"
    quiet = " (then nothing new)" if line.last_skip in {"unchanged", "empty"} else ""
    return f"last {say.moment(line.last_posted, zone)}{quiet}"


def _next(line: DigestLine, zone: ZoneInfo) -> str:
    if line.paused:
        return f"paused until {say.day(line.paused_until, zone)}" if line.paused_until else "paused"
    return " or ".join(_coming(line.next_at, zone) + (["with the next release"] if line.on_release else []))


def _coming(at: datetime | None, zone: ZoneInfo) -> list[str]:
    return [f"next {say.moment(at, zone)}"] if at else []
