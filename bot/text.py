"""What people type, made safe once at the door: cleaned, cut without silence, and with its secrets masked."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import takewhile
from urllib.parse import urlsplit

# As much as Slack lets one message hold; the database keeps a text up to here.
# https://docs.slack.dev/reference/methods/chat.postMessage
TEXT_LIMIT = 40_000
TITLE_LIMIT = 200
URL_LIMIT = 2_000
ELLIPSIS = "…"
MASK = "[masked]"

_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BIDI_PAIRS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
_BIDI_CLOSERS = frozenset("\u202c\u2069")
# Letters, by their category, that nevertheless draw nothing: combining joiner, Hangul fillers, empty Braille.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(n) for n in range(0xFE00, 0xFE10)}
_JOINER = "\u200d"
# Python sorts the marks on one letter in quadratic time: 40,000 of them take 2.5 s. Unicode's own
# "stream-safe" text has at most 30. https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
_MARKS_LIMIT = 30
# How far a cut moves back for the sake of one whole emoji or letter; a family of emoji has 11 characters.
_CLUSTER_LIMIT = 32
# Each pattern starts at a fixed prefix and repeats one class of characters, so that all are linear.
_SECRETS = re.compile(
    r"xox[abeprs](?:\.xox[bp])?-[\w-]{8,}"  # Slack tokens
    r"|xapp-[\w-]{8,}"  # Slack's app-level tokens
    r"|hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{8,}"
    r"|github_pat_\w{16,}|gh[opsru]_\w{16,}"
    r"|glpat-[\w-]{16,}"
    r"|lin_(?:api|oauth|wh)_\w{16,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)"
    r"|(?i:bearer)[ \t]{1,8}[\w.~+/=-]{16,}"
    r"|(?<=://)[^\s/@:]{1,100}:[^\s/@]{1,200}(?=@)",  # name and password in an address
    re.ASCII | re.DOTALL,
)
_NOT_IN_URL = re.compile(r"[\s<>\"\\`\ud800-\udfff]")


@dataclass(frozen=True)
class Cleaned:
    """A text that is safe to store, and whether something of it had to be left out."""

    text: str
    cut: bool


def clean(text: str, *, limit: int = TEXT_LIMIT) -> Cleaned:
    """Return `text` without what cannot be stored or shown, at most `limit` characters.

    Control characters go, except newline and tab; every kind of newline becomes one; lone surrogates become
    U+FFFD; bidi controls without their partner go; letters are composed (NFC). A cut text ends with "…".
    """
    # Half an emoji is legal JSON, and neither the database nor HTTP can carry it. Two halves are joined.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    tidy = _settle(_CONTROLS.sub("", _NEWLINES.sub("\n", whole)))
    if len(tidy) <= limit:
        return Cleaned(tidy, cut=False)
    kept = tidy[: cluster_start(tidy, limit - len(ELLIPSIS))].rstrip()
    return Cleaned(_settle(kept) + ELLIPSIS, cut=True)


def clean_title(text: str) -> str:
    """Return `text` as one line of at most 200 characters; empty when there is nothing to read in it."""
    # A newline may separate a bidi pair, so the line is made before the pairs are looked at.
    line = " ".join(clean(" ".join(text.split())).text.split())
    return "" if is_blank(line) else clean(line, limit=TITLE_LIMIT).text


def is_blank(text: str) -> bool:
    """Tell whether `text` shows nothing: only spaces, controls and characters of no width."""
    return all(_shows_nothing(character) for character in text)


def cluster_start(text: str, end: int) -> int:
    """Return the largest index up to `end` where `text` can be cut without splitting an emoji or an accent.

    An unreasonably long cluster is split at `end` all the same.
    """
    if end <= 0 or end >= len(text):
        return max(0, min(end, len(text)))
    start = end
    while start > 0 and end - start < _CLUSTER_LIMIT:
        if not _is_inside_cluster(text, start):
            return start
        start -= 1
    return start if start == 0 and end < _CLUSTER_LIMIT else end


def beginning(text: str, limit: int) -> str:
    """Return the longest beginning of `text` of at most `limit` UTF-16 units; nothing marks where it was cut."""
    if 2 * len(text) <= limit:
        return text
    spent = 0
    for at, character in enumerate(text):
        spent += 2 if character > "\uffff" else 1
        if spent > limit:
            return text[: cluster_start(text, at)]
    return text


def mask_secrets(text: str) -> str:
    """Return `text` with well-known tokens, private keys and passwords in addresses as "[masked]"."""
    return _SECRETS.sub(MASK, text)


def safe_url(text: str) -> str | None:
    """Return the web address in `text`, or None when it is not one that a person should be sent to.

    Only http and https, with a host, without a name or password, at most 2,000 characters.
    """
    address = text.strip()
    if len(address) > URL_LIMIT or _NOT_IN_URL.search(address) or any(_is_hidden(c) for c in address):
        return None
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return address if usable and "@" not in parts.netloc else None


def _settle(text: str) -> str:
    if text.isascii():
        return text
    balanced = "\n".join(_balance(line) for line in text.split("\n")) if _BIDI.search(text) else text
    return balanced if _longest_run_of_marks(balanced) > _MARKS_LIMIT else unicodedata.normalize("NFC", balanced)


def _balance(line: str) -> str:
    """Drop the bidi controls of one line that have no partner: they would turn around what comes after."""
    unpaired: set[int] = set()
    opened: list[int] = []
    for match in _BIDI.finditer(line):
        if match[0] not in _BIDI_CLOSERS:
            opened.append(match.start())
        elif opened and _BIDI_PAIRS[line[opened[-1]]] == match[0]:
            opened.pop()
        else:
            unpaired.add(match.start())
    unpaired.update(opened)
    return "".join(character for at, character in enumerate(line) if at not in unpaired)


def _longest_run_of_marks(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    return longest


def _shows_nothing(character: str) -> bool:
    return character.isspace() or character in _INVISIBLE or _is_hidden(character)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"}


def _is_inside_cluster(text: str, at: int) -> bool:
    """Tell whether the characters on both sides of `at` belong together."""
    before, after = text[at - 1], text[at]
    if _is_flag_letter(before) and _is_flag_letter(after):
        # Flags are pairs of letters without a separator: only counting from the first one tells them apart.
        return len(list(takewhile(_is_flag_letter, reversed(text[:at])))) % 2 == 1
    return _JOINER in (before, after) or _extends(after)


def _extends(character: str) -> bool:
    is_skin_tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    is_tag = "\U000e0020" <= character <= "\U000e007f"
    return is_skin_tone or is_tag or unicodedata.category(character).startswith("M")


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
