"""Exactly one issue for a report, whatever the tracker answers and whenever."""

from datetime import timedelta

from bot.triage import editing, workflow
from bot.triage.cards import read_card
from bot.triage.filing import CARD_TAKES_AT_MOST, SETTLE, file_unfiled
from handlers.views import triage_card
from integrations.markup import markdown
from integrations.trackers.base import Changes
from storage.database import WorkspaceSession
from storage.models import IssueState, Report
from storage.queue.table import retry_dead
from tests.bot.triage.acting import accepted, audit, filed, jobs_of, order
from tests.bot.triage.at_work import Desk
from tests.bot.triage.paper_tracker import DOWN, LOST, PROJECT, REFUSED
from tests.conftest import kept, read


async def test_issue_says_who_reported_where_and_how_bad_when_filed(desk: Desk) -> None:
    report_id = await desk.filed()

    (issue,) = desk.paper.issues.values()
    link = await desk.link(report_id)
    assert (link.tracker, link.project, link.external_id, link.key) == ("github", PROJECT, "1", f"{PROJECT}#1")
    assert (issue.title, issue.labels, issue.markers) == ("Checkout button is dead", ("severity-S3",), (link.marker,))
    assert "BUG-1" in markdown.write(issue.body)
    assert "reported in Slack by" in markdown.write(issue.body)


async def test_issue_is_made_once_when_filed_twice(desk: Desk) -> None:
    report_id = await desk.filed()

    await desk.work(for_s=70)

    assert desk.paper.calls.count("create") == 1
    assert (await audit(desk.services, report_id)).count("file_issue") == 1


async def test_issue_is_made_after_the_outage_when_tracker_is_down(desk: Desk) -> None:
    desk.paper.failures = [DOWN] * 5

    report_id = await desk.filed()
    waiting = await desk.link(report_id)
    await desk.work(for_s=60)

    assert (waiting.external_id, waiting.error) == ("", str(DOWN))
    assert ((await desk.link(report_id)).error, len(desk.paper.issues)) == ("", 1)


async def test_issue_is_found_again_when_its_answer_was_lost(desk: Desk) -> None:
    desk.paper.failures = [LOST]

    report_id = await desk.filed()
    await desk.work(for_s=10)

    assert (desk.paper.calls.count("create"), len(desk.paper.issues)) == (1, 1)
    assert (await desk.link(report_id)).external_id == "1"


async def test_second_try_waits_until_the_first_cannot_land_any_more(desk: Desk) -> None:
    desk.paper.failures = [LOST]
    desk.paper.loses = True

    await desk.filed()
    await desk.work(for_s=int(SETTLE.total_seconds()) - 5)
    early = desk.paper.calls.count("create")
    await desk.work(for_s=15)

    assert (early, desk.paper.calls.count("create"), len(desk.paper.issues)) == (1, 2, 1)


async def test_extra_is_closed_as_duplicate_when_the_first_try_lands_late(desk: Desk) -> None:
    desk.paper.failures = [LOST]
    desk.paper.loses = True
    report_id = await desk.filed()
    await desk.work(for_s=45)

    extra = desk.paper.write(desk.paper.lost[0])
    await desk.work(for_s=400)

    first = (await desk.link(report_id)).external_id
    assert desk.paper.issues[first].state is IssueState.OPEN
    assert desk.paper.issues[extra.external_id].state is IssueState.DROPPED
    assert f"duplicate {extra.external_id} of {first}" in desk.paper.calls
    assert (await audit(desk.services, report_id)).count("close_extra") == 1


async def test_card_says_why_when_tracker_refuses_for_good(desk: Desk) -> None:
    desk.paper.failures = [REFUSED]

    report_id = await desk.filed()

    assert (await desk.link(report_id)).error == str(REFUSED)
    assert [one["slack_user_id"] for one in desk.told] == ["U0ADA"]


async def problem(desk: Desk, report_id: int) -> str:
    """Give what the card says of an issue that is not as it should be, without the reason; empty if it is."""

    def unit(session: WorkspaceSession) -> str:
        return str(triage_card.draw(read_card(session, session.get_one(Report, report_id))))

    drawn = await read(desk.services, unit)
    return next((words for words in ("Not in the tracker yet", "Not up to date there") if words in drawn), "")


async def redraws(desk: Desk) -> int:
    return len(await jobs_of(desk.services, "redraw_card"))


async def test_card_is_drawn_with_the_problem_and_without_it_when_filing_is_late(desk: Desk) -> None:
    desk.paper.failures = [DOWN] * 2
    report_id = await accepted(desk.services)
    await desk.post_card(report_id)
    before = await redraws(desk)

    await desk.work()
    late_words, late_redraws = await problem(desk, report_id), await redraws(desk)
    await desk.work(for_s=30)

    assert (late_words, late_redraws > before) == ("Not in the tracker yet", True)
    assert (await problem(desk, report_id), await redraws(desk) > late_redraws) == ("", True)


async def test_card_is_drawn_with_the_problem_and_without_it_when_issue_is_behind(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.paper.refuses = "update"
    await workflow.fix(desk.services, order(report_id), build="2.4.1", how_to_check="Press it")
    before = await redraws(desk)

    await desk.work()
    behind_words, behind_redraws = await problem(desk, report_id), await redraws(desk)
    await desk.hear(Changes(comments=(desk.paper.say("1", "Still there?"),)))
    await desk.work()
    after_reading = await problem(desk, report_id)
    desk.paper.refuses = ""
    await retried(desk)

    assert (behind_words, after_reading, behind_redraws > before) == (*["Not up to date there"] * 2, True)
    assert (await problem(desk, report_id), await redraws(desk) > behind_redraws) == ("", True)
    assert desk.paper.issues["1"].state is IssueState.DONE


async def test_card_says_no_more_that_the_issue_is_gone_when_it_is_there_again(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.clock.leap(timedelta(minutes=1))
    issue = desk.paper.change("1", title="Checkout button is dead!")
    del desk.paper.issues["1"]
    await desk.hear(Changes(issues=(issue,)))
    await desk.work()
    gone_words, gone_redraws = await problem(desk, report_id), await redraws(desk)

    desk.paper.issues["1"] = issue
    await desk.hear(Changes(comments=(desk.paper.say("1", "Back from the bin"),)))
    await desk.work()

    assert gone_words == "Not up to date there"
    assert (await problem(desk, report_id), await redraws(desk) > gone_redraws) == ("", True)


async def retried(desk: Desk) -> None:
    """Try anew what was refused."""
    await desk.services.database.write(
        desk.services.workspace, lambda session: retry_dead(session, desk.services.now())
    )
    await desk.work()


async def late(desk: Desk) -> None:
    """Let a minute pass after which cards are not waited for any longer."""
    desk.clock.leap(CARD_TAKES_AT_MOST * 2)
    await desk.services.database.write(
        desk.services.workspace, lambda session: file_unfiled(session, desk.services.now())
    )
    await desk.work()


async def test_issue_is_made_when_its_card_cannot_be_posted(desk: Desk) -> None:
    await filed(desk.services)
    await desk.work()
    early = len(desk.paper.issues)

    await late(desk)

    assert (early, len(desk.paper.issues)) == (0, 1)


async def test_private_report_stays_in_liaison_when_filed(desk: Desk) -> None:
    report_id = await filed(desk.services, private=True)
    await late(desk)

    assert (desk.paper.issues, (await desk.link(report_id)).tracker) == ({}, "local")


async def test_private_report_is_filed_when_it_is_shown_to_everybody(desk: Desk) -> None:
    report_id = await filed(desk.services, private=True)
    await late(desk)

    await editing.set_private(desk.services, order(report_id), private=False)
    await desk.work()

    assert ((await desk.link(report_id)).tracker, len(desk.paper.issues)) == ("github", 1)
    assert not (await kept(desk.services, report_id)).private
