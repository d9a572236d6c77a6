"""Text for Slack: what a person typed never pings, never links elsewhere than it says, and always fits.

Every function returns a string; the views put it into their blocks. Slack refuses a whole message for one
character too many, so lengths are counted after escaping and in UTF-16 units, the larger way to count.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from bot.text import ELLIPSIS, cluster_start, is_blank, safe_url

LABEL_LIMIT = 150
# A permalink of Slack has about 110 characters; an address with this many is not worth half a message.
LINK_LIMIT = 600
NOTHING = "–"  # Slack refuses a block with an empty text.

_USER_ID = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]+")
# Also at the beginning of a longer word, since a cut may end the word there.
_SHOUT = re.compile(r"@(?=here|channel|everyone|group)", re.IGNORECASE)
_WORD_JOINER = "\u2060"
# Only these three have entities; there is none for * _ ~ `.
# https://docs.slack.dev/messaging/formatting-message-text#escaping
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_QUOTE = "> "
_DEAREST = 5  # No character costs more than an ampersand.


def escape(text: str) -> str:
    """Return `text` so that Slack shows it as it was typed: no mention, no hidden link, no @here."""
    return _with_entities(_quiet(text))


def mrkdwn(text: str, limit: int) -> str:
    """Return `text` escaped and cut to at most `limit` units, for a block that holds nothing else.

    Marks like ``` are left as they were typed: own words in the same block could be swallowed by them.
    """
    return _with_entities(_fitted(_quiet(text), limit, _escaped_cost))


def inline(text: str, limit: int) -> str:
    """Return `text` escaped on one line and without a code fence, to stand between our own words."""
    return mrkdwn(" ".join(text.split()).replace("```", "'''"), limit)


def quote(text: str, limit: int) -> str:
    """Return `text` escaped as a quotation, each line marked, at most `limit` units with the marks."""
    if is_blank(text):
        return _QUOTE + NOTHING
    quiet = _quiet(text.strip("\n"))
    fitted = _fitted(quiet, limit - len(_QUOTE), _quoted_cost)
    return "\n".join(_QUOTE + _with_entities(line) for line in fitted.split("\n"))


def plain(text: str, limit: int) -> str:
    """Return `text` cut to at most `limit` units for a plain_text object, which is never empty."""
    return NOTHING if is_blank(text) else _fitted(text, limit, _units)


def link(url: str, label: str, limit: int = LINK_LIMIT) -> str:
    """Return a link that shows `label`; only the label when the address is not a safe one, or over `limit`."""
    shown = NOTHING if is_blank(label) else inline(label, LABEL_LIMIT).replace("|", "¦")
    address = safe_url(url)
    target = _with_entities(address.replace("|", "%7C")) if address else ""
    if not target or length(target) > limit:
        return shown
    return f"<{target}>" if is_blank(label) else f"<{target}|{shown}>"


def mention(user_id: str) -> str:
    """Return a mention of the person; the bare text when it is not the id of one."""
    return f"<@{user_id}>" if _USER_ID.fullmatch(user_id) else _named(user_id, "someone")


def channel(channel_id: str) -> str:
    """Return a link to the channel; the bare text when it is not the id of one."""
    return f"<#{channel_id}>" if _CHANNEL_ID.fullmatch(channel_id) else _named(channel_id, "a channel")


def date(when: datetime, fallback: str = "") -> str:
    """Return a moment that Slack shows in each reader's own time zone.

    `fallback` is what stands where Slack cannot do so; when empty, the moment in UTC.

    Raises:
        ValueError: `when` has no time zone.

    Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    if when.tzinfo is None:
        raise ValueError("a date for Slack needs a time zone")
    written = fallback if not is_blank(fallback) else when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    shown = inline(written, LABEL_LIMIT).replace("|", "¦")
    return f"<!date^{int(when.timestamp())}^{{date_short_pretty}} at {{time}}|{shown}>"


def length(text: str) -> int:
    """Count the UTF-16 units of `text`."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _named(text: str, nobody: str) -> str:
    return nobody if is_blank(text) else inline(text, LABEL_LIMIT)


def _quiet(text: str) -> str:
    return _SHOUT.sub(f"@{_WORD_JOINER}", text)


def _with_entities(text: str) -> str:
    # The ampersand comes first in the table, so that the entities made after it stay whole.
    for character, entity in _ENTITIES.items():
        text = text.replace(character, entity)
    return text


def _fitted(text: str, limit: int, cost: Callable[[str], int]) -> str:
    """Return the longest beginning of `text` that costs at most `limit`, with "…" where it was cut."""
    if len(text) * _DEAREST <= limit:
        return text
    spent = 0
    cut_at = 0
    for at, character in enumerate(text):
        spent += cost(character)
        if spent > limit:
            return text[: cluster_start(text, cut_at)].rstrip() + ELLIPSIS if limit > 0 else ""
        if spent <= limit - len(ELLIPSIS):
            cut_at = at + 1
    return text


def _units(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _escaped_cost(character: str) -> int:
    return len(_ENTITIES[character]) if character in _ENTITIES else _units(character)


def _quoted_cost(character: str) -> int:
    return len(_QUOTE) + 1 if character == "\n" else _escaped_cost(character)
