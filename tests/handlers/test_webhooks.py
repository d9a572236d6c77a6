"""Deliveries at the door: proved, kept in the queue, and read by the job as they were packed."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from bot.triage.jobs import JobKind
from handlers.slack.feature import Task
from handlers.webhooks import Receiver, take
from integrations.connections import Connections
from integrations.trackers import local
from integrations.trackers.github.webhook import GitHubWebhook
from integrations.trackers.gitlab.webhook import GitLabWebhook
from storage.models import IssueState, Job, ReportState
from storage.queue import GiveUp, TakenJob
from tests.bot.triage.acting import jobs_of
from tests.bot.triage.at_work import Desk, desk
from tests.bot.triage.paper_tracker import PROJECT
from tests.conftest import kept
from tests.integrations.trackers.github.recorded import issue

__all__ = ["desk"]

SECRET = "a-secret-0123456789"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Door:
    """A desk that trackers deliver to, and the address for them."""

    desk: Desk
    client: httpx.AsyncClient

    async def post(self, tracker: str, body: bytes, **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await self.client.post(f"/webhooks/{tracker}", content=body, headers=named)).status_code

    async def kept(self) -> Job:
        """Give the one delivery that waits in the queue."""
        (job,) = await jobs_of(self.desk.services, JobKind.TAKE_DELIVERY)
        return job

    async def take(self) -> None:
        """Do the job of the one delivery."""
        job = await self.kept()
        taken = TakenJob(job.id or 0, job.workspace, job.kind, job.payload, job.lane, job.unique_key, 1)
        await take(Task(taken, self.desk.services, outbox=None))  # type: ignore[arg-type]  # it does not reach Slack


@pytest_asyncio.fixture
async def door(desk: Desk) -> AsyncIterator[Door]:
    services = desk.services
    github = replace(desk.paper.kind(), webhook=GitHubWebhook(), webhook_secret="GITHUB_WEBHOOK_SECRET")
    gitlab = replace(github, name="gitlab", webhook=GitLabWebhook(), webhook_secret="GITLAB_WEBHOOK_SECRET")
    connections = Connections(
        {"local": local.KIND, "github": github, "gitlab": gitlab},
        {"GITHUB_WEBHOOK_SECRET": SECRET, "GITLAB_WEBHOOK_SECRET": SECRET},
        workspace=services.workspace,
        database=services.database,
        now=services.now,
    )
    here = replace(desk, services=replace(services, trackers=connections))
    app = Starlette(routes=list(Receiver(here.services).routes()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot") as client:
        yield Door(here, client)


def told(changed: dict[str, Any]) -> str:
    repository = {"full_name": PROJECT, "html_url": f"https://github.com/{PROJECT}"}
    return json.dumps({"action": "closed", "issue": changed, "repository": repository, "sender": {"login": "ana"}})


def proof(body: bytes, secret: str = SECRET) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


@pytest.mark.parametrize("packed", [JSON, FORM, f"{FORM}; charset=utf-8"])
async def test_change_is_seen_however_the_delivery_is_packed(door: Door, packed: str) -> None:
    report_id = await door.desk.filed()
    door.desk.clock.leap(timedelta(minutes=1))
    door.desk.paper.change("1", state=IssueState.DONE)
    words = told(issue(1, door.desk.clock().isoformat(), state="closed", title="Pay & go + 100 %"))
    body = words.encode() if packed == JSON else urlencode({"payload": words}).encode()

    status = await door.post(
        "github", body, X_GitHub_Event="issues", X_Hub_Signature_256=proof(body), Content_Type=packed
    )
    await door.take()
    await door.desk.work()

    assert status == 200
    assert (await kept(door.desk.services, report_id)).state is ReportState.FIXED


async def test_form_is_refused_when_only_what_it_holds_is_signed(door: Door) -> None:
    words = told(issue())
    body = urlencode({"payload": words}).encode()

    status = await door.post(
        "github", body, X_GitHub_Event="issues", X_Hub_Signature_256=proof(words.encode()), Content_Type=FORM
    )

    assert (status, await jobs_of(door.desk.services, JobKind.TAKE_DELIVERY)) == (401, [])


async def test_delivery_is_given_up_when_its_form_holds_nothing(door: Door) -> None:
    body = b"payload="
    await door.post("github", body, X_GitHub_Event="issues", X_Hub_Signature_256=proof(body), Content_Type=FORM)

    with pytest.raises(GiveUp, match="GitHub sent what cannot be read"):
        await door.take()


async def test_only_what_it_is_read_by_is_kept_when_delivered(door: Door) -> None:
    body = told(issue()).encode()

    await door.post(
        "github",
        body,
        X_GitHub_Event="issues",
        X_Hub_Signature_256=proof(body),
        Content_Type=JSON,
        Cookie="a=b",
        Authorization="Basic eDp5",
    )

    assert (await door.kept()).payload["headers"] == {"x-github-event": "issues", "content-type": JSON}


async def test_secret_is_not_kept_when_the_delivery_brings_it(door: Door) -> None:
    status = await door.post("gitlab", b'{"object_kind": "push"}', X_Gitlab_Token=SECRET, X_Gitlab_Event="Push Hook")

    assert (status, SECRET in str((await door.kept()).payload)) == (200, False)
