"""What changed since the last look: GitHub lists by time of change, to the second, and sometimes a little late."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from integrations.http import Answer, Request

PAGE = 100
# How many pages one poll reads at most before others get their turn.
MOST_PAGES = 5
# What is listed late must not be missed: each look begins a little before the newest thing seen.
OVERLAP = timedelta(seconds=10)

Ask = Callable[[Request], Awaitable[Answer]]


class Changing(BaseModel, ABC):
    """A thing with the time of its last change, and an id among those that are listed with it."""

    updated_at: datetime

    @property
    @abstractmethod
    def identity(self) -> str:
        """Give what is the same when the thing is listed again."""

    @property
    def began_at(self) -> datetime:
        """Give when it came to be seen, where that may be later than `updated_at` says."""
        return self.updated_at

    @property
    def fingerprint(self) -> str:
        """Give what differs as soon as anything that we use of it does: its time is only true to the second."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


Thing = TypeVar("Thing", bound=Changing)


class Position(BaseModel):
    """How far a list was read. `seen` says of each thing since then when it changed and what it was like, by its id."""

    since: datetime
    page: int = 1
    etag: str = ""
    seen: dict[str, tuple[datetime, str]] = {}


@dataclass(frozen=True)
class News(Generic[Thing]):
    """What is new, where to go on, and whether there is more at once."""

    things: Sequence[Thing]
    position: Position
    more: bool = False


async def read_changed(
    ask: Ask, request: Request, position: Position, read: Callable[[Any], list[Thing]]
) -> News[Thing]:
    """Read what changed since a position; `request` lists by time of change, oldest first, and `read` reads it."""
    here, met = position, list[Thing]()
    for _page in range(MOST_PAGES):
        answer = await ask(_request_at(request, here))
        if answer.status == 304:
            return News((), here)
        page = read(answer.json())
        met += page
        if len(page) < PAGE:
            return News(_new(met, position), _rest(here, met, position, answer.etag))
        here = _onward(here, page[-1].updated_at)
    seen = _seen(met, position, _second(met[-1].updated_at) - OVERLAP)
    return News(_new(met, position), here.model_copy(update={"seen": seen}), more=True)


def start(at: datetime) -> Position:
    """Give the position of a moment."""
    return Position(since=_second(at))


def server_time(answer: Answer, otherwise: datetime) -> datetime:
    """Read what time it is at the server, since its times are compared with its own."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return otherwise


def _request_at(request: Request, position: Position) -> Request:
    since = position.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    params = {**request.params, "since": since, "per_page": PAGE, "page": position.page}
    return Request("GET", request.path, params, etag=position.etag)


def _onward(here: Position, last: datetime) -> Position:
    """Go on at the second of the last thing; after a page full of one second, at the next page.

    By pages alone things would be skipped: what changes meanwhile moves to the end, and the rest moves up.
    """
    if _second(last) > here.since:
        return here.model_copy(update={"since": _second(last), "page": 1, "etag": ""})
    return here.model_copy(update={"page": here.page + 1, "etag": ""})


def _rest(here: Position, met: Sequence[Thing], before: Position, etag: str) -> Position:
    """Stay a little before the newest thing, and remember what was seen from there on."""
    newest = max((thing.updated_at for thing in met), default=before.since)
    since = max(before.since, _second(newest) - OVERLAP)
    # An ETag belongs to one address.
    is_same_address = (here.since, here.page) == (since, 1)
    return Position(since=since, etag=etag if is_same_address else "", seen=_seen(met, before, since))


def _seen(met: Iterable[Thing], before: Position, since: datetime) -> dict[str, tuple[datetime, str]]:
    seen = {**before.seen, **{thing.identity: (thing.updated_at, thing.fingerprint) for thing in met}}
    return {key: what for key, what in seen.items() if what[0] >= since}


def _new(met: Iterable[Thing], position: Position) -> list[Thing]:
    """Leave out what was seen, and all but the last of what was met twice while reading on."""
    last = {thing.identity: thing for thing in met}
    return [thing for key, thing in last.items() if position.seen.get(key, (None, ""))[1] != thing.fingerprint]


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
