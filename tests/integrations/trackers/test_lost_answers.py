"""There is one issue when Linear or GitLab made it and the answer was lost, or came damaged."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from integrations.markup.base import Document, Link, Paragraph
from integrations.trackers.base import IssueDraft, TrackerError, with_marker
from integrations.trackers.gitlab.tracker import GitLabTracker
from integrations.trackers.linear.tracker import LinearTracker
from tests.rigs import gitlab_server, linear_front
from tests.rigs.emulate import running_emulate
from tests.rigs.faultproxy import Fault, FaultProxy, running_faultproxy

pytestmark = pytest.mark.scenario

MARKER = "m4rker-no-one-could-guess"
LINK = Link(with_marker("https://acme.slack.com/archives/C0QA/p1", MARKER), "Report")
DRAFT = IssueDraft(MARKER, "Pay button does nothing", Document((Paragraph((LINK,)),)))
# GraphQL asks for the team first, and everything at one address.
CREATES = {"linear": Fault("graphql", "POST", skip=1, times=1), "gitlab": Fault("issues", "POST", times=1)}

Tracker = LinearTracker | GitLabTracker
Place = tuple[FaultProxy, Tracker]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    with running_emulate(["linear"], linear_front.SEED) as emulate, gitlab_server.running_gitlab() as gitlab:
        yield {"linear": emulate.urls["linear"], "gitlab": gitlab}


@asynccontextmanager
async def linear_place(emulator: str) -> AsyncIterator[Place]:
    async with (
        linear_front.running_linear(emulator) as front,
        running_faultproxy(front.url.removesuffix("/graphql")) as proxy,
    ):
        values = {"LINEAR_API_KEY": linear_front.US, "LINEAR_API_URL": f"{proxy.url}/graphql"}
        tracker = LinearTracker.of(linear_front.TEAM["key"], values, now)
        yield proxy, tracker
        await tracker.close()


@asynccontextmanager
async def gitlab_place(url: str) -> AsyncIterator[Place]:
    async with httpx.AsyncClient(base_url=url) as client:
        project = str((await client.post("/rig/project", json={})).json()["path"])
    async with running_faultproxy(url) as proxy:
        tracker = GitLabTracker.of(project, {"GITLAB_URL": proxy.url, "GITLAB_TOKEN": gitlab_server.US}, now)
        yield proxy, tracker
        await tracker.close()


PLACES: dict[str, Callable[[str], "AsyncIterator[Place]"]] = {"linear": linear_place, "gitlab": gitlab_place}


@pytest.mark.parametrize("name", PLACES)
async def test_issue_is_found_when_the_answer_was_lost(name: str, servers: dict[str, str]):
    async with PLACES[name](servers[name]) as (proxy, tracker):
        fault = CREATES[name]
        proxy.faults.append(Fault(fault.path, fault.method, skip=fault.skip, times=1, drop="after"))

        with pytest.raises(TrackerError) as lost:
            await tracker.create_issue(DRAFT)
        found = await tracker.find_by_marker(MARKER)
        page = await tracker.list_issues("")

    assert (lost.value.retryable, lost.value.may_have_happened) == (True, True)
    assert [one.external_id for one in page.issues] == [one.external_id for one in found]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("fault", "may_have_happened"),
    [
        ({"drop": "before"}, True),
        ({"status": 503, "body": "<html>"}, True),
        ({"status": 200, "body": "<html>"}, True),
        ({"status": 429, "headers": {"Retry-After": "0.5"}, "body": "{}"}, False),
        ({"status": 401, "body": "{}"}, False),
    ],
)
@pytest.mark.parametrize("name", PLACES)
async def test_outcome_is_told_apart_when_nothing_was_made(
    name: str, servers: dict[str, str], fault: dict[str, object], may_have_happened: bool
):
    async with PLACES[name](servers[name]) as (proxy, tracker):
        where = CREATES[name]
        proxy.faults.append(Fault(where.path, where.method, skip=where.skip, times=1, **fault))

        with pytest.raises(TrackerError) as failed:
            await tracker.create_issue(DRAFT)

        assert failed.value.may_have_happened is may_have_happened
