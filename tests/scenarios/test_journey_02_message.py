"""Journey 2: a report from a message, by shortcut and by 🎫."""

import pytest
from sqlmodel import select

from storage.models import Follower, Report, ReportState
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario


async def test_report_holds_message_and_thread_when_filed_from_inside_a_thread(world: World) -> None:
    slack = world.slack
    first = await slack.message("eve", "qa", "A customer cannot log in")
    await slack.message("dev", "qa", "Which browser?", thread_ts=first)
    reply = await slack.message("eve", "qa", "Firefox 140, since this morning", thread_ts=first)

    await slack.message_shortcut("bo", "qa", reply, "report_message")
    form = await slack.open_view()
    await slack.submit_view("bo", {"title": "Login fails on Firefox"})
    await world.settle()

    assert "Firefox 140" in str(form["blocks"])
    report = await _report(world)
    assert [(entry["author"], entry["text"]) for entry in report.transcript] == [
        ("Eve Okafor", "A customer cannot log in"),
        ("Dev Patel", "Which browser?"),
        ("Eve Okafor", "Firefox 140, since this morning"),
    ]
    [card] = await slack.messages("checkout-bugs")
    assert "*Dev Patel:* Which browser?" in str(card["blocks"])
    assert report.permalink.endswith(f"p{reply.replace('.', '')}?thread_ts={first}&cid=C0QA")


async def test_ticket_files_once_and_a_second_person_follows(world: World) -> None:
    slack = world.slack
    ts = await slack.message("eve", "qa", "Basket is empty after reload")

    await slack.react("eve", "qa", ts, "ticket")
    await world.settle()
    await slack.react("dev", "qa", ts, "ticket")
    await world.settle()

    [card] = await slack.messages("checkout-bugs")
    assert "Basket is empty after reload" in card["text"]
    assert "2 people met it" in str(card["blocks"])
    followers = await world.read(lambda session: session.exec(select(Follower.why)).all())
    assert sorted(followers) == ["me_too", "reporter"]
    [message] = [one for one in await slack.messages("qa") if one["ts"] == ts]
    assert {"name": "white_check_mark", "users": ["U0BOT"]}.items() <= _reaction(message, "white_check_mark").items()


async def test_nothing_new_is_made_when_the_ticket_is_taken_away_and_added_again(world: World) -> None:
    slack = world.slack
    ts = await slack.message("eve", "qa", "Basket is empty after reload")
    await slack.react("eve", "qa", ts, "ticket")
    await world.settle()

    await slack.unreact("eve", "qa", ts, "ticket")
    await world.settle()
    withdrawn = await _report(world)
    await slack.react("eve", "qa", ts, "ticket")
    await world.settle()

    assert (withdrawn.state, withdrawn.resolution) == (ReportState.CLOSED, "withdrawn")
    assert len(await slack.messages("checkout-bugs")) == 1
    assert (await _report(world)).hits == 1


async def test_ticket_is_left_alone_on_bots_and_on_what_is_not_to_be_filed(world: World) -> None:
    slack = world.slack
    quiet = await slack.message("eve", "qa", "📣 Release today at 17:00")
    named = await slack.message("eve", "qa", ":megaphone: Please test the build")
    await slack.command("eve", "/bug", "Basket is empty", "qa")
    await slack.submit_view("eve")
    await world.settle()
    [card] = await slack.messages("checkout-bugs")

    for channel, ts in (("qa", quiet), ("qa", named), ("checkout-bugs", card["ts"])):
        await slack.react("dev", channel, ts, "ticket")
    await world.settle()

    assert len(await slack.messages("checkout-bugs")) == 1
    assert (await _report(world)).hits == 1


async def test_screenshot_goes_along_without_being_made_public(world: World) -> None:
    slack = world.slack
    ts = await slack.upload("eve", "qa", {"screen.png": b"\x89PNG"}, "Button is cut off")

    await slack.react("eve", "qa", ts, "ticket")
    await world.settle()

    [card] = await slack.messages("checkout-bugs")
    assert "|screen.png>" in str(card["blocks"])
    assert await slack.calls("files.sharedPublicURL") == []
    assert (await _report(world)).attachments[0]["name"] == "screen.png"


async def _report(world: World) -> Report:
    report: Report = await world.read(lambda session: session.exec(select(Report)).one())
    return report


def _reaction(message: dict[str, object], name: str) -> dict[str, object]:
    found = [one for one in message.get("reactions", []) if one["name"] == name]  # type: ignore[attr-defined]
    return found[0] if found else {}
