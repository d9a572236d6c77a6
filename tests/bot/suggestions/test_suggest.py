"""Suggestions from past reports: what is proposed, on what evidence, and when nothing is."""

from datetime import timedelta

from bot.duplicates import Question
from bot.suggestions import NOTHING, Ranking, Suggestions, rank, suggest
from bot.triage import editing, workflow
from bot.triage.decisions import Order
from bot.triage.moving import Target
from storage.models import Severity, Via
from tests.conftest import read, report

SILENT = "C0ELSEWHERE"
CARDS = (
    "Card is refused when paying at the checkout",
    "Paying by card at the checkout is refused",
    "Checkout refused my card when paying",
    "My card was refused at the checkout while paying",
    "Refused: paying with a card at the checkout",
)


async def decided(services, title, component, severity=Severity.S3):
    """File a report from a channel without a component, and accept it."""
    intake = await report(services, title, source_channel=SILENT)
    order = Order(intake.report_id, "U0BO", Via.BUTTON)
    await workflow.accept(services, order, severity=severity, component_key=component)
    return intake


async def past(services, severity=Severity.S3):
    return [await decided(services, title, "checkout", severity) for title in CARDS]


async def propose(services, title, body="", besides=None) -> Suggestions:
    question = Question(title, services.now(), body, besides=besides)
    return await read(services, lambda session: suggest(session, services.known, services.past_words, question))


async def ranked(services, title) -> Ranking:
    question = Question(title, services.now())
    return await read(services, lambda session: rank(session, services.known, services.past_words, question))


async def test_component_is_proposed_with_its_evidence_when_past_reports_agree(services):
    await past(services)

    suggestions = await propose(services, "Paying at the checkout: card refused")

    assert suggestions.component is not None
    assert (suggestions.component.value, suggestions.component.name) == ("checkout", "Checkout")
    assert suggestions.component.confidence > 0.8
    assert len(suggestions.component.keys) == 3
    assert set(suggestions.component.keys) <= {"BUG-1", "BUG-2", "BUG-3", "BUG-4", "BUG-5"}


async def test_nothing_is_proposed_when_there_is_no_past(services):
    assert await propose(services, "Card refused") == NOTHING


async def test_nothing_is_proposed_when_only_one_report_is_alike(services):
    await decided(services, CARDS[0], "checkout")

    assert await propose(services, "Card is refused when paying at the checkout") == NOTHING


async def test_nothing_is_proposed_when_the_text_is_about_something_else(services):
    await past(services)

    assert await propose(services, "Profile picture is blurred") == NOTHING


async def test_undecided_reports_teach_nothing(services):
    for title in CARDS:
        await report(services, title)

    assert await propose(services, "Paying at the checkout: card refused") == NOTHING


async def test_private_reports_are_neither_neighbours_nor_evidence(services):
    intakes = await past(services)
    before = await propose(services, "Paying at the checkout: card refused")
    for intake in intakes:
        await editing.set_private(services, Order(intake.report_id, "U0BO", Via.BUTTON), private=True)

    assert before.component is not None
    assert await propose(services, "Paying at the checkout: card refused") == NOTHING
    assert await ranked(services, "Paying at the checkout: card refused") == Ranking((), (), (), ())


async def test_correction_counts_when_reports_are_moved(services):
    intakes = await past(services)
    await propose(services, "Paying at the checkout: card refused")
    for intake in intakes:
        await editing.move(services, Order(intake.report_id, "U0BO", Via.BUTTON), Target("search"))

    suggestions = await propose(services, "Paying at the checkout: card refused")

    assert suggestions.component is not None
    assert suggestions.component.value == "search"


async def test_report_is_no_evidence_for_itself(services):
    intakes = await past(services)

    suggestions = await propose(services, CARDS[0], besides=intakes[0].report_id)

    assert suggestions.component is not None
    assert "BUG-1" not in suggestions.component.keys


async def test_severity_is_proposed_when_word_and_past_agree(services):
    await past(services, Severity.S2)

    agreed = await propose(services, "Paying crashes: card refused at the checkout")
    doubted = await propose(services, "Typo while paying: card refused at the checkout")

    assert agreed.severity is not None
    assert (agreed.severity.value, agreed.severity.word) == ("S2", "crashes")
    assert len(agreed.severity.keys) == 3
    assert doubted.severity is None


async def test_word_alone_proposes_nothing(services):
    assert (await propose(services, "Data loss on save")).severity is None


async def test_newer_decision_wins_when_the_product_has_changed(services, clock):
    await past(services)
    clock.leap(timedelta(days=3 * 365))
    for title in CARDS:
        await decided(services, title, "search")

    best = (await ranked(services, "Paying at the checkout: card refused")).component[0]

    assert best.value == "search"


async def test_owner_and_labels_are_ranked_but_never_proposed(services):
    intakes = await past(services)
    for intake in intakes:
        await editing.assign(services, Order(intake.report_id, "U0BO", Via.BUTTON), owner="U0FINN")

    ranking = await ranked(services, "Paying at the checkout: card refused")

    assert len(ranking.owner) == 1
    assert ranking.labels == ()
