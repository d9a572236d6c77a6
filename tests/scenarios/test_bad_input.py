"""Whatever people type and Slack delivers: a clear answer, nothing lost, nobody pinged, nothing crashed."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import col, select

from bot.text import clean, clean_title
from storage.models import Decision, ReportState
from tests.scenarios.acting import CARDS, all_reports, assert_nobody_was_pinged, calm, direct_channel, filed, fill_form
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
Node = dict[str, Any]
BLANK = ("", "   ", "\n\t", "\u200b\u2060\ufeff", "\u3164", "\x00\x07")
TEXTS = (
    "emoji 👩‍👩‍👧‍👦👍🏽🇩🇪 at checkout",
    "שלום עולם \u202egnirts desrever",
    "مرحبا \u2067 and an open isolate",
    "zero\u200bwidth\u2060words",
    "NUL \x00 and escape \x1b[31m",
    "half an emoji \ud83d and \udfff another",
    "<!channel> <!here> @everyone look",
    "<@U1> <@U0BO> <#C0LEADS>",
    "<https://evil.example/login|https://good.example>",
    "``` never closed\n> quoted *bold _and ~more `code",
    "&amp; &lt;b&gt; & < > \" ' \\ {x} %s",
    "'; DROP TABLE report; -- \" OR 1=1 NEAR(a b) *",
    "e" + "\u0301" * 40 + "clair",
    "one\r\ntwo\u2028three\x85four",
    "&" * 2_990,
    "😀" * 1_490,
    "x" * 2_999,
)
# The short ones in one, where each costs the second that Slack allows a channel.
FEW = ("\n".join(TEXTS[:14]), *TEXTS[14:])


@pytest.fixture(autouse=True)
def no_crash(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with calm(caplog):
        yield


async def test_form_stays_open_with_a_clear_error_when_the_title_shows_nothing(world: World) -> None:
    await world.slack.command("eve", "/bug", "", "qa")

    answers = [await world.slack.submit_view("eve", {"title": blank, "what": "It is dead"}) for blank in BLANK]

    assert [dict(answer.errors) for answer in answers] == [
        {"title": "Give it a title: one line that says what is wrong."}
    ] * len(BLANK)
    assert len(await world.slack.modals()) == 1
    assert await all_reports(world) == []


async def test_every_field_is_kept_when_it_holds_any_text(world: World) -> None:
    for number, text in enumerate(TEXTS):
        await world.slack.command("eve", "/bug", "", "qa")
        values = {"title": f"{number} {text}"[:3_000], "what": text, "expected": text, "url": text}
        await fill_form(world, "eve", values)
    await world.settle()

    reports = await all_reports(world)
    assert len(reports) == len(await world.slack.messages(CARDS)) == len(TEXTS)
    for number, (text, found) in enumerate(zip(TEXTS, reports, strict=True)):
        whole = clean(f"{number} {text}"[:3_000]).text
        assert found.title == clean_title(whole)
        assert clean(text).text in found.what
        assert found.title == whole or whole in found.what
        assert found.expected == clean(text).text
        assert clean(text.strip()).text in found.what, "what is no address is kept as words"
    await assert_nobody_was_pinged(world)


async def test_command_fills_the_title_when_it_holds_any_text(world: World) -> None:
    texts = (*FEW, "y" * 5_900)
    for text in texts:
        await world.slack.command("eve", "/bug", f"It is {text}", "qa")
        await fill_form(world, "eve", {})
    await world.settle()

    kept = [(found.title, found.what) for found in await all_reports(world)]
    assert len(kept) == len(texts)
    for text, (title, what) in zip(texts, kept, strict=True):
        whole = clean(f"It is {text}").text.strip()
        assert title == clean_title(whole)
        assert whole.replace("\n", "") in {title, what.replace("\n", "")}
    await assert_nobody_was_pinged(world)


async def test_words_of_every_command_are_answered_when_they_are_anything(world: World) -> None:
    typed = [f"find {text}" for text in TEXTS] + [f"BUG-{text}" for text in TEXTS[:4]]
    for text in typed:
        await world.slack.command("eve", "/bug", text[:3_000], "qa")
        if await world.slack.modals():
            await world.slack.close_view("eve")
    for text in TEXTS:
        for word in ("", "bugs ", "why ", "assign ", "verify "):
            await world.slack.command("eve", "/liaison", word + text[:2_000], "qa")
    await world.settle()

    answers = await world.slack.ephemerals("eve", "qa")
    assert len(answers) >= 6 * len(TEXTS)
    await assert_nobody_was_pinged(world)


async def test_whole_message_is_kept_when_it_is_longer_than_a_form_can_hold(world: World) -> None:
    long = ["Cart is empty\n" + "word " * 7_990, "y" * 39_990, "& <!channel> " * 2_000, "😀" * 15_000]
    for text in long:
        ts = await world.slack.message("eve", "qa", text)
        await world.slack.react("dev", "qa", ts, "ticket")
        await world.settle()

    reports = await all_reports(world)
    assert [found.what for found in reports] == [clean(text).text for text in long]
    assert len(await world.slack.messages(CARDS)) == len(long)
    await assert_nobody_was_pinged(world)


async def test_message_is_kept_whole_when_its_shortcut_opens_a_form_that_cannot_hold_it(world: World) -> None:
    text = "Cart is empty\n" + "word " * 4_000 + "the end"
    ts = await world.slack.message("eve", "qa", text)

    await world.slack.message_shortcut("dev", "qa", ts, "report_message")
    await fill_form(world, "dev", {})
    await world.settle()

    [found] = await all_reports(world)
    assert found.title == "Cart is empty"
    assert [entry["text"] for entry in found.transcript] == [clean(text).text]


async def test_messages_are_filed_when_they_hold_any_text(world: World) -> None:
    sent = [*FEW, *(text for text in BLANK if text)]
    for text in sent:
        ts = await world.slack.message("eve", "qa", text)
        await world.slack.react("dev", "qa", ts, "ticket")
    await world.settle()

    reports = await all_reports(world)
    assert len(reports) == len(sent)
    assert all(found.title for found in reports)
    for text, found in zip(FEW, reports, strict=False):
        assert clean(text.strip()).text in {found.title, found.what}
    await assert_nobody_was_pinged(world)


async def test_notes_are_kept_and_shown_when_they_hold_any_text(world: World) -> None:
    slack = world.slack
    await slack.command("eve", "/bug", "Cart is empty", "qa")
    await fill_form(world, "eve", {"severity": "S3"})
    await world.settle()
    [card] = await slack.messages(CARDS)
    for text in FEW:
        await slack.click("bo", CARDS, card["ts"], "report.ask")
        assert (await slack.submit_view("bo", {"note": text})).errors == {}
        await slack.message("eve", await direct_channel(world, "eve"), f"My answer: {text}")
        await world.settle()
        await slack.click("bo", CARDS, card["ts"], "report.menu", choose="decline:1")
        assert (await slack.submit_view("bo", {"resolution": "not_a_bug", "note": text})).errors == {}
        await world.settle()
        await slack.click("bo", CARDS, card["ts"], "report.undo")
        await world.settle()

    reasons = await world.read(
        lambda session: [(one.kind, one.reason) for one in session.exec(select(Decision).order_by(col(Decision.id)))]
    )
    expected = [
        pair
        for text in FEW
        for pair in (
            ("ask", clean(text).text),
            ("answer", clean(f"My answer: {text}").text),
            ("decline", clean(text).text),
            ("undo", ""),
        )
    ]
    assert reasons == expected
    await assert_nobody_was_pinged(world)


async def test_form_stays_open_with_a_clear_error_when_a_note_shows_nothing(world: World) -> None:
    ts = await filed(world)

    for blank in BLANK:
        await world.slack.click("bo", CARDS, ts, "report.ask")
        submitted = await world.slack.submit_view("bo", {"note": blank})
        assert submitted.errors == {"note": "Write the question, so that the reporter knows what to add."}

    assert [found.state for found in await all_reports(world)] == [ReportState.NEW]
