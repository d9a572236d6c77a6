"""Whatever people type and Slack delivers: a clear answer, nothing lost, nobody pinged, nothing crashed."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from bot.text import clean, clean_title
from storage.models import AuditEvent, Decision, Report, ReportState
from tests.handlers.views import generated
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
Node = dict[str, Any]
CARDS = "checkout-bugs"
# A bug of ours, work given up, or something that Slack would not take.
CRASHES = {"handler_failed", "job_failed", "job_dead", "could_not_say", "slack_refused", "not_saved"}
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
def log(caplog: pytest.LogCaptureFixture) -> Iterator[list[Any]]:
    """What the bot logs; a crash in it fails the test."""
    with capture_logs() as events:
        yield events
    assert [event for event in events if event["event"] in CRASHES] == []
    loud = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert [record.getMessage()[:300] for record in loud] == []


async def all_reports(world: World) -> list[Report]:
    return await world.read(lambda session: list(session.exec(select(Report).order_by(col(Report.id)))))


async def assert_nobody_was_pinged(world: World) -> None:
    for payload in await world.slack.payloads():
        written = [*generated.marked_texts(payload.content), str(payload.content.get("text", ""))]
        assert [text for text in written if generated.PINGS.search(text)] == []


async def fill_form(world: World, user: str, values: Node) -> None:
    """Submit the report form, and file it as new where something similar is known."""
    submitted = await world.slack.submit_view(user, values)
    assert submitted.errors == {}
    if submitted.modals:
        await world.slack.submit_view(user, {"choice": "new"})
    assert await world.slack.modals() == []


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

    reasons = await world.read(lambda session: [(one.kind, one.reason) for one in session.exec(select(Decision))])
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


async def direct_channel(world: World, user: str) -> str:
    person = await world.slack.user_id(user)
    channels = (await world.slack.state())["channels"]
    own = [found["id"] for found in channels if found["is_im"] and person in found["members"]]
    if own:
        return str(own[0])
    return await world.bot.outbox.direct_channel(person)


async def test_form_stays_open_with_a_clear_error_when_a_note_shows_nothing(world: World) -> None:
    ts = await filed(world)

    for blank in BLANK:
        await world.slack.click("bo", CARDS, ts, "report.ask")
        submitted = await world.slack.submit_view("bo", {"note": blank})
        assert submitted.errors == {"note": "Write the question, so that the reporter knows what to add."}

    assert [found.state for found in await all_reports(world)] == [ReportState.NEW]


async def filed(world: World, title: str = "Cart is empty") -> str:
    """File a report by its form and return the ts of its card."""
    await world.slack.command("eve", "/bug", title, "qa")
    await fill_form(world, "eve", {"severity": "S3"})
    await world.settle()
    return str((await world.slack.messages(CARDS))[-1]["ts"])


def click(action_id: str, value: Any, **more: Any) -> Node:
    """Return what a press on a button sends."""
    return {
        "type": "block_actions",
        "team": {"id": "T0ACME"},
        "user": {"id": "U0BO", "team_id": "T0ACME"},
        "channel": {"id": "C0CHECKOUT", "name": CARDS},
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "C0CHECKOUT"},
        "trigger_id": "$TRIGGER",
        "response_url": "$RESPONSE_URL",
        "actions": [{"type": "button", "action_id": action_id, "value": value, "action_ts": "1.0"}],
        **more,
    }


async def test_button_of_another_version_is_acknowledged_when_it_is_pressed(world: World) -> None:
    ts = await filed(world)

    pressed = ("report.gone", "", "x" * 255, "report.accept ", "<!channel>")
    answers = [await world.slack.inject("interactive", click(action_id, "1")) for action_id in pressed]

    assert all(answer["acked"] for answer in answers)
    assert [found.state for found in await all_reports(world)] == [ReportState.NEW]
    assert [message["ts"] for message in await world.slack.messages(CARDS)] == [ts]


async def test_forged_report_is_refused_in_words_when_a_button_names_it(world: World) -> None:
    await filed(world)

    values = ("999999", "0", "-1", "9" * 30, "abc", "1; DROP TABLE report", "", None, "²")
    actions = ("report.accept", "report.ask", "report.start", "report.verify", "report.show", "report.edit")
    answers = [await world.slack.inject("interactive", click(act, value)) for value in values for act in actions]

    assert all(answer["acked"] for answer in answers)
    told = await world.slack.ephemerals("bo")
    assert len(told) == len(values) * len(actions)
    assert all("/bug find" in message["text"] for message in told)
    assert [found.state for found in await all_reports(world)] == [ReportState.NEW]
    assert await world.read(lambda session: len(session.exec(select(Decision)).all())) == 0


async def test_forged_menu_line_is_refused_in_words_when_it_is_chosen(world: World) -> None:
    await filed(world)
    values = ("snooze:999999", "snooze:abc", "explode:1", "snooze", "")

    for value in values:
        option = {"type": "overflow", "action_id": "report.menu", "selected_option": {"value": value}}
        answer = await world.slack.inject("interactive", click("report.menu", "", actions=[option]))
        assert answer["acked"], value

    told = await world.slack.ephemerals("bo")
    assert len(told) == len(values)
    assert all("/bug find" in message["text"] for message in told)


async def test_nothing_changes_when_a_button_is_of_an_earlier_state(world: World) -> None:
    await filed(world)

    for action_id in ("report.start", "report.stop", "report.verify", "report.skip", "report.wake", "report.undo"):
        assert (await world.slack.inject("interactive", click(action_id, "1")))["acked"]

    told = await world.slack.ephemerals("bo")
    assert [message["text"] for message in told] == ["BUG-1 is new, so it cannot be changed that way now."] * 6
    assert [event.action for event in await world.read(lambda one: one.exec(select(AuditEvent)).all())] == ["file"]


async def test_forged_form_is_refused_in_words_when_it_is_submitted(world: World) -> None:
    ts = await filed(world)
    await world.slack.click("bo", CARDS, ts, "report.ask")
    form = await world.slack.open_view()

    for forged in ("", "{}", "[]", "null", '{"report_id": 999999}', '{"report_id": "1 OR 1"}', "{"):
        view = {**form, "private_metadata": forged, "id": f"V{forged}"}
        answer = await world.slack.resubmit("bo", view, {"note": "Which browser?"})
        assert answer["ack"]["response_action"] == "errors", forged

    assert [found.state for found in await all_reports(world)] == [ReportState.NEW]


async def test_stranger_of_another_organisation_is_refused_when_they_press_or_write(world: World) -> None:
    ts = await filed(world)
    stranger = {"id": "U0STRANGE", "team_id": "T0OTHER"}

    pressed = await world.slack.inject("interactive", click("report.start", "1", user=stranger, response_url=""))
    reacted = await world.slack.inject("events_api", shared_event({"type": "reaction_added", "reaction": "ticket"}))
    wrote = await world.slack.inject("events_api", shared_event({"type": "app_mention", "user_team": "T0OTHER"}))
    await world.settle()

    assert (pressed["acked"], reacted["acked"], wrote["acked"]) == (True, True, True)
    assert len(await all_reports(world)) == 1
    assert [event.action for event in await world.read(lambda one: one.exec(select(AuditEvent)).all())] == ["file"]
    assert await world.slack.thread(CARDS, ts) == []


def shared_event(event: Node) -> Node:
    """Return an event of a channel that is shared with another organisation."""
    item = {"type": "message", "channel": "C0QA", "ts": "1.0"}
    usual = {"user": "U0STRANGE", "channel": "C0QA", "ts": "1.0", "text": "<@U0BOT> bugs", "item": item}
    return {
        "type": "event_callback",
        "team_id": "T0ACME",
        "api_app_id": "A0LIAISON",
        "event_id": f"Ev{event['type']}",
        "is_ext_shared_channel": True,
        "event": {**usual, **event},
    }


async def test_guest_files_like_everybody_when_they_are_of_this_workspace(world: World) -> None:
    command = {
        "command": "/bug",
        "text": "Cart is empty",
        "user_id": "U0CLEO",
        "user_name": "cleo",
        "channel_id": "C0QA",
        "team_id": "T0ACME",
        "trigger_id": "$TRIGGER",
        "response_url": "$RESPONSE_URL",
    }

    answer = await world.slack.inject("slash_commands", command)
    await fill_form(world, "cleo", {})
    await world.settle()

    assert answer["acked"]
    assert [found.title for found in await all_reports(world)] == ["Cart is empty"]
