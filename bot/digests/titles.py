"""Titles of pull requests, as customers could read them."""

import re

# https://www.conventionalcommits.org: "feat(reports)!: Saved filters". Other words before a colon belong to the title.
_CONVENTIONAL = re.compile(
    r"^(?:build|chore|ci|docs|feat|feature|fix|perf|refactor|revert|style|test)(?:\([^)]{0,60}\))?!?:[ \t]+(?=\S)",
    re.IGNORECASE,
)
_PUNCTUATION = " \t.,;:–—-()[]"


def plain_title(title: str) -> str:
    """Give a title without what its kind is to developers, such as "feat(reports): "."""
    return _CONVENTIONAL.sub("", title, count=1)


def is_more_than(words: str, title: str) -> bool:
    """Say whether words tell more than a title does."""
    return _bare(words) != _bare(title)


def _bare(words: str) -> str:
    return plain_title(words.strip(_PUNCTUATION)).strip(_PUNCTUATION).casefold()
