"""The index by itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from bot.duplicates.index import Document, Index

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TITLES = [
    "Basket is empty after reload",
    "Invoice shows the old address",
    "Search finds nothing for umlauts",
    "CSV export is empty on Safari",
    "Login page stays white",
    "Avatar is cut off on retina screens",
]


def filled(*titles: str) -> Index:
    index = Index()
    for number, title in enumerate(titles or TITLES, 1):
        index.add(Document(number, NOW - timedelta(days=1), title, ""))
    return index


def found(index: Index, title: str, body: str = "", besides: int | None = None) -> list[int]:
    return [one.report_id for one in index.search(title, body, now=NOW, besides=besides)]


def test_report_is_found_when_its_title_is_said_in_other_words() -> None:
    assert found(filled(), "Exporting CSV on Safari gives an empty file")[0] == 4


def test_nothing_is_found_when_no_word_is_shared() -> None:
    assert found(filled(), "Printer on fire") == []


def test_report_is_found_at_once_when_it_was_just_added() -> None:
    index = filled()
    index.add(Document(9, NOW, "Printer on fire", ""))

    assert found(index, "The printer burns: fire!") == [9]


def test_newer_report_is_first_when_two_say_the_same() -> None:
    index = Index()
    index.add(Document(1, NOW - timedelta(days=900), "Printer on fire", ""))
    index.add(Document(2, NOW - timedelta(days=2), "Printer on fire", ""))

    assert found(index, "Printer on fire") == [2, 1]


def test_only_the_new_words_find_a_report_when_it_was_replaced() -> None:
    index = filled()
    index.add(Document(1, NOW, "Printer on fire", ""))

    assert (found(index, "Basket reload"), found(index, "printer")) == ([], [1])
    assert (len(index), index.wasted) == (6, 1)


def test_removed_report_is_not_found_when_asked_for() -> None:
    index = filled()
    index.remove(1)
    index.remove(77)

    assert found(index, "Basket is empty after reload") == [4]
    assert 1 not in index


def test_group_is_found_once_when_people_confirmed_it() -> None:
    index = filled("Basket is empty after reload", "Shopping cart lost on refresh", "Basket empty after a reload")
    index.confirm(1, 3)

    assert found(index, "Basket is empty after reload") == [1]

    index.forget(1, 3)

    assert sorted(found(index, "Basket is empty after reload")) == [1, 3]


def test_refused_report_is_not_offered_when_the_other_asks() -> None:
    index = filled("Basket is empty after reload", "Basket empty after a reload")
    index.refuse(1, 2)

    assert found(index, "Basket empty after a reload", besides=2) == []
    assert found(index, "Basket empty after a reload") != []


def test_report_finds_its_group_no_more_when_it_is_in_it() -> None:
    index = filled("Basket is empty after reload", "Basket empty after a reload")
    index.confirm(1, 2)

    assert found(index, "Basket empty after a reload", besides=2) == []


def test_nearest_gives_each_report_by_itself_when_they_are_a_group() -> None:
    index = filled("Basket is empty after reload", "Basket empty after a reload")
    index.confirm(1, 2)

    near = index.nearest("Basket empty", "", now=NOW)

    assert sorted(one.report_id for one in near) == [1, 2]


def test_shared_words_are_named_rarest_first_when_found() -> None:
    index = filled("Basket empty on Safari", "Basket slow", "Basket empty", "Basket full")

    [best, *_] = index.search("Basket on Safari", "", now=NOW)

    assert (best.report_id, best.terms) == (1, ("safari", "basket"))
    assert (best.asked, best.letters > 0.5) == (1.0, True)


@given(some.lists(some.tuples(some.text(max_size=60), some.text(max_size=200)), max_size=12), some.text(max_size=80))
def test_search_gives_only_what_was_added_when_texts_are_any(texts: list[tuple[str, str]], asked: str) -> None:
    index = Index()
    for number, (title, body) in enumerate(texts, 1):
        index.add(Document(number, NOW, title, body))

    results = index.search(asked, asked, now=NOW)

    assert len({one.report_id for one in results}) == len(results)
    assert all(1 <= one.report_id <= len(texts) and 0 <= one.share <= 1 and one.asked <= 1.0001 for one in results)
