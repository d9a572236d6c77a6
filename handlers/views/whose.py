"""Whose a report is and who is there; pure. Each gives (text, blocks)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.triage.away import Absence
from bot.triage.cards import Card
from bot.triage.whose import MemberLine, TeamAnswer
from handlers.views import text, words
from handlers.views.blocks import Block, section

REASON_LIMIT = 600
# More of a team's people than fit in one paragraph.
MOST_MEMBERS = 15


def why(card: Card) -> tuple[str, list[Block]]:
    """Say why a report went where it is, and who has it."""
    line = card.line
    component = text.inline(line.component, words.NAME_LIMIT) or "no component yet"
    reason = text.inline(card.route_reason, REASON_LIMIT) or "nobody said otherwise"
    said = f"*{line.key}* went to {text.inline(card.team, words.NAME_LIMIT)} ({component}) because {reason}."
    if line.owner is not None:
        said += f" Owner: {words.person(line.owner)}."
    return said, [section(said)]


def team(found: TeamAnswer) -> tuple[str, list[Block]]:
    """Say who has a part of the product: team, channel, whose turn it is, and how its people stand."""
    name, channel = text.inline(found.team, words.NAME_LIMIT), text.channel(found.channel)
    subject = (
        f"*{text.inline(found.component, words.NAME_LIMIT)}* belongs to {name}" if found.component else f"*{name}*"
    )
    lines = [f"{subject} · {channel}"]
    lines.append(text.inline(found.turn, REASON_LIMIT) or "Nobody is assigned by itself: whoever takes it has it.")
    if found.lead is not None:
        lines.append(f"Lead: {words.person(found.lead)}")
    shown = found.members[:MOST_MEMBERS]
    lines += [_member(one) for one in shown] or ["Nobody is in this team yet."]
    if len(found.members) > len(shown):
        lines.append(f"… and {len(found.members) - len(shown)} more")
    said = "\n".join(lines)
    return said, [section(said)]


def assigned(card: Card, owner: Absence) -> tuple[str, list[Block]]:
    """Say who has a report now, and that they are away if they are."""
    said = f"*{card.line.key}* is now with {text.mention(owner.who.slack_user_id)}."
    if owner.until is not None:
        said += f" They are *away* until {day(owner.until, owner.zone)}."
    return said, [section(said)]


def absence(found: Absence, *, is_self: bool) -> tuple[str, list[Block]]:
    """Say until when somebody is away, and that their reports stay with them."""
    subject = "You are" if is_self else f"{words.person(found.who)} is"
    if found.until is None:
        said = f"{subject} *here*: new reports can come to {'you' if is_self else 'them'}."
        return said, [section(said)]
    said = f"{subject} *away* until {day(found.until, found.zone)}. New reports go to others meanwhile."
    if found.open_reports:
        kept = f"{_count(found.open_reports)} with {'you' if is_self else 'them'}"
        said += f"\n{kept}; `/liaison assign BUG-142 @ana` hands one over."
    return said, [section(said)]


def day(until: datetime, zone: str) -> str:
    """Write the day on which somebody is back, by their own calendar."""
    return f"{until.astimezone(ZoneInfo(zone)):%a %d %b %Y}"


def _member(one: MemberLine) -> str:
    room = f"{one.open_reports} of {one.capacity}" if one.capacity is not None else str(one.open_reports)
    away = f" · away until {day(one.away_until, one.zone)}" if one.away_until else ""
    return f"• {words.person(one.who)} · {room} open{away}"


def _count(open_reports: int) -> str:
    return "1 open report stays" if open_reports == 1 else f"{open_reports} open reports stay"
