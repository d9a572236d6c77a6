"""From Slack to a feature: one catch-all listener per kind, a dict behind it.

Bolt tries its listeners one by one, about 9 µs each per request; a dict costs the same for one name and a hundred.
Events do not pass Bolt at all: they are only kept, and Bolt's way to a listener costs more than keeping them.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import UserError
from bot.services import Services
from handlers import errors
from handlers.slack.feature import Feature, JobSpec, Request, RequestHandler, Task
from handlers.slack.inbox import EVENT_JOB, keep_event
from handlers.slack.outbox import Draft, Outbox, SlackDown
from handlers.views.blocks import section
from handlers.views.text import escape
from storage.queue import GiveUp, JobHandler, RetryLater, TakenJob

log = structlog.get_logger(__name__)

ANYTHING = re.compile(".*")
# That we came to a channel or left it matters as much as that somebody else did.
_OURS_TOO = frozenset({"member_joined_channel", "member_left_channel"})
STRANGER = "Liaison answers only members of its own workspace here."


class Routes:
    """Every (kind, id) that some feature answers to. Two features with the same id are refused."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.features = tuple(features)
        self.requests: dict[tuple[str, str], RequestHandler] = {}
        self.events: dict[str, list[Any]] = {}
        self.jobs: dict[str, JobSpec] = {}
        for feature in self.features:
            self._add(feature)

    def _add(self, feature: Feature) -> None:
        kinds: Mapping[str, Mapping[str, RequestHandler]] = {
            "command": feature.commands,
            "action": feature.actions,
            "view": feature.views,
            "shortcut": feature.shortcuts,
        }
        for kind, by_id in kinds.items():
            for name, handler in by_id.items():
                if (kind, name) in self.requests:
                    raise ValueError(f"two features answer to the {kind} {name}")
                self.requests[kind, name] = handler
        for name, event_handler in feature.events.items():
            self.events.setdefault(name, []).append(event_handler)
        self.jobs.update(feature.jobs)


@dataclass(frozen=True)
class Dispatcher:
    """Finds who answers to a request and runs them."""

    routes: Routes
    services: Services
    outbox: Outbox
    aliases: Mapping[str, str]
    bot_user_id: str

    def attach(self, app: AsyncApp) -> None:
        """Register the catch-all listeners with Bolt; they get only what `shape.is_readable` lets through."""
        app.command(ANYTHING)(self._listener("command", self._command_name))
        app.action(ANYTHING)(self._listener("action", lambda body: str(body["actions"][0]["action_id"])))
        app.shortcut(ANYTHING)(self._listener("shortcut", lambda body: str(body["callback_id"])))
        app.view(ANYTHING)(self._listener("view", lambda body: str(body["view"]["callback_id"])))

    def _command_name(self, body: dict[str, Any]) -> str:
        """Give our name of a command, whatever this workspace calls it."""
        typed = str(body["command"])
        return self.aliases.get(typed, typed)

    def job_handlers(self) -> dict[str, JobHandler]:
        """Give the queue what does each kind of job."""
        handlers = {kind: JobHandler(self._job(spec), spec.pace) for kind, spec in self.routes.jobs.items()}
        handlers[EVENT_JOB] = JobHandler(self._do_event)
        return handlers

    async def keep_event(self, body: dict[str, Any]) -> None:
        """Have an event on the disk before it is acked; those of our own doing and of strangers are let go."""
        if body["event"].get("user") == self.bot_user_id and body["event"]["type"] not in _OURS_TOO:
            return
        if _is_event_of_stranger(body, self.services.workspace):
            log.warning("stranger_refused", kind="event", name=body["event"]["type"])
            return
        await keep_event(self.services, body)

    async def _do_event(self, job: TakenJob) -> None:
        event = job.payload["event"]
        for handler in self.routes.events.get(event.get("type", ""), ()):
            try:
                await handler(Task(job, self.services, self.outbox), event)
            except UserError as refusal:
                # No further try can succeed, but whoever caused it may do something about it.
                await self._refuse(job, event, escape(str(refusal)))

    async def _refuse(self, job: TakenJob, event: dict[str, Any], said: str) -> None:
        channel = event.get("channel") or (event.get("item") or {}).get("channel")
        if not channel or not event.get("user"):
            raise GiveUp(said)
        draft = Draft(said, [section(said)], f"liaison:refusal:{job.id}")
        await self.outbox.whisper(str(channel), str(event["user"]), draft)

    def _job(self, spec: JobSpec) -> Callable[[TakenJob], Awaitable[None]]:
        async def run(job: TakenJob) -> None:
            await spec.run(Task(job, self.services, self.outbox))

        return run

    def _listener(self, kind: str, name_of: Callable[[dict[str, Any]], str]) -> Callable[..., Awaitable[None]]:
        async def listener(ack: Any, body: dict[str, Any]) -> None:
            name = name_of(body)
            handler = self.routes.requests.get((kind, name))
            request = self._request(kind, name, body, ack)
            if _is_stranger(body, self.services.workspace):
                log.warning("stranger_refused", kind=kind, name=name)
                await ack()
                await request.say(STRANGER)
            elif handler is None:
                # A button of an older version: say nothing wrong, and never leave Slack without an answer.
                log.warning("nobody_answers", kind=kind, name=name)
                await ack()
            else:
                await errors.run(handler, request)
                # A handler that forgot costs the person three seconds and an error, although all was done.
                if ack.response is None:
                    await ack()

        return listener

    def _request(self, kind: str, name: str, body: dict[str, Any], ack: Any) -> Request:
        user_id = str(body.get("user_id") or body["user"]["id"])
        channel = str(body.get("channel_id") or (body.get("channel") or {}).get("id", ""))

        async def say(text: str, blocks: list[dict[str, Any]] | None = None) -> None:
            await _say(self.outbox, body, user_id, text, blocks)

        return Request(
            body=body,
            user_id=user_id,
            channel=channel,
            trigger_id=str(body.get("trigger_id", "")),
            key=_request_key(kind, name, body),
            services=self.services,
            outbox=self.outbox,
            ack=ack,
            say=say,
        )


async def _say(
    outbox: Outbox, body: dict[str, Any], user_id: str, text: str, blocks: list[dict[str, Any]] | None
) -> None:
    """Show a text to one person: where they pressed or typed, else in a direct message."""
    url = str(body.get("response_url") or "")
    if url and await _respond(url, text, blocks):
        return
    try:
        await outbox.call("chat.postMessage", channel=await outbox.direct_channel(user_id), text=text, blocks=blocks)
    except (GiveUp, RetryLater, SlackDown) as refusal:
        log.error("could_not_say", error=str(refusal))


async def _respond(url: str, text: str, blocks: list[dict[str, Any]] | None) -> bool:
    """Answer through the address that came with a request; it works five times, for half an hour."""
    try:
        answer = await AsyncWebhookClient(url).send(
            text=text, blocks=blocks, response_type="ephemeral", replace_original=False
        )
    except (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError):
        return False
    return answer.status_code == 200


def _request_key(kind: str, name: str, body: dict[str, Any]) -> str:
    """Name a request so that the same one delivered twice has the same name."""
    if kind == "view":
        return f"view:{body['view']['id']}"
    if kind == "action":
        action = body["actions"][0]
        return f"action:{name}:{body.get('user', {}).get('id')}:{action.get('action_ts', '')}"
    return f"{kind}:{body.get('trigger_id', '')}"


def _is_stranger(body: dict[str, Any], workspace: str) -> bool:
    """Say whether a request comes from another organisation (Slack Connect)."""
    user = body.get("user")
    home = user.get("team_id") if isinstance(user, dict) else None
    team = (body.get("team") or {}).get("id") or body.get("team_id")
    return bool(home and home != workspace) or bool(team and team != workspace)


def _is_event_of_stranger(body: dict[str, Any], workspace: str) -> bool:
    """Say whether somebody of another organisation caused an event; where Slack does not tell, nobody here did."""
    event = body["event"]
    team = event.get("user_team") or event.get("team")
    if team:
        return bool(team != workspace)
    return body.get("is_ext_shared_channel") is True
