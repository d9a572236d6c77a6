"""What a feature declares, and what its handlers are given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.services import Services
from bot.triage.lookup import PUBLIC
from handlers.slack.outbox import Outbox
from storage.queue import TakenJob


@dataclass(frozen=True)
class Request:
    """A command, click, submission or shortcut, already known to come from a member of this workspace.

    `ack` must be called once what the person sent is safe; `say` shows something to that person alone.
    """

    body: dict[str, Any]
    user_id: str
    channel: str
    trigger_id: str
    key: str
    services: Services
    outbox: Outbox
    ack: Callable[..., Awaitable[Any]]
    say: Callable[..., Awaitable[None]]
    is_public: bool = False

    @property
    def reader(self) -> str:
        """Give whom the answer is read by: the person who asks, or everybody in the channel of a mention."""
        return PUBLIC if self.is_public else self.user_id


@dataclass(frozen=True)
class Task:
    """A job with what its handler needs."""

    job: TakenJob
    services: Services
    outbox: Outbox

    @property
    def payload(self) -> dict[str, Any]:
        """Give what was written down when the job was made."""
        return self.job.payload


@dataclass(frozen=True)
class WordCall:
    """A word after `/liaison` or `@Liaison`, with the words behind it."""

    words: str
    request: Request


@dataclass(frozen=True)
class Word:
    """A word after `/liaison`: its name, how it is used, what it is for, and what does it."""

    name: str
    usage: str
    help: str
    run: Callable[[WordCall], Awaitable[None]]


@dataclass(frozen=True)
class JobSpec:
    """How a kind of job is done; see `storage.queue.JobHandler`."""

    run: Callable[[Task], Awaitable[None]]
    pace: timedelta = timedelta()


RequestHandler = Callable[[Request], Awaitable[None]]
EventHandler = Callable[[Task, dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Feature:
    """One feature: everything it answers to, by id."""

    name: str
    words: tuple[Word, ...] = ()
    commands: Mapping[str, RequestHandler] = field(default_factory=dict)
    actions: Mapping[str, RequestHandler] = field(default_factory=dict)
    views: Mapping[str, RequestHandler] = field(default_factory=dict)
    shortcuts: Mapping[str, RequestHandler] = field(default_factory=dict)
    events: Mapping[str, EventHandler] = field(default_factory=dict)
    jobs: Mapping[str, JobSpec] = field(default_factory=dict)
