"""How far a list that is ordered by time of change was read, when it is read again and again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from pydantic import BaseModel

# Several servers write to one list, and what one of them writes may be seen a little late: each look goes back so far.
OVERLAP = timedelta(seconds=10)


class Changing(Protocol):
    """A thing with an id and the time of its last change."""

    @property
    def external_id(self) -> str: ...

    @property
    def updated_at(self) -> datetime: ...


Thing = TypeVar("Thing", bound=Changing)


class Position(BaseModel):
    """Where to read on: what changed at `since` or later, but for `seen` (times of changes, by id).

    While a long list is read in parts, `page` is where to go on in it, `newest` the latest change met so far, and
    `floor` where reading began.
    """

    since: datetime
    seen: dict[str, datetime] = {}
    page: str = ""
    newest: datetime | None = None
    floor: datetime | None = None


def unseen(things: Sequence[Thing], position: Position) -> tuple[Thing, ...]:
    """Leave out what was seen already and did not change since."""
    return tuple(thing for thing in things if position.seen.get(thing.external_id) != thing.updated_at)


def to_page(position: Position, met: Sequence[Changing], page: str, since: datetime | None = None) -> Position:
    """Remember what was met, and go on with the same list at `page`, or with a part of it that begins at `since`."""
    newest = _newest(position, met)
    return Position(
        since=since or position.since,
        seen=_seen(position, met, newest - OVERLAP),
        page=page,
        newest=newest,
        floor=position.floor or position.since,
    )


def to_end(position: Position, met: Sequence[Changing]) -> Position:
    """Remember what was met; the list was read to its end."""
    since = max(position.floor or position.since, _newest(position, met) - OVERLAP)
    return Position(since=since, seen=_seen(position, met, since))


def _newest(position: Position, met: Sequence[Changing]) -> datetime:
    return max([thing.updated_at for thing in met] + [position.newest or position.since])


def _seen(position: Position, met: Sequence[Changing], since: datetime) -> dict[str, datetime]:
    times = {**position.seen, **{thing.external_id: thing.updated_at for thing in met}}
    return {key: at for key, at in times.items() if at >= since}
