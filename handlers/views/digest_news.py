"""What a digest's owner hears when it could not be posted, and what Slack says for us if we are gone; pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.digests import words as say
from handlers.views import text
from handlers.views.blocks import Block, actions, button, section

OTHER_CHANNEL = "digest.other_channel"
_REASONS = {
    "channel_not_found": "there is no such channel any more, or it is private and Liaison is not in it",
    "is_archived": "the channel is archived",
    "not_in_channel": "Liaison is not in the channel any more: type `/invite @Liaison` in it",
    "restricted_action": "only some people may post in the channel",
    "missing_scope": "Slack does not let Liaison post there (missing_scope): install the app again",
}


def failed(name: str, channel: str, error: str, due: str, run_id: int) -> tuple[str, list[Block]]:
    """Say that a digest could not be posted and why, with a way out; all it would have told is kept."""
    reason = _REASONS.get(error, text.inline(error, 300))
    said = f"The *{text.inline(name, 75)} digest* of {due} could not be posted in {text.channel(channel)}: {reason}."
    after = "What it tells is kept. Name another channel, and it is posted there, as are those that follow."
    row = actions(button("Choose another channel", OTHER_CHANNEL, str(run_id), primary=True))
    return f"{said}\n{after}", [section(said), section(after), row]


def moved(name: str, channel: str) -> tuple[str, list[Block]]:
    """Say where a digest is posted from now on."""
    said = f"✅ The *{text.inline(name, 75)} digest* is posted in {text.channel(channel)} from now on, this one too."
    return said, [section(said)]


def gone(name: str, due_at: datetime, zone: ZoneInfo) -> str:
    """Say, from the past, that a digest that should have come did not."""
    when = say.moment(due_at, zone)
    return (
        f"⚠️ The {text.inline(name, 75)} digest that was due {when} did not come, so Liaison is perhaps not running."
        " Whoever runs it: `liaison status` says what is wrong."
    )
