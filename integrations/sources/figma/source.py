"""A Figma file as a source: open comments with their talk, and the frames that are ready to be built."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ValidationError

from integrations.http import Http
from integrations.sources.base import SourceChanges
from integrations.sources.figma.payloads import Place, RawComment, RawDevResource, RawMeta
from integrations.sources.figma.server import DEADLINE, MOST_BYTES, FigmaServer
from integrations.trackers.base import Item, Standing, TrackerError, told
from storage.models import ItemKind

NAME = "figma"
TITLE = "Figma"
OPEN = "open"
READY = "ready"
LONGEST_TITLE = 300
# That a frame was marked ready may leave the file's version as it is: it is read anew so often, whatever that says.
READ_ANEW = timedelta(hours=1)
# Of a long talk the end is what counts.
MOST_SAID = 20
_KINDS = frozenset({ItemKind.FIGMA_COMMENT, ItemKind.FIGMA_FRAME})


class ReadyFrame(BaseModel):
    """A frame that is ready to be built, and since when. Figma does not say; so, since when we can know it."""

    node_id: str
    name: str
    since: datetime


class Cursor(BaseModel):
    """What the last reading found. `names` are those of the nodes that open comments stand in."""

    version: str = ""
    read_at: datetime | None = None
    frames: tuple[ReadyFrame, ...] = ()
    names: dict[str, str] = {}


class FigmaFile:
    """Reads one file."""

    def __init__(self, server: FigmaServer, file_key: str, now: Callable[[], datetime]) -> None:
        self._server = server
        self._key = file_key
        self._now = now

    @classmethod
    def of(cls, file_key: str, values: Mapping[str, str], now: Callable[[], datetime]) -> "FigmaFile":
        """Read with the token of the variables."""
        try:
            http = Http(
                values["FIGMA_API_URL"],
                {"X-Figma-Token": values["FIGMA_TOKEN"]},
                now=now,
                deadline=DEADLINE,
                most_bytes=MOST_BYTES,
            )
        except ValueError as wrong:
            raise TrackerError(f"{TITLE}: FIGMA_API_URL {wrong}.", retryable=False) from wrong
        return cls(FigmaServer(http, file_key), file_key, now)

    async def check(self) -> Standing:
        """Read all that is read, but for the tree of the file, which may be large."""
        with told(TITLE, "reading the file"):
            meta = await self._server.meta()
        with told(TITLE, "reading the comments"):
            await self._server.comments()
        with told(TITLE, "reading the dev resources"):
            await self._server.dev_resources()
        return Standing(account="", project=meta.name)

    async def changes_since(self, cursor: str) -> SourceChanges:
        """Read what stands there; the tree of the file only if it may have changed."""
        with told(TITLE, "reading the file"):
            meta = await self._server.meta()
        with told(TITLE, "reading the comments"):
            comments = await self._server.comments()
        waiting = [one for one in comments if not one.parent_id and one.resolved_at is None]
        with told(TITLE, "reading the frames"):
            here = await self._look(_read(cursor), meta, waiting)
        with told(TITLE, "reading the dev resources"):
            links = await self._server.dev_resources() if here.frames else ()
        home = meta.url.partition("?")[0] or f"https://www.figma.com/design/{self._key}"
        items = (
            *(self._comment(home, one, comments, here.names) for one in waiting),
            *(self._frame(home, one, links) for one in here.frames),
        )
        return SourceChanges(items, _KINDS, here.model_dump_json())

    async def close(self) -> None:
        """Close every connection."""
        await self._server.close()

    async def _look(self, before: Cursor, meta: RawMeta, waiting: Sequence[RawComment]) -> Cursor:
        """Say which frames are ready, and what those are called that comments stand in."""
        now = self._now()
        wanted = {one.node_id for one in waiting if one.node_id}
        is_known = before.read_at is not None and bool(meta.version) and meta.version == before.version
        if is_known and before.read_at and now - before.read_at < READ_ANEW and wanted <= before.names.keys():
            return before
        found = await self._server.places()
        names = {place.node_id: place.name for place in found if place.node_id in wanted}
        return Cursor(
            version=meta.version,
            read_at=now,
            frames=_ready(found, before, min(meta.last_touched_at, now)),
            names=dict.fromkeys(sorted(wanted), "") | names,
        )

    def _comment(self, home: str, raw: RawComment, comments: Iterable[RawComment], names: Mapping[str, str]) -> Item:
        said = sorted((one for one in comments if raw.id in {one.id, one.parent_id}), key=lambda one: one.created_at)
        return Item(
            kind=ItemKind.FIGMA_COMMENT,
            external_id=f"{self._key}:{raw.id}",
            project=self._key,
            title=raw.message[:LONGEST_TITLE],
            url=f"{home}?node-id={_dashed(raw.node_id)}#{raw.id}" if raw.node_id else f"{home}#{raw.id}",
            author=raw.user.handle,
            state=OPEN,
            opened_at=raw.created_at,
            updated_at=said[-1].created_at,
            data={"frame": names.get(raw.node_id, ""), "talk": [_said(one) for one in said[-MOST_SAID:]]},
        )

    def _frame(self, home: str, frame: ReadyFrame, links: Iterable[RawDevResource]) -> Item:
        return Item(
            kind=ItemKind.FIGMA_FRAME,
            external_id=f"{self._key}:{frame.node_id}",
            project=self._key,
            title=frame.name[:LONGEST_TITLE],
            url=f"{home}?node-id={_dashed(frame.node_id)}",
            author="",
            state=READY,
            opened_at=frame.since,
            updated_at=frame.since,
            data={"links": [one.url for one in links if one.node_id == frame.node_id]},
        )


def _ready(found: Iterable[Place], before: Cursor, touched: datetime) -> tuple[ReadyFrame, ...]:
    """List the frames that are ready. One that was not is so since the file was touched, and since the last reading."""
    known = {frame.node_id: frame.since for frame in before.frames}
    news = max(touched, before.read_at) if before.read_at else touched
    return tuple(
        ReadyFrame(node_id=one.node_id, name=one.name, since=known.get(one.node_id, news))
        for one in found
        if one.is_ready
    )


def _said(raw: RawComment) -> dict[str, Any]:
    return {"at": raw.created_at.isoformat(), "by": raw.user.handle, "id": raw.user.id}


def _dashed(node_id: str) -> str:
    """Write a node's id as addresses do."""
    return node_id.replace(":", "-")


def _read(cursor: str) -> Cursor:
    """Read where the last reading ended; one of another version begins anew."""
    try:
        return Cursor.model_validate_json(cursor) if cursor else Cursor()
    except ValidationError:
        return Cursor()
