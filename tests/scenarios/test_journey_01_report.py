"""Journey 1: report in two clicks."""

from typing import Any

import pytest
from sqlmodel import select

from storage.models import AuditEvent, IssueLink, Report
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
TITLE = "Checkout button dead on Safari"


async def test_card_confirmation_and_issue_exist_when_the_form_is_submitted(world: World) -> None:
    slack = world.slack
    await slack.command("eve", "/bug", TITLE, "qa")
    form = await slack.open_view()

    submitted = await slack.submit_view("eve", {"what": "I press it.\nNothing happens."})
    await world.settle()

    assert (submitted.errors, submitted.modals) == ({}, [])
    assert _prefilled(form, "title") == TITLE
    assert _chosen(form, "component") == "checkout"
    [card] = await slack.messages("checkout-bugs")
    said, _, due = card["text"].partition(" · due ")
    assert said == (
        f"BUG-1 · {TITLE} · New · severity not rated yet · Checkout · owner nobody yet · reported by Eve Okafor"
    )
    assert due.startswith("<!date^")
    assert "Checkout (it is this channel's component)" in _words(card)
    assert "nobody yet" in _words(card)
    [confirmation] = await slack.ephemerals("eve", "qa")
    assert "BUG-1" in confirmation["text"]
    assert f"/archives/C0CHECKOUT/p{card['ts'].replace('.', '')}" in confirmation["text"]
    [link] = await world.read(lambda session: session.exec(select(IssueLink)).all())
    assert (link.tracker, link.key, link.subject_id) == ("local", "BUG-1", 1)


async def test_one_report_is_made_when_the_same_view_arrives_twice(world: World) -> None:
    slack = world.slack
    await slack.command("eve", "/bug", TITLE, "qa")
    form = await slack.open_view()
    await slack.submit_view("eve")

    await slack.resubmit("eve", form)
    await slack.resubmit("eve", form)
    await world.settle()

    assert len(await slack.messages("checkout-bugs")) == 1
    assert len(await world.read(lambda session: session.exec(select(Report)).all())) == 1
    assert len(await world.read(lambda session: session.exec(select(IssueLink)).all())) == 1
    of_reports = select(AuditEvent.action).where(AuditEvent.subject_type == "report")
    assert await world.read(lambda session: session.exec(of_reports).all()) == ["file"]


async def test_form_stays_open_with_the_words_when_the_title_is_blank(world: World) -> None:
    slack = world.slack
    await slack.command("eve", "/bug", "", "qa")

    submitted = await slack.submit_view("eve", {"title": "  ", "what": "Something happened"})

    assert submitted.errors == {"title": "Give it a title: one line that says what is wrong."}
    assert await slack.messages("checkout-bugs") == []


async def test_key_and_search_answer_only_the_asker(world: World) -> None:
    slack = world.slack
    await slack.command("eve", "/bug", TITLE, "qa")
    await slack.submit_view("eve")
    await world.settle()

    await slack.command("bo", "/bug", "find safari button", "qa")
    await slack.command("bo", "/bug", "BUG-1", "qa")
    await slack.command("bo", "/bug", "BUG-77", "qa")

    found, shown, missing = await slack.ephemerals("bo", "qa")
    assert "BUG-1" in found["text"]
    assert TITLE in shown["text"]
    assert missing["text"] == "There is no such report. Look for it with `/bug find words`."
    assert await slack.messages("qa") == []


async def test_private_report_shows_only_that_it_is_there(world: World) -> None:
    slack = world.slack
    await slack.command("eve", "/bug", "Customer data is shown to others", "qa")
    await slack.submit_view("eve", {"private": ["yes"], "what": "SECRET DETAILS"})
    await world.settle()

    [card] = await slack.messages("checkout-bugs")
    await slack.click("bo", "checkout-bugs", card["ts"], "report.open_private")
    await slack.click("cleo", "checkout-bugs", card["ts"], "report.open_private")
    await slack.command("cleo", "/bug", "find customer data", "qa")

    assert "Customer data" not in str(card)
    [opened] = await slack.ephemerals("bo", "checkout-bugs")
    assert "SECRET DETAILS" in _words(opened)
    [refused] = await slack.ephemerals("cleo", "checkout-bugs")
    assert refused["text"] == "There is no such report. Look for it with `/bug find words`."
    [searched] = await slack.ephemerals("cleo", "qa")
    assert "Nothing found" in searched["text"]


def _prefilled(form: dict[str, Any], block_id: str) -> str:
    return str(_element(form, block_id)["initial_value"])


def _chosen(form: dict[str, Any], block_id: str) -> str:
    return str(_element(form, block_id)["initial_option"]["value"])


def _element(form: dict[str, Any], block_id: str) -> dict[str, Any]:
    return next(block["element"] for block in form["blocks"] if block["block_id"] == block_id)


def _words(message: dict[str, Any]) -> str:
    return str(message["blocks"])
