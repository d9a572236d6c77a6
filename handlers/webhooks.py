"""Deliveries of trackers: proved, kept before they are acknowledged, and taken in by a job."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.services import Services
from bot.triage import sync
from bot.triage.jobs import JobKind
from handlers.slack.feature import Feature, JobSpec, Task
from integrations.trackers.base import Changes, Delivery, TrackerKind
from storage import links
from storage.database import WorkspaceSession
from storage.queue import GiveUp, NewJob, defer_alone

log = structlog.get_logger(__name__)

PATH = "/webhooks/{tracker}"
# GitHub sends at most 25 MB, and then not at all; what concerns issues stays far below. https://docs.github.com/webhooks
LARGEST = 5 * 1024 * 1024
# What a delivery is read by later: its id, its kind, and how its body is packed (GitHub's is a form unless told).
_KEPT = ("x-", "linear-", "webhook-", "content-type")
# What proved it is looked at only once, and GitLab's token is the secret itself.
_PROOFS = ("-token", "-signature", "-signature-256")


@dataclass(frozen=True)
class Receiver:
    """Takes the deliveries of every tracker that is set up with a secret."""

    services: Services

    def routes(self) -> Sequence[Route]:
        """Give the address trackers deliver to; none where no tracker has a secret."""
        has_any = any(self._secrets(kind) for kind in self.services.trackers.kinds())
        return [Route(PATH, endpoint=self.receive, methods=["POST"])] if has_any else []

    async def receive(self, request: Request) -> Response:
        """Answer a delivery: 200 once it is kept, 401 if it is not proved, 404 where nobody waits for any."""
        kind = self.services.trackers.kind(request.path_params["tracker"])
        secrets = self._secrets(kind) if kind else ()
        if kind is None or kind.webhook is None or not secrets:
            return PlainTextResponse("Not set up here.", HTTPStatus.NOT_FOUND)
        body = await _read(request)
        if body is None:
            return PlainTextResponse("Too large.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        delivery = Delivery({name.lower(): value for name, value in request.headers.items()}, body)
        now = self.services.now()
        if not any(kind.webhook.verify(delivery, secret, now) for secret in secrets):
            log.warning("delivery_refused", tracker=kind.name)
            return PlainTextResponse("The signature does not fit.", HTTPStatus.UNAUTHORIZED)
        await _keep(self.services, kind, delivery)
        return PlainTextResponse("Kept.")

    def _secrets(self, kind: TrackerKind) -> tuple[str, ...]:
        """List the secrets that are accepted: two, by a comma, while one is being changed."""
        given = self.services.trackers.values.get(kind.webhook_secret, "") if kind.webhook_secret else ""
        return tuple(part.strip() for part in given.split(",") if part.strip())


async def _read(request: Request) -> bytes | None:
    """Read the body; None if it is larger than any delivery."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


async def _keep(services: Services, kind: TrackerKind, delivery: Delivery) -> None:
    """Commit a delivery to the queue, once per delivery id."""
    assert kind.webhook is not None
    kept = [name for name in delivery.headers if name.startswith(_KEPT) and not name.endswith(_PROOFS)]
    headers = {name: delivery.headers[name] for name in kept}
    payload = {"tracker": kind.name, "headers": headers, "body": base64.b64encode(delivery.body).decode()}
    key = f"delivery:{kind.name}:{kind.webhook.delivery_id(delivery)}"[:255]
    await defer_alone(
        services.database, services.workspace, NewJob(JobKind.TAKE_DELIVERY, payload, f"deliveries:{kind.name}", key)
    )


async def take(task: Task) -> None:
    """Take in what a delivery tells."""
    kind = task.services.trackers.kind(str(task.payload["tracker"]))
    if kind is None or kind.webhook is None:
        raise GiveUp("its tracker is not set up any more")
    delivery = Delivery(task.payload["headers"], base64.b64decode(task.payload["body"]))
    try:
        changes = kind.webhook.parse(delivery, "")
    except ValueError as wrong:
        raise GiveUp(f"{kind.title} sent what cannot be read: {wrong}") from wrong
    await task.services.database.write(
        task.services.workspace, lambda session: _take_in(session, task.services, kind, changes)
    )


def _take_in(session: WorkspaceSession, services: Services, kind: TrackerKind, changes: Changes) -> None:
    sync.take_in(session, services, kind.name, changes)
    projects = {one.project for one in changes.issues} | {one.project for one in changes.comments}
    for project in sorted(projects | {one.project for one in changes.items}):
        found = links.cursor(session, kind.name, project)
        found.delivered_at = services.now()
        session.add(found)


FEATURE = Feature(name="webhooks", jobs={JobKind.TAKE_DELIVERY: JobSpec(take)})
