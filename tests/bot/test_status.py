"""What `liaison status` knows of trackers: when each project was read, what it fails with, and what waits for it."""

from datetime import timedelta

import pytest

from bot.routing import mirror
from bot.routing.load import load_settings
from bot.services import Services
from bot.status import read_status
from bot.status_trackers import ProjectStatus
from bot.triage.jobs import file_issue, sync_issue
from storage import links, reports
from storage.database import WorkspaceSession
from storage.models import IssueLink
from tests.conftest import SETTINGS, Clock, kept, read, report

FAILS = "GitHub refused the token (401)."


@pytest.fixture
async def services(services: Services) -> Services:
    """Checkout's issues go to GitHub, those of search stay here."""
    settings = load_settings(
        SETTINGS.replace("name: Checkout}\n  search", "name: Checkout, tracker: {github: acme/web}}\n  search"),
        "liaison.yaml",
    )
    services.in_force.replace(settings, "")
    await services.database.write(services.workspace, lambda session: mirror.keep_settings(session, settings))
    return services


async def note(services: Services, **facts: object) -> None:
    def unit(session: WorkspaceSession) -> None:
        cursor = links.cursor(session, "github", "acme/web")
        cursor.sqlmodel_update(facts)
        session.add(cursor)

    await services.database.write(services.workspace, unit)


async def projects(services: Services) -> tuple[ProjectStatus, ...]:
    return (await read(services, lambda session: read_status(session, services.now()))).projects


async def filing(services: Services, title: str, component: str) -> int:
    """File a report, and have its issue made later."""
    report_id = (await report(services, title, component_key=component)).report_id

    def unit(session: WorkspaceSession) -> None:
        found = reports.get(session, report_id)
        assert found is not None
        file_issue(session, found, "test")

    await services.database.write(services.workspace, unit)
    return report_id


async def test_project_is_listed_as_not_read_when_it_is_new(services: Services) -> None:
    assert await projects(services) == (ProjectStatus("github", "acme/web", None, None, "", 0),)


async def test_failure_is_a_problem_in_its_own_words_until_it_is_over(services: Services, clock: Clock) -> None:
    await note(services, polled_at=clock(), failing_since=clock() + timedelta(minutes=2), error=FAILS)
    failing = await read(services, lambda session: read_status(session, services.now()))

    await note(services, failing_since=None, error="")
    over = await read(services, lambda session: read_status(session, services.now()))

    since = clock() + timedelta(minutes=2)
    assert failing.projects == (ProjectStatus("github", "acme/web", clock(), since, FAILS, 0),)
    assert f"github acme/web fails since 23 Nov 2026 09:02 UTC: {FAILS}" in " ".join(failing.problems)
    assert [one for one in over.problems if "acme/web" in one] == []


async def test_jobs_wait_for_the_project_their_report_belongs_in_when_it_has_no_issue_yet(services: Services) -> None:
    await filing(services, "Cart is empty", "checkout")
    await filing(services, "Search finds nothing", "search")

    (project,) = await projects(services)

    assert project.waiting == 1


async def test_jobs_wait_for_the_project_of_the_issue_when_it_is_elsewhere(services: Services) -> None:
    report_id = await filing(services, "Cart is empty", "checkout")
    link = IssueLink(subject_type="report", subject_id=report_id, tracker="linear", project="PAY", marker="m")
    found = await kept(services, report_id)

    def unit(session: WorkspaceSession) -> None:
        session.add(link)
        sync_issue(session, found, "test")

    await services.database.write(services.workspace, unit)

    assert [(one.name, one.waiting) for one in await projects(services)] == [("github acme/web", 0), ("linear PAY", 2)]


async def test_project_that_nothing_names_any_more_is_left_out(services: Services) -> None:
    await note(services, failing_since=services.now(), error=FAILS)
    settings = load_settings(SETTINGS, "liaison.yaml")

    await services.database.write(services.workspace, lambda session: mirror.keep_settings(session, settings))

    assert await projects(services) == ()
