"""Existing issues become known reports: each once, without a word to anybody, and the import can be stopped."""

import pytest
from sqlmodel import col, func, select

from bot.duplicates import Question, find_candidates
from bot.errors import PermissionRefused, UserError
from bot.triage import importing
from storage.models import ImportState, IssueState, Job, Report, ReportState, Resolution
from tests.bot.triage.acting import ADMIN, BO, jobs_of
from tests.bot.triage.at_work import Desk
from tests.bot.triage.paper_tracker import PROJECT, REFUSED
from tests.conftest import read


async def pages(desk: Desk, run_id: int, limit: int = 1000) -> importing.Progress | None:
    """Read pages as their jobs would; give the last progress."""
    progress = None
    for _ in range(limit):
        found = await importing.read_page(desk.services, run_id)
        if found is None:
            return progress
        progress = found
    return progress


async def begun(desk: Desk, count: int) -> importing.Progress:
    for number in range(count):
        desk.paper.make(f"Issue number {number}")
    return await importing.begin(desk.services, ADMIN, "github", PROJECT)


async def count(desk: Desk) -> int:
    return await read(desk.services, lambda session: session.exec(select(func.count()).select_from(Report)).one())


async def test_every_issue_is_known_once_when_imported(desk: Desk) -> None:
    run = await begun(desk, 35)

    progress = await pages(desk, run.run_id)

    assert progress is not None
    assert (progress.state, progress.done, progress.known, progress.total) == (ImportState.DONE, 35, 0, 35)
    assert await count(desk) == 35


async def test_states_follow_when_imported(desk: Desk) -> None:
    made = [desk.paper.make(f"Issue {state}") for state in IssueState]
    for issue, state in zip(made, IssueState, strict=True):
        desk.paper.change(issue.external_id, state=state)
    run = await begun(desk, 0)

    await pages(desk, run.run_id)

    found = await read(desk.services, lambda session: list(session.exec(select(Report).order_by(col(Report.id)))))
    assert [(report.state, report.resolution) for report in found] == [
        (ReportState.ACCEPTED, None),
        (ReportState.IN_PROGRESS, None),
        (ReportState.CLOSED, Resolution.FIXED),
        (ReportState.CLOSED, Resolution.WILL_NOT_FIX),
    ]


async def test_nobody_is_told_when_imported(desk: Desk) -> None:
    run = await begun(desk, 15)

    await pages(desk, run.run_id)

    kinds = await read(desk.services, lambda session: set(session.exec(select(Job.kind))))
    assert kinds == {"import_page"}


async def test_issue_of_a_report_is_skipped_when_imported(desk: Desk) -> None:
    await desk.filed()
    run = await begun(desk, 3)

    progress = await pages(desk, run.run_id)

    assert progress is not None
    assert (progress.done, progress.known, await count(desk)) == (3, 1, 4)


async def test_issue_is_left_out_when_only_some_may_see_it(desk: Desk) -> None:
    hidden = desk.paper.make("Customer Acme pays twice")
    desk.paper.change(hidden.external_id, restricted=True)
    run = await begun(desk, 2)

    progress = await pages(desk, run.run_id)

    titles = await read(desk.services, lambda session: list(session.exec(select(Report.title).order_by(Report.title))))
    assert progress is not None
    assert (progress.state, progress.done, progress.known) == (ImportState.DONE, 2, 0)
    assert titles == ["Issue number 0", "Issue number 1"]


async def test_import_goes_on_where_it_was_when_stopped(desk: Desk) -> None:
    run = await begun(desk, 35)
    await pages(desk, run.run_id, limit=2)

    stopped = await importing.stop(desk.services, ADMIN, run.run_id)
    idle = await importing.read_page(desk.services, run.run_id)
    await importing.resume(desk.services, ADMIN, run.run_id)
    progress = await pages(desk, run.run_id)

    assert (stopped.state, stopped.done, idle) == (ImportState.STOPPED, 20, None)
    assert progress is not None
    assert (progress.state, progress.done) == (ImportState.DONE, 35)
    assert desk.paper.calls.count("list") == 4


async def test_every_resume_has_a_job_of_its_own(desk: Desk) -> None:
    run = await begun(desk, 35)
    await importing.stop(desk.services, ADMIN, run.run_id)

    await importing.resume(desk.services, ADMIN, run.run_id)
    await importing.resume(desk.services, ADMIN, run.run_id)

    assert len(await jobs_of(desk.services, "import_page")) == 2


async def test_import_says_why_and_can_go_on_when_refused(desk: Desk) -> None:
    run = await begun(desk, 5)

    failed = await importing.fail(desk.services, run.run_id, str(REFUSED))
    await importing.begin(desk.services, ADMIN, "github", PROJECT)
    progress = await pages(desk, run.run_id)

    assert (failed.state, failed.error) == (ImportState.FAILED, str(REFUSED))
    assert progress is not None
    assert (progress.run_id, progress.done, progress.error) == (run.run_id, 5, "")


async def test_imported_issue_is_offered_as_duplicate(desk: Desk) -> None:
    run = await begun(desk, 1)
    desk.paper.make("Checkout button is dead in Safari on iOS")
    await pages(desk, run.run_id)

    question = Question("Checkout button is dead in Safari on iOS", desk.services.now())
    found = await read(desk.services, lambda session: find_candidates(session, desk.services.known, question))

    assert [one.title for one in found] == ["Checkout button is dead in Safari on iOS"]


async def test_import_is_refused_when_person_is_no_administrator(desk: Desk) -> None:
    with pytest.raises(PermissionRefused, match="Only an administrator may import issues"):
        await importing.begin(desk.services, BO, "github", PROJECT)


async def test_import_is_refused_when_settings_do_not_name_the_project(desk: Desk) -> None:
    with pytest.raises(UserError, match="Name it in the settings file first"):
        await importing.begin(desk.services, ADMIN, "github", "acme/other")
