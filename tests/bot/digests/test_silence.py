"""When a digest is posted, and when it is not: nothing twice, nothing that changes by itself is news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.digests import silence, snapshot
from bot.digests.facts import Act, ActKind, Digest, Facts, Figure, Item, Piece, Quote, Rank, SourceHealth
from bot.digests.silence import EMPTY, UNCHANGED, fingerprint, judge, shown_since
from storage.models import Slot

MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def item(**more: object) -> Item:
    usual = {"subject": "report:131", "line": (Piece("BUG-131"),), "state": "fixed", "owner": "3", "severity": "S2"}
    return Item(**{**usual, **more})  # type: ignore[arg-type]


def digest(*items: Item, at: datetime = MONDAY, rank: Rank = Rank.NEEDS_YOU, **more: object) -> Digest:
    facts = (Facts("verify_now", rank, "Verify now", items=items),) if items else ()
    usual = {"audience": "qa", "slot": Slot.DAILY, "title": "QA", "zone": "Europe/Berlin", "due_at": at, "since": at}
    made = Digest(**{**usual, "facts": facts, **more})  # type: ignore[arg-type]
    return replace(made, shown=shown_since(made, {}))


def later(last: Digest, days: float, *items: Item) -> Digest:
    """Make the digest of some days later, after one that was posted."""
    made = digest(*items, at=last.due_at + DAY * days)
    return replace(made, shown=shown_since(made, last.shown))


def verdict(new: Digest, last: Digest | None) -> silence.Verdict:
    was = fingerprint(last) if last else ""
    return judge(new, was, last.due_at if last else None, is_heartbeat_wanted=True)


def test_first_digest_is_posted_when_it_has_something_to_say() -> None:
    assert verdict(digest(item()), None) == silence.Verdict()


def test_nothing_is_posted_when_there_is_nothing_to_say() -> None:
    assert verdict(digest(), None).skip == EMPTY


@pytest.mark.parametrize(
    "changed",
    [{"state": "closed"}, {"owner": "4"}, {"severity": "S1"}, {"is_overdue": True}, {"subject": "report:132"}],
)
def test_digest_is_posted_when_what_matters_of_a_line_changed(changed: dict[str, object]) -> None:
    last = digest(item())

    assert verdict(later(last, 2, item(**changed)), last) == silence.Verdict()


def test_digest_is_posted_when_a_line_is_gone() -> None:
    last = digest(item(), item(subject="report:7"))

    assert verdict(later(last, 2, item()), last) == silence.Verdict()


@pytest.mark.parametrize("words", [{"line": (Piece("BUG-131 · 3 d"),)}, {"details": ((Piece("5 people met it"),),)}])
def test_digest_is_not_posted_when_only_ages_and_counts_changed(words: dict[str, object]) -> None:
    last = digest(item(), rank=Rank.CHANGED)
    new = digest(item(**words), at=MONDAY + DAY, rank=Rank.CHANGED)

    assert verdict(new, last).skip == UNCHANGED


def test_order_of_lines_is_no_news() -> None:
    one, other = item(), item(subject="report:7")

    assert fingerprint(digest(one, other)) == fingerprint(digest(other, one))


def test_what_needs_somebody_is_said_again_on_days_1_3_7_and_then_weekly() -> None:
    last = digest(item())
    said = []
    for day in range(1, 31):
        new = replace(digest(item(), at=MONDAY + DAY * day), shown=last.shown)
        if not verdict(new, last).skip:
            said.append(day)
            last = new

    assert said == [1, 3, 7, 14, 21, 28]


def test_repeat_that_falls_on_a_weekend_is_said_on_monday() -> None:
    thursday = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    first = digest(item(), at=thursday)
    friday = later(first, 1, item())
    monday = later(friday, 3, item())

    assert not verdict(friday, first).skip
    # Day 3 was a Sunday.
    assert not verdict(monday, friday).skip
    assert verdict(later(monday, 1, item()), monday).skip == UNCHANGED


def test_what_changed_begins_anew_to_be_said() -> None:
    last = digest(item())
    changed = later(last, 2, item(owner="9"))

    assert changed.shown == {"verify_now|report:131|fixed|9|S2|": changed.due_at}


def test_week_is_posted_when_there_are_figures_and_no_news() -> None:
    figures = (Facts("qa_figures", Rank.FIGURES, "Figures", figures=(Figure("new", "New", "0", 0.0),), is_news=False),)
    last = digest(facts=figures)

    assert verdict(digest(slot=Slot.WEEKLY, facts=figures, at=MONDAY + 7 * DAY), last) == silence.Verdict()
    assert verdict(digest(slot=Slot.DAILY, facts=figures), None).skip == EMPTY


@pytest.mark.parametrize(("wanted", "expected"), [(True, ("", True)), (False, (EMPTY, False))])
def test_week_without_anything_is_one_line_where_one_is_wanted(wanted: bool, expected: tuple[str, bool]) -> None:
    found = judge(digest(slot=Slot.WEEKLY), "", None, is_heartbeat_wanted=wanted)

    assert (found.skip, found.is_heartbeat) == expected


def test_all_sources_failing_is_said_once() -> None:
    failing = (SourceHealth("github", "GitHub", failing_since=MONDAY, error="401"),)
    first = digest(sources=failing)
    second = digest(sources=failing, at=MONDAY + DAY)

    assert verdict(first, None) == silence.Verdict()
    assert verdict(second, first).skip == UNCHANGED


def test_source_that_fails_or_works_again_is_news() -> None:
    works = (SourceHealth("github", "GitHub", read_at=MONDAY), SourceHealth("linear", "Linear"))
    fails = (replace(works[0], failing_since=MONDAY), works[1])

    assert fingerprint(digest(item(), sources=works)) != fingerprint(digest(item(), sources=fails))
    later_read = (replace(works[0], read_at=MONDAY + DAY), works[1])
    assert fingerprint(digest(item(), sources=works)) == fingerprint(digest(item(), sources=later_read))


def test_digest_is_read_again_as_it_was_kept() -> None:
    whole = digest(
        item(acts=(Act(ActKind.VERIFY, "131", "Verify"),), details=((Piece("Check: ", bold=True), Piece("pay")),)),
        sources=(SourceHealth("github", "GitHub", read_at=MONDAY, failing_since=MONDAY, error="401"),),
        next_at=MONDAY + DAY,
        is_late=True,
    )
    figures = (Figure("new", "New bugs", "14", 14.0, n=14, series=(1.0, None, 3.0), against="mean 12", chart=True),)
    more = Facts("qa_figures", Rank.FIGURES, "Figures", figures=figures, quotes=(Quote("Finally!", "Contoso"),))
    whole = replace(whole, facts=(*whole.facts, more))

    assert snapshot.read(snapshot.write(whole)) == whole
