"""Reports as bad as people, trackers and chance can make them: everything follows from one random number."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from bot.duplicates import Candidate
from bot.suggestions import Suggested, Suggestions
from bot.triage.cards import Card, DecisionLine, ReportLine, Who
from bot.triage.homepage import HomePage
from bot.triage.lookup import Event
from bot.triage.states import Action
from handlers.views.report_form import Opening
from storage.models import ReportState, Resolution, Severity

# What a person types is never a link, a mention or a date of ours. The generated addresses are on another host.
T = TypeVar("T")
FORGED = (
    "<https://evil.example/login|https://good.example>",
    "<!channel> <!here> <!everyone> <!subteam^S1|all>",
    "<@U1> <@W1|ana> <#C1|leads>",
    "<!date^1^{date}|yesterday>",
    "@channel @here @everyone",
)
PIECES = (
    *FORGED,
    "",
    " ",
    "\u200b\u2060\ufeff",
    "Checkout button is dead",
    "&amp; &lt;b&gt; &",
    "```",
    "```\nfence that is closed\n```",
    "```\nfence that is never closed",
    "> quoted\n> twice",
    "*bold _and ~never `closed",
    "one\ntwo\r\nthree\u2028four",
    "שלום עולם \u202egnirts desrever",
    "مرحبا",
    "👩‍👩‍👧‍👦👍🏽🇩🇪",
    "e" + "\u0301" * 40,
    "\x00\x1b[31m\x07",
    "\ud800 half \udfff",
    "“quotes” \"and\" 'more' \\ {braces} %s",
    "|pipe|^caret^",
)
LONG = (
    "&" * 3_000,
    "x" * 40_000,
    "😀" * 20_000,
    "<" * 9_000,
    "word " * 8_000,
    "\n" * 5_000,
    "```\n" * 2_000,
    "> " * 3_000,
    "\u0301" * 3_000,
)
LENGTHS = (23, 24, 25, 74, 75, 76, 149, 150, 151, 1_999, 2_000, 2_001, 2_999, 3_000, 3_001)
ADDRESSES = (
    "",
    "https://shop.example/cart?a=1&b=<2>",
    "javascript:alert(1)",
    "https://shop.example/" + "a" * 1_970,
    "https://shop.example/?" + "&" * 1_900,
    "https://shop.example/a|b c",
    "not an address",
)
# What Slack would act on, in a text that should hold nothing of the kind but dates and links of ours.
PINGS = re.compile(r"<https://evil\.|<!date\^1\^|<[@#]|@(?:here|channel|everyone)\b|<!(?!date)", re.IGNORECASE)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def marked_texts(node: Any) -> Iterator[str]:
    """Yield every text of blocks that Slack reads marks in."""
    if isinstance(node, list):
        for one in node:
            yield from marked_texts(one)
    elif isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        for value in node.values():
            yield from marked_texts(value)


def text(random: Random) -> str:
    """Make a text: mostly several bad pieces in a row, sometimes one enormous one, or one at a limit of Slack's."""
    chance = random.random()
    if chance < 0.08:
        return random.choice(LONG)
    if chance < 0.25:
        return random.choice(("x", "&", "😀")) * random.choice(LENGTHS)
    return random.choice(("", " ", "\n")).join(random.choices(PIECES, k=random.randint(1, 4)))


def few(random: Random, counts: tuple[int, ...], make: Callable[[], T]) -> tuple[T, ...]:
    """Make so many things, at most five of them different: to make hundreds costs more than to look at them."""
    count = random.choice(counts)
    different = [make() for _ in range(min(count, 5))]
    return tuple(different[at % 5] for at in range(count))


def who(random: Random) -> Who:
    """Make a person with a bad name."""
    return Who(f"U{random.randint(1, 10**9)}", text(random))


def address(random: Random) -> str:
    """Make an address, safe or not, long or not."""
    return random.choices(ADDRESSES, weights=(4, 8, 1, 1, 1, 2, 1))[0]


def line(random: Random) -> ReportLine:
    """Make a report as lists show it."""
    state = random.choice(tuple(ReportState))
    number = random.choice((1, 142, 99_999, 1_000_000, 100_000_000))
    return ReportLine(
        report_id=random.randint(1, 10**12),
        key=f"BUG-{number}",
        title=text(random),
        state=state,
        resolution=random.choice(tuple(Resolution)) if state is ReportState.CLOSED else None,
        severity=random.choice((None, *Severity)),
        component=text(random),
        owner=random.choice((None, who(random))),
        permalink=address(random),
        created_at=NOON - timedelta(days=random.randint(0, 4_000)),
        private=random.random() < 0.2,
        due_at=random.choice((None, NOON)),
        is_overdue=random.random() < 0.5,
    )


def decision(random: Random, action: Action) -> DecisionLine:
    """Make a decision of a kind with all the facts any of them has."""
    facts: dict[str, Any] = {
        "was_new": random.random() < 0.5,
        "severity": random.choice(tuple(Severity)),
        "component": text(random),
        "until": random.choice(("", NOON.isoformat())),
        "more_hits": random.choice((0, 1, 20)),
        "resolution": random.choice(tuple(Resolution)),
        "build": text(random),
        "original": "BUG-98",
        "original_state": "accepted",
        "undone": "decline",
        "version": 7,
    }
    by = random.choice((None, who(random)))
    return DecisionLine(random.randint(1, 10**9), action, by, NOON, random.choice(("", text(random))), facts)


def candidate(random: Random, report_id: int) -> Candidate:
    """Make a likely duplicate."""
    state = random.choice(tuple(ReportState))
    key = f"BUG-{report_id}"
    hits = random.randint(1, 10**6)
    return Candidate(report_id, key, text(random), state, random.random(), text(random), hits, address(random))


def card(random: Random) -> Card:
    """Make a whole report with its last decision."""
    return Card(
        line=line(random),
        what=text(random),
        expected=text(random),
        url=address(random),
        transcript=few(random, (0, 1, 4, 50), lambda: (text(random), text(random))),
        attachments=few(random, (0, 1, 20), lambda: (text(random), address(random))),
        reporter=who(random),
        source_permalink=address(random),
        team=text(random),
        route_reason=text(random),
        hits=random.choice((1, 2, 50, 10**6)),
        came_back=random.choice((0, 1, 7)),
        question=text(random),
        how_to_check=text(random),
        fixed_in=text(random),
        snooze_until=random.choice((None, NOON)),
        wake_at_hits=random.choice((None, 60)),
        duplicate_of=random.choice(("", "BUG-98")),
        regression_of=random.choice(("", "BUG-7")),
        decision=random.choice((None, decision(random, random.choice(tuple(Action))))),
        issue_key=random.choice(("", text(random))),
        issue_url=address(random),
        issue_problem=text(random),
        duplicates=tuple(candidate(random, at + 1) for at in range(random.choice((0, 1, 3)))),
        card_channel="C0CHECKOUT",
        card_ts="1.0",
        version=3,
        suggestions=Suggestions(random.choice((None, suggested(random))), random.choice((None, rated(random)))),
        proposed_severity=random.choice((None, *Severity)),
    )


def suggested(random: Random) -> Suggested:
    """Make a component that is proposed, with up to three reports as evidence."""
    keys = tuple(f"BUG-{random.randint(1, 10**8)}" for _ in range(random.randint(0, 3)))
    return Suggested("k" * 60 + "0", random.random(), keys, text(random), text(random))


def rated(random: Random) -> Suggested:
    """Make a severity that is proposed."""
    return replace(suggested(random), value=random.choice(tuple(Severity)), name="")


def components(random: Random) -> list[tuple[str, str]]:
    """Make the choices of a component menu, up to the hundred that a settings file may have."""
    names = few(random, (0, 1, 100), lambda: text(random))
    return [(f"{'k' * 60}{at}", name) for at, name in enumerate(names)]


def opening(random: Random) -> Opening:
    """Make what a form is opened with."""
    return Opening(
        channel="C0123456789",
        title=text(random),
        what=text(random),
        component_key="k" * 60 + "0",
        source_ts="1234567890.123456",
        thread_ts="1234567890.123456",
        form_id="f" * 16,
    )


def page(random: Random) -> HomePage:
    """Make an App Home with up to a hundred rows in each list."""
    return HomePage(*(few(random, (0, 1, 10, 100), lambda: line(random)) for _ in range(2)))


def event(random: Random) -> Event:
    """Make one line of a timeline."""
    return Event("23 Nov 2026 12:00 UTC", text(random), "accept", "button", random.choice(("", text(random))))


def with_key(made: Card, key: str) -> Card:
    """Give a report another key."""
    return replace(made, line=replace(made.line, key=key))
