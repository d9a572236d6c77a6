"""What every tracker must do with issues, on its real server where it has one; stages.py says what a new one brings."""

import re

import pytest

from integrations.markup.base import Code, CodeBlock, Document, Link, Mention, Paragraph, Text
from integrations.markup.plain import write as plain
from integrations.trackers import TRACKERS
from integrations.trackers.base import Ability, File, IssueChange, IssueDraft, TrackerError, with_marker
from storage.models import IssueState
from tests.integrations.trackers.acting import (
    MARKER,
    PERMALINK,
    again,
    all_issues,
    draft,
    every,
    letters,
    make,
    mentioned,
    served,
    someone_in,
)
from tests.integrations.trackers.stages import Stage

ISSUES_IN_SEVERAL_PAGES = 120


@every
async def test_issue_is_what_was_drafted_when_made(stage: Stage):
    issue = await make(stage)

    assert issue.title == "BUG-1 Pay button does nothing"
    assert issue.state is IssueState.OPEN
    assert issue.markers == (MARKER.format(1),)
    assert issue.external_id
    assert issue.key
    assert issue.author.key == (await again(stage, issue)).author.key
    assert issue.created_at.tzinfo is not None
    assert issue.project == stage.project


@every
async def test_issue_is_found_by_its_marker_when_just_made(stage: Stage):
    issue = await make(stage)
    await make(stage, 2)

    found = await stage.tracker.find_by_marker(MARKER.format(1))

    assert [one.external_id for one in found] == [issue.external_id]
    assert found[0].markers == (MARKER.format(1),)
    assert await stage.tracker.find_by_marker(MARKER.format(3)) == ()


@every
async def test_there_is_one_issue_when_making_it_looks_first(stage: Stage):
    wanted = draft()
    await stage.intend(wanted)

    for _attempt in range(2):
        if not await stage.tracker.find_by_marker(wanted.marker):
            await stage.tracker.create_issue(wanted)

    assert len(await all_issues(stage.tracker)) == 1


@served
async def test_marker_is_not_trusted_when_someone_else_pasted_it(stage: Stage):
    await make(stage, 2)
    marker = MARKER.format(1)
    external_id = await someone_in(stage).make_issue("Copied", with_marker(PERMALINK, marker))

    copied = await stage.tracker.get_issue(external_id)

    assert copied is not None
    assert copied.markers == ()
    assert await stage.tracker.find_by_marker(marker) == ()


@every
async def test_state_is_as_set_when_moved_through_all_four_and_back(stage: Stage):
    issue = await make(stage)
    way = [
        *(IssueState.DOING, IssueState.DONE, IssueState.OPEN, IssueState.DROPPED),
        *(IssueState.DONE, IssueState.DOING, IssueState.DROPPED, IssueState.OPEN, IssueState.OPEN),
    ]

    told, kept = [], []
    for state in way:
        told.append((await stage.tracker.update_issue(issue.external_id, IssueChange(state=state))).state)
        kept.append((await again(stage, issue)).state)

    assert told == way
    assert kept == way


@every
async def test_title_changes_alone_when_only_it_is_to(stage: Stage):
    issue = await make(stage)
    await stage.tracker.update_issue(issue.external_id, IssueChange(state=IssueState.DOING))

    await stage.tracker.update_issue(issue.external_id, IssueChange(title="BUG-1 Pay button is dead"))

    changed = await again(stage, issue)
    assert (changed.title, changed.state) == ("BUG-1 Pay button is dead", IssueState.DOING)
    assert changed.markers == (MARKER.format(1),)


@served
async def test_labels_of_others_stay_when_ours_come_and_go(stage: Stage):
    ours, theirs = stage.labels
    issue = await make(stage)
    if Ability.LABELS not in stage.tracker.abilities:
        unlabelled = await stage.tracker.update_issue(issue.external_id, IssueChange(add_labels=(ours,)))
        assert unlabelled.labels == ()
        return
    await someone_in(stage).add_label(issue.external_id, theirs)

    with_ours = await stage.tracker.update_issue(issue.external_id, IssueChange(add_labels=(ours,)))
    kept = await again(stage, issue)
    without = await stage.tracker.update_issue(issue.external_id, IssueChange(remove_labels=(ours,)))
    twice = await stage.tracker.update_issue(issue.external_id, IssueChange(remove_labels=(ours,)))

    assert sorted(with_ours.labels) == sorted(kept.labels) == sorted(stage.labels)
    assert without.labels == twice.labels == (theirs,)


@served
async def test_labels_are_there_when_the_draft_has_them(stage: Stage):
    issue = await make(stage, labels=stage.labels)

    wanted = stage.labels if Ability.LABELS in stage.tracker.abilities else ()
    assert sorted((await again(stage, issue)).labels) == sorted(wanted)


@served
async def test_assignee_is_set_and_cleared_when_told(stage: Stage):
    issue = await make(stage)

    given = await stage.tracker.update_issue(issue.external_id, IssueChange(assignee=stage.person))
    kept = await again(stage, issue)
    taken = await stage.tracker.update_issue(issue.external_id, IssueChange(assignee=""))

    wanted = stage.person if Ability.ASSIGNEE in stage.tracker.abilities else None
    assert [one.assignee.key if one.assignee else None for one in (given, kept)] == [wanted, wanted]
    assert taken.assignee is None
    assert (await again(stage, issue)).assignee is None


@served
async def test_person_is_found_when_asked_for_by_word(stage: Stage):
    found = await stage.tracker.find_accounts(stage.email)

    assert stage.person in [account.key for account in found]
    assert await stage.tracker.find_accounts("nobody-of-this-name") == ()


@every
async def test_all_issues_are_listed_once_when_there_are_several_pages(stage: Stage):
    made = [(await make(stage, number)).external_id for number in range(ISSUES_IN_SEVERAL_PAGES)]

    listed = [issue.external_id for issue in await all_issues(stage.tracker)]

    assert listed == made


@every
async def test_standing_has_no_problem_when_all_is_well(stage: Stage):
    standing = await stage.tracker.check()

    assert standing.account
    assert standing.problems == ()


@served
async def test_standing_says_what_to_do_when_the_token_is_wrong(stage: Stage):
    assert stage.refused is not None

    standing = await stage.refused.check()

    assert re.search(r"token|key|sign in", " ".join(standing.problems), re.IGNORECASE)
    with pytest.raises(TrackerError, match=r"(?i)token|key|sign in") as refused:
        await stage.refused.create_issue(draft())
    assert (refused.value.retryable, refused.value.may_have_happened) == (False, False)


@served
async def test_standing_says_what_to_do_when_the_project_is_not_there(stage: Stage):
    assert stage.lost is not None

    standing = await stage.lost.check()

    assert len(standing.problems) == 1
    assert "project" in standing.problems[0] or standing.project in standing.problems[0]


@every
async def test_issue_is_dropped_when_closed_as_a_duplicate(stage: Stage):
    original, extra = await make(stage, 1), await make(stage, 2)

    await stage.tracker.close_as_duplicate(extra.external_id, original)

    assert (await again(stage, extra)).state is IssueState.DROPPED
    assert (await again(stage, original)).state is IssueState.OPEN


@every
async def test_there_is_none_when_it_was_never_made(stage: Stage):
    assert await stage.tracker.get_issue("987654321") is None


@every
async def test_error_has_words_when_the_issue_is_not_there(stage: Stage):
    with pytest.raises(TrackerError) as refused:
        await stage.tracker.update_issue("987654321", IssueChange(state=IssueState.DONE))

    assert len(str(refused.value).split()) > 3
    assert not refused.value.retryable


@served
async def test_text_is_harmless_and_whole_when_it_tries_to_ping_and_close(stage: Stage):
    first = await make(stage, 1)
    number = first.key.rpartition("#")[2]
    nasty = f"@everyone @{stage.person} fixes #{number}, closes {first.key} <!-- hidden --> !thing! {{quote}} *b* _i_"
    content = (Text(nasty), Mention("", "Eve"), Code("`x` @all"), Text("![](https://example.com/beacon.gif)"))
    link = Paragraph((Link(with_marker(PERMALINK, MARKER.format(2)), "Report in Slack"),))
    wanted = IssueDraft(
        MARKER.format(2), f"BUG-2 fixes #{number}", Document((Paragraph(content), CodeBlock("<!-- code -->"), link))
    )

    issue = await stage.tracker.create_issue(wanted)

    kept = await again(stage, issue)
    assert mentioned(kept.body) == set()
    assert (await again(stage, first)).state is IssueState.OPEN
    read = letters(plain(kept.body))
    assert letters(nasty) in read
    assert letters("<!-- code -->") in read
    assert kept.markers == (MARKER.format(2),)


@served
async def test_address_leads_to_the_issue_when_read(stage: Stage):
    issue = await make(stage)
    kind = TRACKERS[stage.tracker.name]

    address = kind.read_url(issue.url, stage.values)

    assert address is not None
    assert address.project in {stage.project, ""}
    found = await stage.tracker.get_issue(address.external_id)
    assert found is not None
    assert (found.external_id, found.project) == (issue.external_id, stage.project)
    assert kind.read_url("https://example.com/1", stage.values) is None
    assert kind.read_url(stage.url, stage.values) is None


@every
async def test_file_is_copied_only_when_the_tracker_can(stage: Stage):
    issue = await make(stage)
    file = File("screen shot.png", b"\x89PNG\r\n\x1a\n", "image/png")

    if Ability.FILES in stage.tracker.abilities:
        assert (await stage.tracker.attach(issue.external_id, file)).startswith(("https://", "http://127.0.0.1"))
    else:
        with pytest.raises(TrackerError) as refused:
            await stage.tracker.attach(issue.external_id, file)
        assert not refused.value.retryable


@every
async def test_file_is_found_by_what_stands_in_its_name_when_it_was_copied(stage: Stage):
    issue, other = await make(stage), await make(stage, 2)
    before = await stage.tracker.find_file(issue.external_id, "F0123456789")

    if Ability.FILES in stage.tracker.abilities:
        await stage.tracker.attach(issue.external_id, File("a log-F0111111111.txt", b"a", "text/plain"))
        file = File("Größe (1) [x] a-F0123456789.png", b"\x89PNG", "image/png")
        await stage.tracker.attach(issue.external_id, file)

    found = await stage.tracker.find_file(issue.external_id, "F0123456789")
    assert before == ""
    assert ("F0123456789" in found or "/attachment" in found) is (Ability.FILES in stage.tracker.abilities)
    assert await stage.tracker.find_file(other.external_id, "F0123456789") == ""


@every
async def test_project_names_are_told_apart_when_matched(stage: Stage):
    kind = TRACKERS[stage.tracker.name]

    assert re.fullmatch(kind.project_pattern, kind.project_example)
    assert re.fullmatch(kind.project_pattern, stage.project)
    assert not re.fullmatch(kind.project_pattern, "../../user?x=1")
