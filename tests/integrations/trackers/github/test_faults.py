"""GitHub behind a proxy that breaks things, and its own deliveries as they really come."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from integrations.trackers.base import Delivery, TrackerError
from integrations.trackers.github.tracker import GitHubTracker
from integrations.trackers.github.webhook import GitHubWebhook
from storage.database import Database
from storage.models import IssueState
from tests.integrations.trackers.acting import all_issues, draft
from tests.integrations.trackers.stage_github import Bob, make_tracker, server, stage
from tests.integrations.trackers.stages import Stage
from tests.rigs.faultproxy import Fault, FaultProxy, running_faultproxy

pytestmark = pytest.mark.scenario
ISSUES = r"/issues$"
HTML = "<html>Unicorn!</html>"
LOST = {
    "dropped after": Fault(ISSUES, "POST", times=1, drop="after"),
    "500": Fault(ISSUES, "POST", times=1, status=500, body=HTML),
    "502": Fault(ISSUES, "POST", times=1, status=502, body=HTML),
    "503": Fault(ISSUES, "POST", times=1, status=503, body=HTML, headers={"Retry-After": "1"}),
    "html": Fault(ISSUES, "POST", times=1, status=200, body=HTML),
}
REFUSED = {
    "401": (Fault(ISSUES, "POST", times=1, status=401, body='{"message": "Bad credentials"}'), "refused the token"),
    "403": (Fault(ISSUES, "POST", times=1, status=403, body='{"message": "Not for you"}'), "(Not for you)"),
    "404": (Fault(ISSUES, "POST", times=1, status=404, body="{}"), "Check the project's name"),
    "410": (Fault(ISSUES, "POST", times=1, status=410, body='{"message": "Issues are disabled"}'), "switched off"),
    "422": (Fault(ISSUES, "POST", times=1, status=422, body='{"message": "Title is too long"}'), "Title is too long"),
}
SECRET = "hush"


@pytest.fixture(scope="module")
def running():
    with server() as running:
        yield running


@pytest_asyncio.fixture
async def github(running, empty_database: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    database = Database(f"sqlite:///{shutil.copy(empty_database, tmp_path / 'liaison.db')}")
    async with stage(database, lambda: datetime.now(UTC), running) as github:
        yield github
    await database.close()


@pytest_asyncio.fixture
async def proxy(github: Stage) -> AsyncIterator[FaultProxy]:
    async with running_faultproxy(github.url) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def tracker(github: Stage, proxy: FaultProxy, services) -> AsyncIterator[GitHubTracker]:
    """The tracker behind the proxy."""
    values = {**github.values, "GITHUB_API_URL": proxy.url}
    tracker = make_tracker(services.database, lambda: datetime.now(UTC), github.project, values)
    yield tracker
    await tracker.close()


@pytest.mark.parametrize("fault", LOST)
async def test_there_is_one_issue_when_the_answer_was_lost(github, proxy, tracker, fault):
    proxy.faults.append(LOST[fault])

    with pytest.raises(TrackerError) as lost:
        await tracker.create_issue(draft())
    found = await tracker.find_by_marker(draft().marker)
    if not found:
        await tracker.create_issue(draft())

    assert (lost.value.retryable, lost.value.may_have_happened) == (True, True)
    assert bool(found) == (fault == "dropped after")
    assert len(await all_issues(github.tracker)) == 1


@pytest.mark.parametrize("fault", REFUSED)
async def test_person_is_told_why_when_refused(github, proxy, tracker, fault):
    rule, words = REFUSED[fault]
    proxy.faults.append(rule)

    with pytest.raises(TrackerError) as refused:
        await tracker.create_issue(draft())

    assert words in str(refused.value)
    assert (refused.value.retryable, refused.value.may_have_happened) == (False, False)
    assert await all_issues(github.tracker) == []


async def test_github_is_left_alone_when_it_says_too_many(github, proxy, tracker):
    reset = str(int(datetime.now(UTC).timestamp()) + 2)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    proxy.faults.append(Fault(times=1, status=403, headers=headers, body='{"message": "secondary rate limit"}'))

    waits = []
    for _attempt in range(3):
        with pytest.raises(TrackerError) as limited:
            await tracker.create_issue(draft())
        waits.append(limited.value.retry_after)
    asked = proxy.count("")
    await asyncio.sleep(max(waits).total_seconds())
    await tracker.create_issue(draft())

    assert asked == 1
    assert len(await all_issues(github.tracker)) == 1


async def test_delivery_is_taken_when_it_comes_from_the_server(github):
    received: asyncio.Queue[Delivery] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        await received.put(Delivery(headers, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        await hooked(github, f"http://127.0.0.1:{runner.addresses[0][1]}/")
        external_id = await github.outside.make_issue("From outside")
        await github.outside.close(external_id)
        deliveries = [await asyncio.wait_for(received.get(), 5) for _delivery in range(2)]
    finally:
        await runner.cleanup()

    webhook = GitHubWebhook()
    assert [webhook.verify(one, SECRET, datetime.now(UTC)) for one in deliveries] == [True, True]
    assert not webhook.verify(deliveries[0], "other", datetime.now(UTC))
    issues = [issue for one in deliveries for issue in webhook.parse(one, "liaison").issues]
    assert [(issue.title, issue.state) for issue in issues] == [
        ("From outside", IssueState.OPEN),
        ("From outside", IssueState.DONE),
    ]
    assert {issue.project for issue in issues} == {github.project}


async def hooked(github: Stage, url: str) -> None:
    """Let the server deliver what happens to issues."""
    assert isinstance(github.outside, Bob)
    config = {"url": url, "content_type": "json", "secret": SECRET}
    await github.outside.call("POST", "hooks", {"name": "web", "events": ["issues"], "config": config})
