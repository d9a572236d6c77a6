"""What every tracker must tell of comments and of what other people do: see stages.py."""

import asyncio

import pytest

from integrations.markup.plain import write as plain
from integrations.trackers.base import Ability, TrackerError, with_marker
from storage.models import IssueState
from tests.integrations.trackers.acting import MARKER, PERMALINK, Poll, document, make, served, someone_in
from tests.integrations.trackers.stages import Stage


@served
async def test_comments_are_listed_in_order_when_we_and_others_wrote(stage: Stage):
    issue = await make(stage)
    marker = MARKER.format(9)
    first = await stage.tracker.add_comment(issue.external_id, document("Also on Safari", marker), marker)
    await someone_in(stage).comment(issue.external_id, f"Pasted: {with_marker(PERMALINK, marker)}")

    ours, theirs = await stage.tracker.list_comments(issue.external_id)

    assert first.external_id == ours.external_id
    assert (ours.by_us, ours.markers, ours.issue_id) == (True, (marker,), issue.external_id)
    assert "Also on Safari" in plain(ours.body)
    assert (theirs.by_us, theirs.markers) == (False, ())
    assert "Pasted:" in plain(theirs.body)
    assert ours.author.key != theirs.author.key


@served
async def test_comment_is_replaced_when_edited(stage: Stage):
    issue = await make(stage)
    marker = MARKER.format(9)
    comment = await stage.tracker.add_comment(issue.external_id, document("Frist", marker), marker)
    if Ability.EDIT_COMMENTS not in stage.tracker.abilities:
        with pytest.raises(TrackerError):
            await stage.tracker.edit_comment(issue.external_id, comment.external_id, document("First", marker))
        return

    await stage.tracker.edit_comment(issue.external_id, comment.external_id, document("First", marker))

    (edited,) = await stage.tracker.list_comments(issue.external_id)
    assert edited.markers == (marker,)
    assert "First" in plain(edited.body)
    assert "Frist" not in plain(edited.body)


@served
async def test_comment_is_gone_when_deleted_once_or_twice(stage: Stage):
    issue = await make(stage)
    marker = MARKER.format(9)
    comment = await stage.tracker.add_comment(issue.external_id, document("Oops", marker), marker)
    if Ability.DELETE_COMMENTS not in stage.tracker.abilities:
        with pytest.raises(TrackerError):
            await stage.tracker.delete_comment(issue.external_id, comment.external_id)
        return

    for _time in range(2):
        await stage.tracker.delete_comment(issue.external_id, comment.external_id)

    assert await stage.tracker.list_comments(issue.external_id) == ()


@served
async def test_what_others_do_is_seen_when_polled(stage: Stage):
    issue = await make(stage)
    outside = someone_in(stage)
    poll = await Poll.begin(stage.tracker)

    await outside.set_title(issue.external_id, "Renamed there")
    await outside.close(issue.external_id)
    comment_id = await outside.comment(issue.external_id, "Fixed in 1.2")
    made = await outside.make_issue("Another one", "Text")
    await poll.until(lambda poll: poll.issue(made) is not None and comment_id in poll.comments())

    seen, another = poll.issue(issue.external_id), poll.issue(made)
    assert seen is not None
    assert another is not None
    assert (seen.title, seen.state) == ("Renamed there", IssueState.DONE)
    assert (another.title, another.state, another.markers) == ("Another one", IssueState.OPEN, ())
    comment = poll.comments()[comment_id]
    assert (comment.issue_id, comment.by_us) == (issue.external_id, False)
    assert "Fixed in 1.2" in plain(comment.body)


@served
async def test_later_changes_are_seen_when_polled_again(stage: Stage):
    issue = await make(stage)
    outside = someone_in(stage)
    comment_id = await outside.comment(issue.external_id, "Frist")
    await outside.close(issue.external_id)
    poll = await Poll.begin(stage.tracker)

    # Services that round to seconds must not lose what happens in the second of the last poll.
    await outside.reopen(issue.external_id)
    await outside.edit_comment(issue.external_id, comment_id, "First")
    await poll.until(
        lambda poll: (
            getattr(poll.issue(issue.external_id), "state", None) is IssueState.OPEN
            and "First" in plain(poll.comments()[comment_id].body)
            if comment_id in poll.comments()
            else False
        )
    )


@served
async def test_nothing_is_lost_when_much_happens_in_one_second(stage: Stage):
    outside = someone_in(stage)
    poll = await Poll.begin(stage.tracker)
    made = []
    for number in range(12):
        made.append(await outside.make_issue(f"Number {number}"))
        if number % 4 == 1:
            await poll.once()

    await poll.until(lambda poll: set(made) <= poll.issue_ids())

    assert set(made) <= poll.issue_ids()


@served
async def test_nothing_comes_when_nothing_happened(stage: Stage):
    await make(stage)
    poll = await Poll.begin(stage.tracker)
    # What is on the edge may come again; once the edge has passed, it must not.
    await asyncio.sleep(2.1)
    await poll.once()
    poll.seen.clear()

    await asyncio.sleep(2.1)
    await poll.once()

    assert [(changes.comments, changes.gone) for changes in poll.seen] == [((), ())]
