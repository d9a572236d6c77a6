"""Likely duplicates through the database, as the form and the card ask."""

import gc
from datetime import timedelta
from pathlib import Path

import pytest

from bot.duplicates import LIKELY, WORTH_A_LOOK, Candidate, KnownReports, Question, find_candidates, known
from bot.services import Services
from bot.triage import lookup, verdicts, workflow
from bot.triage.decisions import Order
from bot.triage.intake import find_known
from storage import reports, search
from storage.database import Database, WorkspaceSession
from storage.models import Via
from tests.conftest import WORKSPACE, kept, read, report

OTHERS = ("Invoice shows the old address", "Search finds nothing for umlauts", "Login page stays white")


async def look(
    services: Services, title: str, least: float = WORTH_A_LOOK, besides: int | None = None
) -> list[Candidate]:
    question = Question(title, services.now(), besides=besides)
    return await read(services, lambda session: find_candidates(session, services.known, question, least=least))


async def change(services: Services, report_id: int, **values: object) -> None:
    def unit(session: WorkspaceSession) -> None:
        row = reports.get(session, report_id)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)

    await services.database.write(WORKSPACE, unit)
    order = Order(report_id, "U0FINN", Via.BUTTON)
    await workflow.snooze(services, order, until=services.now() + timedelta(days=1))


async def test_same_thing_is_offered_when_the_title_says_it_in_other_words(services: Services) -> None:
    for title in OTHERS:
        await report(services, title)
    intake = await report(services, "Basket is empty after reload")

    [candidate] = await find_known(services, "Basket is empty after a reload")

    assert (candidate.report_id, candidate.reason) == (intake.report_id, "4 shared words: basket, empty, after, reload")
    assert candidate.score > 0.85


async def test_nothing_is_offered_when_the_title_is_unrelated(services: Services) -> None:
    await report(services, "Basket is empty after reload")

    assert await find_known(services, "Invoice shows the old address") == []


async def test_private_report_is_not_offered_when_it_became_private(services: Services) -> None:
    intake = await report(services, "Basket is empty after reload")
    before = await look(services, "Basket is empty after reload")
    await change(services, intake.report_id, private=True)

    after = await look(services, "Basket is empty after reload")

    assert ([one.key for one in before], after) == (["BUG-1"], [])


async def test_new_words_find_a_report_when_it_was_edited(services: Services) -> None:
    intake = await report(services, "Basket is empty after reload")
    await look(services, "Basket")
    await change(services, intake.report_id, title="Printer on fire")

    assert [one.key for one in await look(services, "Printer on fire")] == ["BUG-1"]
    assert await look(services, "Basket is empty after reload") == []


async def test_original_is_offered_when_only_its_duplicate_says_the_words(services: Services) -> None:
    await report(services, "Basket is empty after reload")
    second = await report(services, "Cart loses all items on refresh")
    await workflow.mark_duplicate(services, Order(second.report_id, "U0FINN", Via.BUTTON), of_number=1)

    [candidate] = await look(services, "Cart loses all items on refresh")

    assert (candidate.key, candidate.title) == ("BUG-1", "Basket is empty after reload")


async def test_first_of_a_chain_is_offered_when_its_last_says_the_words(services: Services) -> None:
    await report(services, "Basket is empty after reload")
    second = await report(services, "Cart loses all items on refresh")
    third = await report(services, "Trolley forgets everything after F5")
    await change(services, third.report_id, duplicate_of_id=second.report_id)
    await change(services, second.report_id, duplicate_of_id=1)

    candidates = await look(services, "Trolley forgets everything after F5")

    assert [one.key for one in candidates] == ["BUG-1"]


async def test_duplicate_is_not_offered_when_its_original_is_private(services: Services) -> None:
    first = await report(services, "Basket is empty after reload")
    second = await report(services, "Cart loses all items on refresh")
    await workflow.mark_duplicate(services, Order(second.report_id, "U0FINN", Via.BUTTON), of_number=1)
    await change(services, first.report_id, private=True)

    assert await look(services, "Cart loses all items on refresh") == []


async def test_nothing_of_another_workspace_is_read_when_its_id_is_known(services: Services) -> None:
    intake = await report(services, "Basket is empty after reload")
    ids = [intake.report_id, intake.report_id + 1]

    here = await read(services, lambda session: search.found_with_originals(session, ids))
    elsewhere = await services.database.read("T0OTHER", lambda session: search.found_with_originals(session, ids))

    assert ([one.key for one in here.values()], elsewhere) == (["BUG-1"], {})


async def test_less_likely_one_is_shown_too_when_the_best_is_likely(services: Services) -> None:
    await report(services, "Basket is empty after reload")
    await report(services, "Basket is empty after logging in")
    await report(services, "Basket loses its colours in dark mode on small screens")

    best, other = await look(services, "Basket is empty after reload", least=LIKELY)

    assert (best.key, other.key) == ("BUG-1", "BUG-2")
    assert best.score >= LIKELY > 2 * other.score


async def test_pair_is_not_offered_again_when_a_person_said_it_is_not_the_same(services: Services) -> None:
    first = await report(services, "Basket is empty after reload")
    second = await report(services, "Basket is empty after a reload")
    before = await look(services, "Basket is empty after a reload", besides=second.report_id)

    await verdicts.refuse(services, Order(second.report_id, "U0FINN", Via.BUTTON), other_id=first.report_id)

    assert [one.report_id for one in before] == [first.report_id]
    assert await look(services, "Basket is empty after a reload", besides=second.report_id) == []


async def test_report_of_another_process_is_found_when_it_was_just_filed(services: Services) -> None:
    await report(services, OTHERS[0])
    other = KnownReports()
    question = Question("Basket is empty after reload", services.now())
    before = await read(services, lambda session: find_candidates(session, other, question))
    await report(services, "Basket is empty after reload")

    after = await read(services, lambda session: find_candidates(session, other, question))

    assert (before, [one.key for one in after]) == ([], ["BUG-2"])


async def test_full_text_answers_when_the_index_is_still_being_built(services: Services) -> None:
    await report(services, "Basket is empty after reload")
    question = Question("Basket empty after a reload", services.now())

    def unit(session: WorkspaceSession) -> list[Candidate]:
        with services.known._known(WORKSPACE).lock:
            return find_candidates(session, services.known, question)

    assert [one.key for one in await read(services, unit)] == ["BUG-1"]
    assert services.known.count(WORKSPACE) == 0


async def test_unit_that_writes_teaches_nothing_when_it_may_be_rolled_back(services: Services) -> None:
    await report(services, "Basket is empty after reload")
    question = Question("Basket is empty after reload", services.now())

    await services.database.write(WORKSPACE, lambda session: find_candidates(session, services.known, question))

    assert services.known.count(WORKSPACE) == 0


async def test_index_is_built_in_the_background_when_it_is_warmed(services: Services) -> None:
    for number in range(known.SLICE + 5):
        await report(services, f"Report number {number} about the basket")

    await services.known.warm(services.database, WORKSPACE)

    assert services.known.count(WORKSPACE) == known.SLICE + 5


async def test_garbage_collector_leaves_the_index_alone_when_it_is_large(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await report(services, "Basket is empty after reload")
    monkeypatch.setattr(known, "SET_ASIDE_FROM", 1)

    try:
        await services.known.warm(services.database, WORKSPACE)

        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


async def test_index_is_dropped_when_nobody_asks_for_long(services: Services) -> None:
    await report(services, "Basket is empty after reload")
    await look(services, "Basket")
    assert services.known.count(WORKSPACE) == 1

    services.known.forget_idle(timedelta())

    assert services.known.count(WORKSPACE) == 0


async def test_warming_ends_quietly_when_the_database_is_closed(empty_database: Path) -> None:
    database = Database(f"sqlite:///{empty_database}")
    await database.close()

    known_reports = KnownReports()
    await known_reports.warm(database, WORKSPACE)

    assert known_reports.count(WORKSPACE) == 0


async def test_card_shows_no_more_than_three_when_many_are_similar(services: Services) -> None:
    for number in range(6):
        await report(services, f"Basket is empty after reload, case {number}")
    last = await report(services, "Basket is empty after reload")

    card = await lookup.card_for_channel(services, last.report_id)

    assert card is not None
    assert len(card.duplicates) == 3
    assert (await kept(services, last.report_id)).key not in [one.key for one in card.duplicates]
