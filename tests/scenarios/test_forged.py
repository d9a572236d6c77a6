"""Buttons and forms of another version, forged ids, people of another organisation: refused in words."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import select

from storage.models import AuditEvent, Decision, ReportState
from tests.scenarios.acting import CARDS, all_reports, calm, filed, fill_form
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
Node = dict[str, Any]


@pytest.fixture(autouse=True)
def no_crash(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with calm(caplog):
        yield


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


async def actions(world: World) -> list[str]:
    """Return what was done to reports."""
    of_reports = select(AuditEvent.action).where(AuditEvent.subject_type == "report")
    return await world.read(lambda session: list(session.exec(of_reports)))


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
    assert await actions(world) == ["file"]


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
    assert await actions(world) == ["file"]
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
