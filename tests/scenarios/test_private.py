"""`private` beats everything: whatever an outsider types, presses or is told, no word of a private report is in it.

Every surface is on one of the lists below. Who adds one adds it there, and sees it walked.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

import handlers
from storage.models import Job, JobState, Severity
from storage.queue import NewJob, defer
from tests.scenarios.acting import all_reports, fill_form
from tests.scenarios.world import World

pytestmark = pytest.mark.scenario
Node = dict[str, Any]
# Every word after `/liaison`; each is asked with nothing, with the report's key, and with words of it.
WORDS = {"away", "assign", "bugs", "digest", "import", "link", "me", "status", "unlink", "verify", "who", "why"}
COMMANDS = {"/bug", "/liaison"}
SHORTCUTS = {"report_bug", "report_message"}
# Every button and menu; each is pressed as if it stood on the private report's card.
ACTIONS = {
    "announce.take_back",
    "candidate.first",
    "candidate.second",
    "candidate.third",
    "digest.other_channel",
    "digest_announce_drop",
    "digest_announce_edit",
    "digest_announce_use",
    "digest_create_issues",
    "digest_take",
    "digest_triage",
    "digest_verify",
    "health.at_risk",
    "health.change",
    "health.off_track",
    "health.on_track",
    "home.report",
    "import.go_on",
    "import.stop",
    "home.role",
    "report.accept",
    "report.answer",
    "report.ask",
    "report.edit",
    "report.fail",
    "report.file_held",
    "report.add_me",
    "report.fix",
    "report.make_private",
    "report.make_public",
    "report.menu",
    "report.open_private",
    "report.reopen",
    "report.show",
    "report.skip",
    "report.start",
    "report.stop",
    "report.take",
    "report.undo",
    "report.verify",
    "report.wake",
    "title",
}
# Every form; each is sent as if it had been opened for the private report.
FORMS = {
    "announce.drop",
    "announce.edit",
    "decide.accept",
    "decide.answer",
    "decide.ask",
    "decide.decline",
    "decide.duplicate",
    "decide.edit",
    "decide.fail",
    "decide.fix",
    "decide.reopen",
    "decide.snooze",
    "decide.take",
    "decide.wrong_team",
    "digest.channel",
    "digest.settings",
    "health.form",
    "report.form",
    "report.known",
}
EVENTS = {
    "app_home_opened",
    "app_mention",
    "link_shared",
    "member_joined_channel",
    "member_left_channel",
    "message",
    "reaction_added",
    "reaction_removed",
}
# Every kind of job; each is done once more for the private report, as if it were for an outsider.
JOBS = {
    "ask_health",
    "close_extras",
    "close_no_answer",
    "confirm_follower",
    "confirm_report",
    "check_promise",
    "copy_file",
    "delete_comment",
    "file_frame",
    "file_issue",
    "import_page",
    "nudge",
    "mask_messages",
    "note_decision",
    "notify_channel",
    "point_to_card",
    "poll_source",
    "poll_tracker",
    "post_card",
    "post_digest",
    "post_digest_thread",
    "publish_home",
    "redraw_card",
    "redraw_digests",
    "refresh_issue",
    "remind_held",
    "send_comment",
    "show_comment",
    "show_health",
    "sync_issue",
    "sync_members",
    "take_delivery",
    "tell_decision",
    "tell_digest",
    "tell_file",
    "tell_owner",
    "tell_settings",
    "tell_tracker",
    "wake_report",
    "warn_no_answer",
    "watch_digest",
}
MENU = ("duplicate", "snooze", "decline", "component", "more")
# Stand in what was reported, and nowhere else. "hyperion" and "coupon" do too, and are what outsiders look for.
SECRETS = ("quorble", "zanthic", "vexillar", "zindler", "frobnic")
OUTSIDERS = ("U0CLEO", "U0DEV")
INSIDERS = {"U0ANA", "U0BO", "U0EVE", "U0FINN"}


@pytest.fixture
def team_settings() -> str:
    """Two rules that work against each other: one makes a report private and S1, one tells the leads of every S1."""
    return """
version: 1
teams:
  web: {channel: C0WEB, name: Web, people: [U0ANA, U0BO], pick: first}
components:
  search: {owner: web, name: Search}
  sign-in: {owner: web, name: Sign-in}
routes:
  - {name: security, when: {any_word: [xss]}, set: {private: true, team: web, severity: S1}}
  - {name: the rest, when: always, set: {component: search}}
also:
  - {name: grave, when: {severity: [S1]}, set: {notify: [C0LEADS], labels: [grave]}}
people:
  U0DEV: {role: qa}
roles:
  admin: [U0FINN]
audiences:
  all:
    {channel: C0GENERAL, weekly: "mon 08:30", sections: [hold, needs_decision, needs_designer, verify_now, came_back,
      new_bugs, since_last_post, qa_figures, engineering_figures, delivery_figures, decided]}
"""


@pytest.fixture(autouse=True)
def silent_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No word of a private report may reach a log, whatever is done."""
    with capture_logs() as events:
        yield
    written = [str(event) for event in events] + [record.getMessage() for record in caplog.get_records("call")]
    assert [line[:300] for line in written if has_secret(line)] == []


def has_secret(node: Any) -> bool:
    text = json.dumps(node, ensure_ascii=False, default=str).lower()
    return any(secret in text for secret in SECRETS)


def test_every_surface_is_walked() -> None:
    routes = handlers.routes()
    found = {kind: {name for one, name in routes.requests if one == kind} for kind, _ in routes.requests}

    assert found == {"command": COMMANDS, "action": ACTIONS, "view": FORMS, "shortcut": SHORTCUTS}
    assert {word.name for feature in routes.features for word in feature.words} == WORDS
    assert set(routes.events) == EVENTS
    assert set(routes.jobs) == JOBS


async def test_report_that_a_rule_makes_private_is_shown_to_its_team_and_reporter_only(world: World) -> None:
    await file_secret(world)
    before, calls = await leaks(world), len(await world.slack.calls())
    leads = await world.slack.messages("leads")

    await walk(world, report_id=1)

    [report] = [one for one in await all_reports(world) if one.number == 1]
    assert (report.private, report.severity) == (True, Severity.S1)
    assert (before, leads) == ([], [])
    assert await leaks(world, since=calls) == []
    assert await shown_to_outsiders(world) == []
    assert "quorble" in str(await world.slack.direct_messages("eve"))


async def test_report_made_private_later_is_taken_out_of_all_that_was_posted(world: World) -> None:
    await file_later_private(world)
    posted = [str(await world.slack.messages(channel)) for channel in ("web-bugs", "leads")]

    await world.slack.click("ana", "web-bugs", await card_of(world, 1), "report.menu", choose="more:1")
    [answer] = [one for one in await world.slack.ephemerals("ana") if "More about" in one["text"]]
    await world.slack.click("ana", "web-bugs", answer["ts"], "report.make_private")
    await world.settle()
    calls = len(await world.slack.calls())
    await walk(world, report_id=1)

    assert [has_secret(text) for text in posted] == [True, True]
    assert await leaks(world, since=calls) == []
    assert await shown_to_outsiders(world) == []
    assert "is a private report" in str(await world.slack.messages("leads"))


async def file_secret(world: World) -> None:
    """File a report that a rule makes private, from a message that an outsider sees too; Ana works on it."""
    slack = world.slack
    await slack.command("eve", "/bug", "XSS in the quorble hyperion field", "qa")
    words = {"what": "A zanthic payload runs", "expected": "vexillar", "url": "https://app.acme.dev/quorble"}
    await fill_form(world, "eve", {**words, "severity": "S1"})
    await world.settle()
    ts = await card_of(world, 1)
    await slack.click("ana", "web-bugs", ts, "report.open_private")
    await slack.command("ana", "/liaison", "why BUG-1", "web-bugs")
    await slack.command("ana", "/liaison", "assign BUG-1 <@U0BO>", "web-bugs")
    await world.settle()


async def file_later_private(world: World) -> None:
    """File a public S1 that is told everywhere: on the card of a similar one, to the leads, in a thread, on Homes."""
    slack = world.slack
    await slack.command("eve", "/bug", "Total is wrong after the coupon zindler", "qa")
    await fill_form(world, "eve", {"what": "A frobnic appears", "severity": "S1"})
    await world.settle()
    await slack.command("cleo", "/bug", "Total is wrong after the coupon", "qa")
    await fill_form(world, "cleo", {})
    await world.settle()
    await slack.click("ana", "web-bugs", await card_of(world, 1), "report.ask")
    await slack.submit_view("ana", {"note": "Which zindler was it?"})
    for user in ("dev", "cleo"):
        await slack.open_home(user)
    await world.settle()


async def card_of(world: World, number: int) -> str:
    [found] = [one.card_ts for one in await all_reports(world) if one.number == number]
    return found


async def walk(world: World, report_id: int) -> None:
    """Do everything on every surface as an outsider."""
    ts = await card_of(world, report_id)
    await ask_everything(world)
    await press_everything(world, ts, report_id)
    await send_everything(world, report_id)
    await cause_everything(world, ts)
    await do_every_job(world, report_id)


async def ask_everything(world: World) -> None:
    slack = world.slack
    for word in sorted(WORDS):
        for asked in ("", "BUG-1", "hyperion coupon", "BUG-1 <@U0CLEO>", "mine", "new", "open", "1 day"):
            await slack.command("cleo", "/liaison", f"{word} {asked}".strip(), "general")
    await slack.command("cleo", "/liaison", "digest all preview", "general")
    await slack.command("finn", "/liaison", "digest all now", "general")
    # Answers in a channel come one a second.
    for typed in ("why BUG-1", "bugs new", "bugs mine", "bugs hyperion", "assign BUG-1 <@U0DEV>", "me"):
        await slack.message("dev", "general", f"<@U0BOT> {typed}")
    for typed in ("find hyperion", "find coupon", "find BUG-1", "BUG-1"):
        await slack.command("dev", "/bug", typed, "general")
    for title in ("The hyperion field is odd", "Total wrong after the coupon"):
        await slack.command("cleo", "/bug", title, "general")
        await slack.click_in_view("cleo", "title", choose=title, title=title)
        await fill_form(world, "cleo", {})
    await world.settle()


async def press_everything(world: World, ts: str, report_id: int) -> None:
    for name in sorted(ACTIONS):
        await world.slack.inject("interactive", pressed(name, ts, {"type": "button", "value": str(report_id)}))
    for line in MENU:
        option = {"type": "overflow", "selected_option": {"value": f"{line}:{report_id}"}}
        await world.slack.inject("interactive", pressed("report.menu", ts, option))
    for shortcut in sorted(SHORTCUTS):
        await world.slack.global_shortcut("cleo", shortcut)
    await world.settle()


async def send_everything(world: World, report_id: int) -> None:
    metadata = json.dumps({"report_id": report_id, "form_id": "f" * 16})
    words = {"words": {"words": {"type": "plain_text_input", "value": "hyperion coupon"}}}
    original = {"original": {"original": {"type": "radio_buttons", "selected_option": {"value": str(report_id)}}}}
    choice = {"choice": {"choice": {"type": "radio_buttons", "selected_option": {"value": str(report_id)}}}}
    for name in sorted(FORMS):
        for values in ({}, words, original, choice):
            view = {"id": f"V{name}", "type": "modal", "callback_id": name, "private_metadata": metadata, "blocks": []}
            body = {**person(), "type": "view_submission", "view": {**view, "state": {"values": values}}}
            await world.slack.inject("interactive", body)
    await world.settle()


async def cause_everything(world: World, ts: str) -> None:
    slack = world.slack
    for emoji in ("ticket", "eyes", "white_check_mark"):
        await slack.react("cleo", "web-bugs", ts, emoji)
        await slack.unreact("cleo", "web-bugs", ts, emoji)
    await slack.message("cleo", "web-bugs", "What is this?", thread_ts=ts)
    for user in ("cleo", "dev"):
        await slack.open_home(user)
    await world.settle()


async def do_every_job(world: World, report_id: int) -> None:
    [report] = [one for one in await all_reports(world) if one.id == report_id]
    services = world.bot.services
    for kind in sorted(JOBS - {"post_card"}):
        for outsider in OUTSIDERS:
            payload = {"report_id": report_id, "slack_user_id": outsider, "channel": "C0LEADS", "decision_id": 1}
            payload |= {"version": report.version, "form_id": "f" * 16, "event_id": 0}
            payload |= {"link_id": 1, "comment_id": 1, "external_id": "1", "run_id": 1, "tracker": "github"}
            payload |= {"file_id": 1, "subject": f"report:{report_id}", "audience": "all", "word_id": 1}
            payload |= {"project": "acme/web", "headers": {}, "body": ""}
            job = NewJob(kind, payload, f"walk:{kind}:{outsider}", f"walk:{kind}:{outsider}")
            await services.database.write(services.workspace, partial(defer, job=job))
    await world.slack.wait_for(lambda: is_walked(world), timeout_s=30)


async def is_walked(world: World) -> bool:
    """Say whether every job was tried; some give up, since what they are about is not there."""
    jobs = await world.read(lambda session: list(session.exec(select(Job))))
    untried = [job for job in jobs if job.state is JobState.READY and not job.attempts and job.run_at <= world.clock()]
    return not untried and not [job for job in jobs if job.state is JobState.RUNNING]


def person() -> Node:
    return {
        "team": {"id": "T0ACME"},
        "user": {"id": "U0CLEO", "team_id": "T0ACME"},
        "trigger_id": "$TRIGGER",
        "response_url": "$RESPONSE_URL",
    }


def pressed(name: str, ts: str, action: Node) -> Node:
    return {
        **person(),
        "type": "block_actions",
        "channel": {"id": "C0WEB", "name": "web-bugs"},
        "container": {"type": "message", "message_ts": ts, "channel_id": "C0WEB"},
        "actions": [{"action_id": name, "action_ts": "1.0", **action}],
    }


async def leaks(world: World, since: int = 0) -> list[str]:
    """List what the bot sent with a word of the private report, other than to its team and its reporter.

    Windows and answers in place have no reader in a call: the team's own come before `since`, all after it are an
    outsider's.
    """
    direct = {found["id"]: found["members"] for found in (await world.slack.state())["channels"] if found["is_im"]}
    found = []
    for call in (await world.slack.calls())[since:]:
        arguments = call["arguments"]
        readers = {str(arguments.get("user") or arguments.get("user_id") or "")} | set(
            direct.get(arguments.get("channel"), ["everybody"] if "channel" in arguments else [])
        )
        is_in_place = call["method"] in {"views.open", "views.update", "views.push", "response_url"}
        if has_secret(arguments) and not (is_in_place and not since) and not readers & INSIDERS:
            found.append(f"{call['method']} {json.dumps(arguments, ensure_ascii=False)[:400]}")
    return found


async def shown_to_outsiders(world: World) -> list[str]:
    """List what stands in public channels, in answers to outsiders and on their Homes with a word of the report."""
    found = []
    for channel in (await world.slack.state())["channels"]:
        for message in await world.slack.raw_messages(channel["id"]):
            reader = message.get("ephemeral_to")
            is_public = reader is None and not channel["is_im"] and message["user"] == "U0BOT"
            if has_secret(message) and (is_public or reader in OUTSIDERS):
                found.append(f"#{channel['name']} {message.get('text')}")
    for user in ("cleo", "dev"):
        if has_secret(await world.slack.home(user)):
            found.append(f"Home of {user}")
    return found
