"""Everything the bot answers to: one module per feature, one line each."""

from importlib import import_module

from handlers import liaison
from handlers.slack.dispatch import Routes
from handlers.slack.feature import Feature

HANDLERS = (
    "bugs",
    "triage",
    "candidates",
    "changes",
    "cards",
    "notices",
    "nudges",
    "reactions",
    "replies",
    "unfurls",
    "home_tab",
    "members",
    "report_words",
    "link_words",
    "imports",
    "pointers",
    "away_word",
    "tracker_jobs",
    "source_jobs",
    "webhooks",
    "settings_watch",
    "status_word",
    "digest_posts",
    "digest_word",
    "digest_presses",
    "digest_announce",
    "digest_design",
    "digest_health",
)


def features() -> tuple[Feature, ...]:
    """Gather what every module of the list declares, and the `/liaison` command over all their words."""
    declared = [_feature(name) for name in HANDLERS]
    words = [word for feature in declared for word in feature.words]
    return (*declared, liaison.feature(words))


def routes() -> Routes:
    """Make the table of who answers to what."""
    return Routes(features())


def _feature(name: str) -> Feature:
    declared = import_module(f"handlers.{name}").FEATURE
    if not isinstance(declared, Feature):
        raise TypeError(f"handlers/{name}.py declares no Feature")
    return declared
