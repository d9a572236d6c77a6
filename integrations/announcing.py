"""What pull requests and releases say to customers, and of themselves."""

import re

LONGEST = 500
# More changes are in no release whose notes anybody reads.
_MOST = 200
# A line of its own; what follows belongs to it up to an empty line, a list, a heading, such a line, or "Closes #4".
_LINE = re.compile(
    r"^[ \t]*Announce:[ \t]*(\S.*?)(?=\n[ \t]*(?:\n|[-*+#>]|[\w-]{2,40}:|(?:closes|fixes|resolves|refs)\b)|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
# What a template leaves there for its writer.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+")
_LINK = re.compile(r"\[([^\]\n]{0,300})\]\([^)\s]{0,300}\)")
# "#12" and "!12", and where a change lives: ".../pull/12" of GitHub, ".../-/merge_requests/12" of GitLab.
_REFERENCE = re.compile(r"(?:(?<![\w/&])[#!]|https?://\S{1,200}/(?:pull|merge_requests)/)(\d{1,9})\b")
_COMMIT = re.compile(r"\(+[0-9a-f]{7,40}\)+")
_EMPTY = re.compile(r"\([\s,&]*\)")
# "… in #12", "See #12": what is left of a line when its reference is taken out.
_DANGLING = re.compile(r"(?:(?:^|\s)(?:in|by|see|fixes|closes))+$", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?<![\w.])@\w")
# https://semver.org/#spec-item-9, as far as people use it: "2.14.0-rc1", "v3.0.0-beta.2"
_PRERELEASE = re.compile(
    r"\d[-_.]?(?:alpha|beta|rc|pre|preview|dev|next|canary|nightly|snapshot)(?![a-z])", re.IGNORECASE
)


def announced_in(description: str) -> str:
    """Give the text behind `Announce:` on one line, at most 500 characters; empty if there is none."""
    found = _LINE.search(description.replace("\r\n", "\n"))
    return " ".join(_COMMENT.sub(" ", found[1][: 10 * LONGEST]).split())[:LONGEST] if found else ""


def noted_in(notes: str) -> dict[str, str]:
    """Map the numbers of the changes that a release's notes name to what they say of each.

    A line that names an account is for developers: it was generated, or thanks somebody.
    """
    found: dict[str, str] = {}
    for line in notes.splitlines():
        number = _REFERENCE.search(line[:2000])
        if number is None or _ACCOUNT.search(line) or len(found) >= _MOST:
            continue
        words = _plain(line[:2000])
        if words:
            found.setdefault(number[1], words)
    return found


def is_prerelease(tag: str) -> bool:
    """Say whether a version is one to try, by its name: where the forge has no word for it."""
    return _PRERELEASE.search(tag) is not None


def _plain(line: str) -> str:
    """Give what a line of Markdown says, without its reference."""
    linked = _LINK.sub(lambda match: match[1], _BULLET.sub("", line))
    said = _COMMIT.sub(" ", _REFERENCE.sub(" ", linked)).replace("**", "").replace("`", "")
    words = " ".join(_EMPTY.sub(" ", said).split()).rstrip(" ,;:–—-([")
    return _DANGLING.sub("", words)[:LONGEST]
