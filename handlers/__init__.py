"""Everything the bot answers to: one module per feature, one line each."""

from handlers import (
    bugs,
    cards,
    home_tab,
    liaison,
    members,
    notices,
    reactions,
    replies,
    report_words,
    status_word,
    triage,
)
from handlers.slack.dispatch import Routes
from handlers.slack.feature import Feature

HANDLERS: tuple[Feature, ...] = (
    bugs.FEATURE,
    triage.FEATURE,
    cards.FEATURE,
    notices.FEATURE,
    reactions.FEATURE,
    replies.FEATURE,
    home_tab.FEATURE,
    members.FEATURE,
    report_words.FEATURE,
    status_word.FEATURE,
)


def routes() -> Routes:
    """Gather every feature and the `/liaison` command over all their words."""
    words = [word for feature in HANDLERS for word in feature.words]
    return Routes([*HANDLERS, liaison.feature(words)])
