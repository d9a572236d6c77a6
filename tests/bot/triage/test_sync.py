"""What happens on either side of a report's issue is seen on the other: once, in order, and the newest person wins."""

from datetime import timedelta

import pytest

from bot.triage import editing, workflow
from bot.triage.states import Action
from integrations.trackers.base import Account, Changes, Issue
from storage import record
from storage.models import IssueState, ReportState, Resolution, Severity
from tests.bot.triage.acting import ADMIN, ANA, BO, audit, order
from tests.bot.triage.at_work import Desk
from tests.bot.triage.paper_tracker import DOWN
from tests.conftest import kept, read


async def closed_there(desk: Desk, report_id: int, state: IssueState = IssueState.DONE) -> Issue:
    desk.clock.leap(timedelta(minutes=1))
    return desk.paper.change((await desk.link(report_id)).external_id, state=state)


@pytest.mark.parametrize(
    ("state", "here", "resolution"),
    [
        (IssueState.DOING, ReportState.IN_PROGRESS, None),
        (IssueState.DONE, ReportState.FIXED, None),
        (IssueState.DROPPED, ReportState.CLOSED, Resolution.WILL_NOT_FIX),
    ],
)
async def test_report_follows_when_issue_changes(
    desk: Desk, state: IssueState, here: ReportState, resolution: Resolution | None
) -> None:
    report_id = await desk.filed()

    await desk.hear(Changes(issues=(await closed_there(desk, report_id, state),)))
    await desk.work()

    report = await kept(desk.services, report_id)
    assert (report.state, report.resolution) == (here, resolution)
    assert [call for call in desk.paper.calls if call.startswith("update")] == []


async def test_issue_follows_when_report_is_fixed(desk: Desk) -> None:
    report_id = await desk.filed()

    await workflow.fix(desk.services, order(report_id), build="2.4.1", how_to_check="Press it")
    await desk.work()

    assert desk.paper.issues["1"].state is IssueState.DONE
    assert (await desk.link(report_id)).state is IssueState.DONE


async def test_own_change_is_no_news_when_it_comes_back(desk: Desk) -> None:
    report_id = await desk.filed()
    await workflow.fix(desk.services, order(report_id), build="2.4.1", how_to_check="Press it")
    await desk.work()
    calls = len(desk.paper.calls)

    touched = await desk.hear(Changes(issues=(desk.paper.issues["1"],)))
    await desk.work()

    assert (touched, len(desk.paper.calls)) == (0, calls)


async def test_issue_is_read_once_when_the_same_delivery_comes_twice(desk: Desk) -> None:
    report_id = await desk.filed()
    changes = Changes(issues=(await closed_there(desk, report_id),))

    await desk.hear(changes)
    await desk.hear(changes)
    await desk.work()

    assert desk.paper.calls.count("get") == 1
    assert (await audit(desk.services, report_id)).count(Action.FIX) == 1


async def test_state_is_the_trackers_when_deliveries_come_in_the_wrong_order(desk: Desk) -> None:
    report_id = await desk.filed()
    closed = await closed_there(desk, report_id)
    reopened = await closed_there(desk, report_id, IssueState.OPEN)

    await desk.hear(Changes(issues=(reopened,)))
    await desk.work()
    await desk.hear(Changes(issues=(closed,)))
    await desk.work()

    assert (await kept(desk.services, report_id)).state is ReportState.ACCEPTED


async def test_newer_decision_wins_and_loser_is_kept_when_both_sides_decide(desk: Desk) -> None:
    report_id = await desk.filed()
    closed = await closed_there(desk, report_id)
    desk.clock.leap(timedelta(minutes=1))
    await workflow.decline(desk.services, order(report_id), resolution=Resolution.BY_DESIGN, reason="As designed")

    await desk.hear(Changes(issues=(closed,)))
    await desk.work()

    report = await kept(desk.services, report_id)
    lost = [one for one in await timeline(desk, report_id) if one.action == "sync_lost"]
    assert (report.state, report.resolution) == (ReportState.CLOSED, Resolution.BY_DESIGN)
    assert desk.paper.issues["1"].state is IssueState.DROPPED
    assert [one.before["state"] for one in lost] == [IssueState.DONE]


async def test_ten_rounds_end_as_the_last_said(desk: Desk) -> None:
    report_id = await desk.filed()

    for _ in range(10):
        desk.clock.leap(timedelta(seconds=5))
        await workflow.fix(desk.services, order(report_id), build="", how_to_check="")
        await desk.work()
        await desk.hear(Changes(issues=(desk.paper.issues["1"],)))
        reopened = await closed_there(desk, report_id, IssueState.OPEN)
        await desk.hear(Changes(issues=(reopened,)))
        await desk.work()

    done = await audit(desk.services, report_id)
    assert (done.count(Action.FIX), done.count(Action.REOPEN)) == (10, 10)
    assert len([call for call in desk.paper.calls if call.startswith("update")]) == 10
    assert (await kept(desk.services, report_id)).state is ReportState.ACCEPTED


async def test_owner_follows_when_issue_is_given_to_somebody_known(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.clock.leap(timedelta(minutes=1))
    given = desk.paper.change("1", assignee=Account("ana", "Ana Anderson"))

    await desk.hear(Changes(issues=(given,)))
    await desk.work()

    owner = (await kept(desk.services, report_id)).owner_id
    who = await read(desk.services, lambda session: record.timeline(session, report_id)[-1].after["owner_id"])
    assert owner is not None
    assert owner == who


async def test_issue_is_given_when_owner_has_an_account(desk: Desk) -> None:
    report_id = await desk.filed()

    await editing.assign(desk.services, order(report_id, ADMIN), owner=ANA)
    await desk.work()

    assert desk.paper.issues["1"].assignee == Account("ana")


async def test_severity_label_is_exchanged_and_others_stay_when_report_is_rated_anew(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.paper.change("1", labels=(*desk.paper.issues["1"].labels, "theirs"))
    await desk.poll()

    words = editing.Words("Checkout button is dead", "", "", Severity.S1)
    await editing.edit(desk.services, order(report_id, BO), words)
    await desk.work()

    assert desk.paper.issues["1"].labels == ("theirs", "severity-S1")


async def test_twenty_missed_changes_are_seen_by_the_next_poll(desk: Desk) -> None:
    report_ids = [await desk.filed(f"Report number {number}") for number in range(20)]
    await desk.poll()
    for report_id in report_ids:
        await closed_there(desk, report_id)

    await desk.poll()
    # Only some ask the tracker at a time; on a slow machine the others come again a little later.
    await desk.work(for_s=10)

    states = [(await kept(desk.services, report_id)).state for report_id in report_ids]
    assert states == [ReportState.FIXED] * 20


async def test_report_says_so_when_its_issue_is_gone(desk: Desk) -> None:
    report_id = await desk.filed()
    closed = await closed_there(desk, report_id)
    desk.paper.issues.clear()

    await desk.hear(Changes(issues=(closed,)))
    await desk.work()

    assert "not in GitHub any more" in (await desk.link(report_id)).error
    assert (await kept(desk.services, report_id)).state is ReportState.ACCEPTED


async def test_state_is_followed_when_only_some_may_see_the_issue_by_now(desk: Desk) -> None:
    report_id = await desk.filed()
    await closed_there(desk, report_id)
    hidden = desk.paper.change("1", restricted=True)

    await desk.hear(Changes(issues=(hidden,)))
    await desk.work()

    assert (await kept(desk.services, report_id)).state is ReportState.FIXED


async def test_administrator_hears_once_and_once_again_when_tracker_is_down_for_an_hour(desk: Desk) -> None:
    report_id = await desk.filed()
    desk.paper.failures = [DOWN] * 10_000
    await workflow.fix(desk.services, order(report_id), build="", how_to_check="")
    for _ in range(60):
        desk.clock.leap(timedelta(minutes=1))
        await desk.work()
    tries = 10_000 - len(desk.paper.failures)

    desk.paper.failures = []
    await desk.work(for_s=100)

    assert len(desk.told) == 2
    assert tries <= 65
    assert desk.paper.issues["1"].state is IssueState.DONE


async def timeline(desk: Desk, report_id: int) -> list[record.AuditEvent]:
    return await read(desk.services, lambda session: record.timeline(session, report_id))
