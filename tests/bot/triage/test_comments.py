"""The thread and the tracker talk: every word once, in order, named, and never back to where it came from."""

from datetime import timedelta

from bot.triage import editing
from bot.triage.comments_out import forget_reply
from integrations.markup import markdown
from integrations.trackers.base import Changes, CommentGone
from storage.models import CommentOrigin
from tests.bot.triage.acting import accepted, order
from tests.bot.triage.at_work import CARD, Desk
from tests.bot.triage.paper_tracker import DOWN, LOST, PROJECT

FIRST, SECOND = "1700000001.000100", "1700000002.000100"


async def seen(desk: Desk) -> None:
    """Let a delivery tell of the issue's comments."""
    desk.clock.leap(timedelta(seconds=10))
    await desk.hear(Changes(comments=tuple(desk.paper.comments.get("1", ()))))
    await desk.work()


async def test_reply_is_a_comment_under_its_authors_name(desk: Desk) -> None:
    await desk.filed()

    await desk.reply("It also happens in *Firefox*")
    await desk.work()

    (said,) = desk.paper.said("1")
    assert said.startswith("**U0BO**")
    assert said.rstrip().endswith("It also happens in *Firefox*")


async def test_comment_is_made_once_when_its_answer_was_lost(desk: Desk) -> None:
    await desk.filed()
    desk.paper.failures = [LOST]

    await desk.reply("Once")
    await desk.work(for_s=10)

    assert (len(desk.paper.said("1")), desk.paper.calls.count("comment")) == (1, 1)


async def test_replies_arrive_once_and_in_order_when_tracker_was_down_ten_minutes(desk: Desk) -> None:
    await desk.filed()
    desk.paper.failures = [DOWN] * 1000
    for number in range(5):
        await desk.reply(f"Reply {number}", f"170000000{number}.000100")
    for _ in range(10):
        desk.clock.leap(timedelta(minutes=1))
        await desk.work()

    desk.paper.failures = []
    await desk.work(for_s=100)

    assert [said.split()[-1] for said in desk.paper.said("1")] == ["0", "1", "2", "3", "4"]


async def test_replies_of_before_arrive_when_issue_is_made(desk: Desk) -> None:
    report_id = await accepted(desk.services)
    await desk.post_card(report_id)
    desk.paper.failures = [DOWN] * 3
    await desk.work()
    await desk.reply("Before there was an issue")

    await desk.work(for_s=70)

    assert len(desk.paper.said("1")) == 1


async def test_comment_follows_when_reply_is_edited_and_deleted(desk: Desk) -> None:
    await desk.filed()
    await desk.reply("Frist")
    await desk.work()

    await desk.reply("First", edited="1700000009.000100")
    await desk.work()
    edited = desk.paper.said("1")
    await forget_reply(desk.services, CARD[0], FIRST, CARD[1])
    await desk.work()

    assert (len(edited), edited[0].split()[-1]) == (1, "First")
    assert desk.paper.said("1") == []


async def test_older_edit_changes_nothing_when_it_comes_late(desk: Desk) -> None:
    await desk.filed()
    await desk.reply("Newest", edited="1700000009.000100")

    await desk.reply("Older", edited="1700000008.000100")
    await desk.reply("First of all")
    await desk.work()

    assert [said.split()[-1] for said in desk.paper.said("1")] == ["Newest"]


async def test_nothing_is_sent_when_deletion_comes_before_the_reply(desk: Desk) -> None:
    await desk.filed()

    await forget_reply(desk.services, CARD[0], FIRST, CARD[1])
    await desk.reply("Too late")
    await desk.work()

    assert desk.paper.said("1") == []


async def test_reply_stays_in_slack_when_it_is_locked(desk: Desk) -> None:
    await desk.filed()

    await desk.reply("🔒 The customer is Acme")
    await desk.reply(":lock: and pays a lot", SECOND)
    await desk.work()

    assert desk.paper.said("1") == []


async def test_comment_goes_when_its_reply_is_locked_by_an_edit(desk: Desk) -> None:
    await desk.filed()
    await desk.reply("The customer is Acme")
    await desk.work()

    await desk.reply("🔒 The customer is Acme", edited="1700000009.000100")
    await desk.work()

    assert desk.paper.said("1") == []


async def test_comment_is_shown_once_under_its_authors_name(desk: Desk) -> None:
    await desk.filed()
    desk.clock.leap(timedelta(seconds=10))
    desk.paper.say("1", "I can *see* it")

    await seen(desk)
    await seen(desk)

    assert desk.shown == ["Ana Anderson: I can *see* it"]


async def test_shown_comment_follows_when_it_is_edited_and_deleted(desk: Desk) -> None:
    await desk.filed()
    desk.clock.leap(timedelta(seconds=10))
    comment = desk.paper.say("1", "Frist")
    await seen(desk)

    desk.paper.rewrite("1", comment.external_id, markdown.read("First"))
    await seen(desk)
    desk.paper.erase("1", comment.external_id)
    await desk.hear(Changes(gone=(CommentGone(comment.external_id, "1", PROJECT),)))
    await desk.work()

    assert desk.shown == ["Ana Anderson: Frist", "edit Ana Anderson: First", "edit Ana Anderson: gone"]


async def test_nothing_echoes_in_ten_rounds(desk: Desk) -> None:
    report_id = await desk.filed()

    for number in range(10):
        await desk.reply(f"Slack {number}", f"17000001{number:02}.000100")
        desk.paper.say("1", f"Tracker {number}")
        await seen(desk)
        await desk.poll()

    rows = await desk.rows(report_id)
    assert len(desk.paper.said("1")) == 20
    assert desk.shown == [f"Ana Anderson: Tracker {number}" for number in range(10)]
    assert [row.origin for row in rows].count(CommentOrigin.SLACK) == 10


async def test_second_copy_is_deleted_when_a_comment_lands_twice(desk: Desk) -> None:
    report_id = await desk.filed()
    await desk.reply("Only once")
    await desk.work()
    (row,) = await desk.rows(report_id)
    await desk.paper.add_comment("1", desk.paper.comments["1"][0].body, row.marker)

    await seen(desk)

    assert len(desk.paper.said("1")) == 1


async def test_text_is_forgotten_when_the_comment_is_gone_there(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.clock.leap(timedelta(seconds=10))
    comment = desk.paper.say("1", "The password is 1234")
    desk.paper.say("1", "Never mind")
    await seen(desk)

    desk.paper.erase("1", comment.external_id)
    await desk.hear(Changes(gone=(CommentGone(comment.external_id, "1", PROJECT),)))
    await desk.work()

    erased, other = await desk.rows(report_id)
    assert (erased.deleted, erased.text) == (True, "")
    assert not other.deleted
    assert "Never mind" in other.text


async def test_comment_goes_when_its_reply_is_deleted_though_the_report_is_private_by_now(desk: Desk) -> None:
    report_id = await desk.filed()
    await desk.reply("The customer is Acme")
    await desk.work()
    await editing.set_private(desk.services, order(report_id), private=True)

    await forget_reply(desk.services, CARD[0], FIRST, CARD[1])
    await desk.work()

    assert desk.paper.said("1") == []


async def test_nothing_more_is_said_when_the_report_is_private_by_now(desk: Desk) -> None:
    report_id = await desk.filed()
    await desk.reply("Before")
    await desk.work()
    await editing.set_private(desk.services, order(report_id), private=True)

    await desk.reply("Edited", edited="1700000009.000100")
    await desk.reply("After", SECOND)
    await desk.work()

    assert [said.split()[-1] for said in desk.paper.said("1")] == ["Before"]


async def test_what_waited_is_not_said_when_the_report_is_private_by_then(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.paper.failures = [DOWN] * 1000
    await desk.reply("Too late")
    await desk.work()

    await editing.set_private(desk.services, order(report_id), private=True)
    desk.paper.failures = []
    await desk.work(for_s=30)

    assert desk.paper.said("1") == []


async def test_refused_edit_is_tried_anew_with_what_the_reply_says_then(desk: Desk) -> None:
    await desk.filed()
    await desk.reply("Frist")
    await desk.work()
    desk.paper.refuses = "edit"
    await desk.reply("Second", edited="1700000009.000100")
    await desk.work()
    refused = desk.paper.said("1")

    desk.paper.refuses = ""
    await desk.reply("Third", edited="1700000010.000100")
    await desk.work()

    assert [said[0].split()[-1] for said in (refused, desk.paper.said("1"))] == ["Frist", "Third"]


async def test_comments_stay_in_the_tracker_when_only_some_may_see_the_issue(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.clock.leap(timedelta(seconds=10))
    desk.paper.change("1", restricted=True)
    desk.paper.say("1", "The customer is Acme")

    await seen(desk)
    await desk.poll()

    assert (desk.shown, await desk.rows(report_id)) == ([], [])
