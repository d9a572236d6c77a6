"""Digests as the tests of their views need them: one like a team's day, and any that chance makes."""

from datetime import UTC, datetime, timedelta
from random import Random

from bot.digests.facts import (
    Act,
    ActKind,
    Digest,
    Facts,
    Figure,
    Item,
    Line,
    Mark,
    Piece,
    Quote,
    Rank,
    SourceHealth,
)
from tests.handlers.views.generated import address, few, text

MORNING = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def fix(number: int, title: str) -> Item:
    """Give a fix that waits to be verified."""
    return Item(
        f"report:{number}",
        (Piece(f"BUG-{number}", bold=True, url=f"https://acme.slack.example/p{number}"), Piece(f" S2 · {title}")),
        details=((Piece("Check: fill the form, go back, return"),),),
        state="fixed",
        severity="S2",
        acts=(Act(ActKind.VERIFY, str(number)),),
    )


def quality(fixes: int = 3) -> Digest:
    """Give a day of QA with so many fixes to verify."""
    verify = Facts(
        "verify_now",
        Rank.NEEDS_YOU,
        "Verify now",
        f"{fixes} fixes waiting, oldest 3 d",
        lead=((Piece("Build 2.14.0-rc2 on staging since 08:05"),),),
        items=tuple(fix(131 + place, "Card form clears on back button") for place in range(fixes)),
    )
    back = Item("report:117", (Piece("BUG-117", bold=True), Piece(" S2 · Duplicate invoice e-mail — back with Bo")))
    return Digest(
        audience="qa",
        slot="daily",
        title="QA · Tue 24 Nov",
        zone="Europe/Berlin",
        due_at=MORNING,
        since=MORNING - timedelta(days=1),
        gist="QA · Tue 24 Nov · Verify now: 3 fixes waiting, oldest 3 d · Came back: 1",
        next_at=MORNING + timedelta(days=1),
        facts=(verify, Facts("came_back", Rank.CHANGED, "Came back", "1", items=(back,))),
        sources=(
            SourceHealth("github", "GitHub", MORNING - timedelta(minutes=1)),
            SourceHealth("linear", "Linear", MORNING - timedelta(minutes=1)),
        ),
    )


def figures(count: int = 6, *, chart: bool = True) -> Facts:
    """Give a section of figures."""
    labels = ("New bugs", "Fixed and verified", "Waiting", "Open S1 / S2", "Came back (28 d)", "Escaped (28 d)")
    series = (12.0, 15.0, None, 14.0, 12.0, 17.0, 12.0, 14.0)
    made = tuple(
        Figure(labels[place % 6], labels[place % 6], "14", 14, series=series, against="8-week mean 12", chart=chart)
        for place in range(count)
    )
    return Facts("qa_figures", Rank.FIGURES, "Figures", figures=made, is_news=False)


def any_digest(random: Random) -> Digest:
    """Make a digest as bad as chance can: of any length, with any text in every place."""
    return Digest(
        audience=text(random),
        slot=random.choice(("daily", "weekly")),
        title=text(random),
        zone=random.choice(("Europe/Berlin", "Pacific/Apia", "Asia/Kathmandu")),
        due_at=_moment(random),
        since=_moment(random),
        gist=text(random),
        next_at=random.choice((None, _moment(random))),
        is_late=random.random() < 0.3,
        facts=few(random, (0, 1, 2, 4, 7), lambda: _facts(random)),
        sources=few(random, (0, 1, 3, 12), lambda: _source(random)),
    )


def any_marks(random: Random) -> dict[str, Mark]:
    """Make what became of some of the items."""
    subjects = few(random, (0, 1, 4), lambda: _subject(random))
    return {one: Mark(random.random() < 0.8, text(random), text(random)) for one in subjects}


def _facts(random: Random) -> Facts:
    return Facts(
        section=text(random),
        rank=random.choice(tuple(Rank)),
        heading=text(random),
        summary=random.choice(("", text(random))),
        lead=few(random, (0, 0, 1, 9), lambda: _line(random)),
        items=few(random, (0, 1, 4, 6, 12), lambda: _item(random)),
        figures=few(random, (0, 0, 0, 2, 9, 12), lambda: _figure(random)),
        quotes=few(random, (0, 0, 1, 7), lambda: Quote(text(random), text(random))),
        notes=few(random, (0, 0, 1, 9), lambda: _line(random)),
        acts=few(random, (0, 0, 1, 3), lambda: _act(random)),
        stale=random.choice(("", "", "", text(random))),
    )


def _item(random: Random) -> Item:
    details = few(random, (0, 1, 4), lambda: _line(random))
    return Item(_subject(random), _line(random), details, acts=few(random, (0, 1, 3), lambda: _act(random)))


def _line(random: Random) -> Line:
    return few(random, (0, 1, 2, 5), lambda: _piece(random))


def _piece(random: Random) -> Piece:
    bold, italic, struck, code = (random.random() < 0.2 for _ in range(4))
    mention = random.choice(("", "", "", "U0BO", "<!here>"))
    return Piece(text(random), bold, italic, struck, code, address(random), mention)


def _act(random: Random) -> Act:
    return Act(random.choice(tuple(ActKind)), random.choice(("131", "131", text(random))), text(random))


def _figure(random: Random) -> Figure:
    values = (None, 0.0, 1.5, -3.0, 1e9, 1e308, -1e308, float("inf"), float("nan"), random.random())
    series = tuple(random.choice(values) for _ in range(random.choice((0, 1, 8, 8, 30))))
    unusual, chart = random.random() < 0.5, random.random() < 0.5
    return Figure(text(random), text(random), text(random), 1, 1, series, text(random), unusual, chart)


def _source(random: Random) -> SourceHealth:
    read_at, failing = random.choice((None, _moment(random))), random.choice((None, _moment(random)))
    told = tuple(text(random) for _ in range(random.choice((0, 1, 3))))
    return SourceHealth(text(random), text(random), read_at, failing, text(random), told)


def _subject(random: Random) -> str:
    return random.choice(("report:1", "report:2", "item:3", "change:4", "health:leadership"))


def _moment(random: Random) -> datetime:
    return MORNING + timedelta(minutes=random.randint(-2_500_000, 2_500_000))
